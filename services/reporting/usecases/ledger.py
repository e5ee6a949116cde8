"""Reading the ledger: one press, one day, figures since a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.database.database import Session
from chassis.runtime import clock
from contracts.common import local_day
from services.reporting.domain import days, stages
from services.reporting.domain.ledger_lines import LedgerLine, PressLine
from services.reporting.errors import DayInFuture, PressUnknown
from services.reporting.models import EscalationRow, GapRow, OrderRow
from services.reporting.store import access, gaps, ledger


class PressDetail(PressLine):
    """One press with the orders and escalations of its incident."""

    dispatch_orders: list[OrderRow]
    escalation_steps: list[EscalationRow]


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """The ledger of one local day; `truncated`: more presses than were asked for, which the totals count."""

    day: date
    first: datetime
    after: datetime
    totals: Mapping[str, int]
    gaps: Sequence[GapRow]
    presses: Sequence[PressLine]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and stage times since a moment."""

    since: datetime
    counts: Mapping[str, int]
    stages: Mapping[str, ledger.Figures]


def refuse_future(day: date, now: datetime) -> None:
    """Raise `DayInFuture` for a day that has not begun."""
    if day > local_day(now):
        raise DayInFuture("that day has not begun", field="day")


def press(session: Session, alarm_id: UUID, who: str) -> PressDetail:
    """Give one press with its stages, orders and escalations; raises `PressUnknown`, also for a conflict."""
    line = ledger.line(session, alarm_id)
    if line is None or (line["enrolment_id"] and access.is_conflicted(session, line["enrolment_id"], who)):
        raise PressUnknown("the ledger has no such press", field="alarm_id")
    return {
        **_with_state(line),
        "dispatch_orders": ledger.orders(session, line["incident_ids"]),
        "escalation_steps": ledger.escalations(session, line["incident_ids"]),
    }


def ledger_day(session: Session, day: date, limit: int, who: str) -> LedgerDay:
    """Give the ledger of a local day: totals, gaps found that day, presses; raises `DayInFuture`.

    The totals count all; the presses are those of cases that `who` has no conflict of interest to.
    """
    now = clock.now()
    refuse_future(day, now)
    first, after = days.day_bounds(day)
    found = ledger.lines(session, first, after, limit + 1, who)
    return LedgerDay(
        day=day,
        first=first,
        after=after,
        totals=ledger.counts(session, first, after, now, None),
        gaps=gaps.listing(session, since=first, until=after, closed=True),
        presses=[_with_state(line) for line in found[:limit]],
        truncated=len(found) > limit,
    )


def summary(session: Session, since: datetime, lane: str | None) -> Summary:
    """Give counts and stage times of the presses received since a moment."""
    now = clock.now()
    # Clocks of two machines may differ a little: a press from "later" counts too.
    until = now + timedelta(days=1)
    return Summary(
        since, ledger.counts(session, since, until, now, lane), ledger.stages(session, since, until, lane)
    )


def _with_state(line: LedgerLine) -> PressLine:
    return {**line, "orders": line["orders"] or 0, "state": stages.outcome_of(line)}
