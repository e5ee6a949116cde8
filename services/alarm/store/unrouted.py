"""Presses that dispatch has not put into an incident, claimed one attempt at a time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.runtime import clock
from services.alarm.store.alarm_progress import IS_OF

# What a row tells of its event.
SAID = (
    *("alarm_id", "device_id", "counter", "lane", "channel", "content"),
    *("pressed_at", "received_at", "deadline_at"),
)
_COLUMNS = ", ".join(f"p.{name}" for name in (*SAID, "flags", "evidence", "handed_over"))
_SETTLE = text(
    "UPDATE presses SET routed_at = :now FROM alarm_incidents a "  # noqa: S608 - our names
    f"WHERE a.alarm_id = presses.alarm_id AND presses.routed_at IS NULL AND {IS_OF.format('presses')}"
)
# One row more than so many attempts, or fewer than none, would fail the statement, and keep all others back.
_ATTEMPTS = "least(greatest(p.handed_over, 0), 1000000)"
# In the future: what was received or put off before somebody put the clock back. A lane that is none is that of
# unverified presses.
_CLAIM = text(
    "WITH d AS (SELECT alarm_id FROM presses WHERE routed_at IS NULL "  # noqa: S608 - our names
    "AND (lane = 'verified') = (:lane = 'verified') "
    "AND (received_at < :before OR received_at > :beyond) "
    "AND (hand_over_at IS NULL OR hand_over_at <= :now OR hand_over_at > :beyond) "
    "ORDER BY received_at LIMIT :limit FOR UPDATE SKIP LOCKED) "
    f"UPDATE presses p SET handed_over = {_ATTEMPTS} + 1, hand_over_at = CAST(:now AS timestamptz) "
    f"+ make_interval(secs => least(:longest, :after * 2 ^ least({_ATTEMPTS}, 20))) "
    f"FROM d WHERE d.alarm_id = p.alarm_id RETURNING {_COLUMNS}"
)
_CLAIM_ONE = text(
    f"UPDATE presses p SET handed_over = {_ATTEMPTS} + 1 WHERE p.alarm_id = :id RETURNING {_COLUMNS}"  # noqa: S608
)
_INCIDENT = text(
    "SELECT a.incident_id FROM presses p JOIN alarm_incidents a "  # noqa: S608 - our names
    f"ON a.alarm_id = p.alarm_id AND {IS_OF.format('p')} WHERE p.alarm_id = :id "
    "ORDER BY a.digest = p.digest DESC NULLS LAST, a.digest LIMIT 1"
)


def claim(session: Session, lane: str, limit: int, *, after_s: float, longest_s: float) -> Sequence[Any]:
    """Claim at most `limit` presses of a lane that are due for an attempt, the oldest first.

    The first attempt comes `after_s` seconds after the receipt, the next ones at twice the distance each time,
    up to `longest_s`.
    """
    now = clock.now()
    session.execute(_SETTLE, {"now": now})
    given = {
        "now": now,
        "lane": lane,
        "limit": limit,
        "before": now - timedelta(seconds=after_s),
        "beyond": now + timedelta(seconds=2 * longest_s),
        "after": after_s,
        "longest": longest_s,
    }
    return session.execute(_CLAIM, given).all()


def claim_one(session: Session, alarm_id: UUID) -> tuple[Any, UUID | None]:
    """Claim one press, whatever became of it; give it (or None), and its incident, as far as dispatch told."""
    row = session.execute(_CLAIM_ONE, {"id": alarm_id}).one_or_none()
    return row, incident_of(session, alarm_id)


def incident_of(session: Session, alarm_id: UUID) -> UUID | None:
    """Give the incident of a press, as far as dispatch told."""
    found: UUID | None = session.execute(_INCIDENT, {"id": alarm_id}).scalar_one_or_none()
    return found
