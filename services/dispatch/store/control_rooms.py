"""The SQL of control rooms: how each wants its alarms, and whether its webhook works."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

_DELIVERED = text("UPDATE control_rooms SET webhook_delivered_at = :now WHERE id = :cic")
# A second attempt is one after a failure.
_UNDELIVERED = text(
    "SELECT split_part(subject_id, '|', 2) AS cic_id, count(*) FILTER (WHERE attempt > 1) AS failing, "
    "count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked FROM due WHERE kind = 'webhook' GROUP BY 1"
)


def note_webhook_delivered(session: Session, cic_id: str, now: datetime) -> None:
    """The webhook of a control room took something."""
    session.execute(_DELIVERED, {"cic": cic_id, "now": now})


def undelivered_webhooks(session: Session) -> dict[str, tuple[int, int]]:
    """By control room: how many webhooks failed and are tried again, and how many were parked."""
    return {row.cic_id: (row.failing, row.parked) for row in session.execute(_UNDELIVERED)}
