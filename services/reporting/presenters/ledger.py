"""Rows of the ledger as answers: one that cannot be read whole says so, and hides no other."""

from collections.abc import Sequence

from chassis.database.damaged_rows import present_row_in_part
from services.reporting.models import GapRow
from services.reporting.schemas.gaps import GapOut
from services.reporting.schemas.ledger import (
    Counts,
    EscalationLine,
    LedgerDay,
    OrderLine,
    PressDetail,
    PressLine,
    StageTimes,
    Summary,
)
from services.reporting.usecases import ledger


def present_gaps(rows: Sequence[GapRow]) -> list[GapOut]:
    """Show gaps."""
    return [present_row_in_part(GapOut, dict(row), "gap", row.number) for row in rows]


def present_day(found: ledger.LedgerDay) -> LedgerDay:
    """Show the ledger of a local day."""
    return LedgerDay(
        day=found.day,
        first=found.first,
        after=found.after,
        totals=Counts.model_validate(found.totals),
        gaps=present_gaps(found.gaps),
        presses=[present_row_in_part(PressLine, line, "press", line["alarm_id"]) for line in found.presses],
        truncated=found.truncated,
    )


def present_press(found: ledger.PressDetail) -> PressDetail:
    """Show one press with the orders and escalations of its incident."""
    alarm_id = found["alarm_id"]
    orders = [
        present_row_in_part(OrderLine, dict(row), "order", row.order_id) for row in found["dispatch_orders"]
    ]
    steps = [
        present_row_in_part(EscalationLine, dict(row), "escalation", alarm_id)
        for row in found["escalation_steps"]
    ]
    values = {**found, "dispatch_orders": orders, "escalation_steps": steps}
    return present_row_in_part(PressDetail, values, "press", alarm_id)


def present_summary(found: ledger.Summary) -> Summary:
    """Show counts and stage times since a moment."""
    return Summary(
        since=found.since,
        counts=Counts.model_validate(found.counts),
        stages={name: StageTimes.model_validate(times) for name, times in found.stages.items()},
    )
