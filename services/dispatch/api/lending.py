"""Units that one room lends or gives to another."""

from fastapi import FastAPI

from chassis.security.auth import require
from chassis.security.principal import Caller
from services.dispatch.schemas.units import OfferIn
from services.dispatch.usecases import lend_units
from services.dispatch.usecases.access_scope import room_of
from services.dispatch.usecases.context import Context


def add(app: FastAPI, context: Context) -> None:
    """The endpoints."""

    room = require("supervisor", "gateway")

    @app.post("/v1/units/{unit_id}/offer", tags=["units"], status_code=204)
    def offer(unit_id: str, body: OfferIn, caller: Caller = room) -> None:
        """The unit's own room offers it to another: for a time, or for good."""
        room_of(caller)
        lend_units.offer_unit(context, unit_id, caller, body.control_room_id, body.kind)

    @app.post("/v1/units/{unit_id}/accept", tags=["units"], status_code=204)
    def accept(unit_id: str, caller: Caller = room) -> None:
        """The room to which it was offered takes it."""
        room_of(caller)
        lend_units.accept_unit(context, unit_id, caller)

    @app.post("/v1/units/{unit_id}/return", tags=["units"], status_code=204)
    def end(unit_id: str, caller: Caller = room) -> None:
        """Either room ends the loan, or the offer."""
        room_of(caller)
        lend_units.return_unit(context, unit_id, caller)
