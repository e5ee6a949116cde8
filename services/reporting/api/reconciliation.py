"""Reconciliation: when each service was last compared with the ledger, and what a local day showed."""

from fastapi import APIRouter

from services.reporting.api.dependencies import Day, LedgerReading, LedgerWork
from services.reporting.presenters.reconciliation import present_books
from services.reporting.schemas.reconciliation import BookOut, CompareIn, ComparisonOut
from services.reporting.usecases import reconciliation

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])


@router.get("/books")
def compared_books(reading: LedgerReading) -> list[BookOut]:
    """Say when the book of each other service was last compared whole with ours."""
    return present_books(reconciliation.compared_books(reading.session))


@router.post("/comparisons", status_code=202)
def compare_books(body: CompareIn, work: LedgerWork) -> ComparisonOut:
    """Have the books of a local day compared now; the answer is there within seconds."""
    return ComparisonOut.model_validate(dict(reconciliation.request_comparison(work.tx, body.day)))


@router.get("/comparisons")
def comparison_of_day(day: Day, reading: LedgerReading) -> ComparisonOut:
    """Show what the last comparison of a local day found."""
    return ComparisonOut.model_validate(dict(reconciliation.comparison_of_day(reading.session, day)))
