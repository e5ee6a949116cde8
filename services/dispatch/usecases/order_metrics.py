"""How long it took from a press to an order."""

from datetime import datetime

from chassis.telemetry import metrics
from contracts import telemetry as names


def measure_order(raised_at: datetime, deadline_at: datetime, now: datetime, *, automatic: bool) -> None:
    """Measure that an order was sent to a unit at `now`."""
    sent_by = "system" if automatic else "operator"
    metrics.record(names.PRESS_ORDER_DURATION, (now - raised_at).total_seconds(), sent_by=sent_by)
    if now > deadline_at:
        metrics.count(names.ORDER_LATE, sent_by=sent_by)
