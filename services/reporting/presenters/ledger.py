"""Rows of the ledger as answers: one that cannot be read whole says so, and hides no other."""

from collections.abc import Sequence

from chassis.database.damaged_rows import shown
from services.reporting.domain.rows import Row
from services.reporting.schemas.gaps import GapOut
from services.reporting.schemas.ledger import EscalationLine, LedgerDay, OrderLine, PressDetail, PressLine


def present_gaps(rows: Sequence[Row]) -> list[GapOut]:
    """Show gaps."""
    return [shown(GapOut, row, "gap", row["number"]) for row in rows]


def present_day(found: Row) -> LedgerDay:
    """Show the ledger of a local day."""
    presses = [shown(PressLine, row, "press", row["alarm_id"]) for row in found["presses"]]
    return LedgerDay.model_validate(found | {"presses": presses, "gaps": present_gaps(found["gaps"])})


def present_press(found: Row) -> PressDetail:
    """Show one press with the orders and escalations of its incident."""
    alarm_id = found["alarm_id"]
    orders = [shown(OrderLine, row, "order", row["order_id"]) for row in found["dispatch_orders"]]
    steps = [shown(EscalationLine, row, "escalation", alarm_id) for row in found["escalation_steps"]]
    return shown(PressDetail, found | {"dispatch_orders": orders, "escalation_steps": steps}, "press", alarm_id)
