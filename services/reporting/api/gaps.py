"""Gaps in the ledger: listed, and closed by a person."""

from typing import Annotated

from fastapi import APIRouter, Path

from contracts.values import Moment
from services.reporting.api.dependencies import LedgerReading, LedgerWork
from services.reporting.presenters.ledger import present_gaps
from services.reporting.schemas.gaps import CloseIn, GapOut
from services.reporting.usecases import gaps

router = APIRouter(prefix="/v1/ledger/gaps", tags=["ledger"])

GapNumber = Annotated[int, Path(ge=1, le=2**62)]


@router.get("")
def list_gaps(reading: LedgerReading, since: Moment | None = None, closed: bool = False) -> list[GapOut]:
    """List what does not add up now; empty is right. `since`: found since then; `closed`: also what is over."""
    return present_gaps(gaps.list_gaps(reading.session, since, closed=closed))


@router.post("/{number}/close")
def close_gap(number: GapNumber, body: CloseIn, uow: LedgerWork) -> GapOut:
    """Say why a gap is done with; while its cause is there, it opens again under a new number."""
    closed = gaps.close_gap(uow.tx, uow.caller, number, body.reason, irreparable=body.irreparable)
    return GapOut.model_validate(dict(closed))
