"""Reconciliation: when each service was last compared with the ledger, and what a local day showed."""

from fastapi import APIRouter

from services.reporting.api.dependencies import Day, LedgerReading, LedgerWork
from services.reporting.presenters.reconciliation import present_compared_services
from services.reporting.schemas.reconciliation import ComparedServiceOut, CompareIn, ComparisonOut
from services.reporting.usecases import reconciliation

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])


@router.get("/services")
def compared_services(reading: LedgerReading) -> list[ComparedServiceOut]:
    """Say when the records of each other service were last compared whole with ours."""
    return present_compared_services(reconciliation.compared_services(reading.session))


@router.post("/comparisons", status_code=202)
def compare_records(body: CompareIn, uow: LedgerWork) -> ComparisonOut:
    """Have the records of a local day compared now; the answer is there within seconds."""
    return ComparisonOut.model_validate(dict(reconciliation.request_comparison(uow.tx, body.day)))


@router.get("/comparisons")
def comparison_of_day(day: Day, reading: LedgerReading) -> ComparisonOut:
    """Show what the last comparison of a local day found."""
    return ComparisonOut.model_validate(dict(reconciliation.comparison_of_day(reading.session, day)))
