"""The ledger: one local day, one press, figures since a moment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.runtime import clock
from contracts.common import Lane
from contracts.values import Moment
from services.reporting.api.dependencies import Day, LedgerReading
from services.reporting.presenters import ledger as presenter
from services.reporting.schemas.ledger import LedgerDay, PressDetail, Summary
from services.reporting.usecases import ledger

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])


@router.get("")
def ledger_of_day(
    reading: LedgerReading,
    day: Day | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> LedgerDay:
    """Show totals, gaps and presses of a local day (default: today)."""
    day = day or clock.today()
    return presenter.present_day(ledger.ledger_day(reading.session, day, limit, reading.caller.subject))


@router.get("/presses/{alarm_id}")
def ledger_press(alarm_id: UUID, reading: LedgerReading) -> PressDetail:
    """Show one press, each stage, the orders and escalations of its incident."""
    return presenter.present_press(ledger.press(reading.session, alarm_id, reading.caller.subject))


@router.get("/summary")
def ledger_summary(reading: LedgerReading, since: Moment, lane: Lane | None = None) -> Summary:
    """Count presses received since then, and give p50/p90/p99 of each stage in ms after receipt."""
    return presenter.present_summary(ledger.summary(reading.session, since, lane))
