"""Units that one room lends or gives to another."""

from typing import Annotated

from fastapi import APIRouter

from chassis.security.auth import require
from chassis.security.principal import Principal
from services.dispatch.api.dependencies import ContextOf, SetUpTx, WriteTx
from services.dispatch.schemas.units import OfferIn
from services.dispatch.usecases.access_scope import room_of
from services.dispatch.usecases.lend_units import accept_unit, offer_unit, return_unit

router = APIRouter(prefix="/v1/units/{unit_id}", tags=["units"])
Lender = Annotated[Principal, require("supervisor", "gateway")]


@router.post("/offer", status_code=204)
def offer(unit_id: str, body: OfferIn, tx: WriteTx, context: ContextOf, caller: Lender) -> None:
    """Offer the unit, as its own room, to another: for a time, or for good."""
    room_of(caller)
    offer_unit(tx, context, unit_id, caller, body.control_room_id, body.kind)


@router.post("/accept", status_code=204)
def accept(unit_id: str, tx: SetUpTx, caller: Lender) -> None:
    """Take the unit, as the room to which it was offered."""
    room_of(caller)
    accept_unit(tx, unit_id, caller)


@router.post("/return", status_code=204)
def end(unit_id: str, tx: SetUpTx, caller: Lender) -> None:
    """End the loan or the offer, as either room."""
    room_of(caller)
    return_unit(tx, unit_id, caller)
