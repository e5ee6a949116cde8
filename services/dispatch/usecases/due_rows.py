"""Timers that more than one use case sets: rows that are acted on when they are due."""

from datetime import datetime
from uuid import UUID

from chassis.database.timers import Due
from services.dispatch.usecases.context import Context


def has_webhook(context: Context, control_room_id: str) -> bool:
    """Say whether a control room takes orders by webhook."""
    room = context.situation.rooms.get(control_room_id)
    return room is not None and room.webhook


def webhook_row(incident_id: UUID, control_room_id: str, revision: int, due_at: datetime) -> Due:
    """Make a webhook that tells a control room of one revision of an incident."""
    return Due(kind="webhook", subject_id=f"{incident_id}|{control_room_id}|{revision}", due_at=due_at)


# Seconds between two looks for a device that is not known here yet.
_LOOK_AGAIN_S = 5.0


def unit_timer(context: Context, order_id: UUID, now: datetime) -> Due:
    """Say by when a unit must have acknowledged."""
    return Due(kind="unit_answer", subject_id=str(order_id), due_at=after(now, context.settings.unit_answer_s))


def look_again(incident_id: UUID, now: datetime) -> Due:
    """Look later whether the device of a press is known by then; its coming makes it look at once."""
    return Due(kind="proof", subject_id=str(incident_id), due_at=after(now, _LOOK_AGAIN_S))


def after(now: datetime, seconds: float) -> datetime:
    """Add seconds to `now`."""
    return datetime.fromtimestamp(now.timestamp() + seconds, tz=now.tzinfo)
