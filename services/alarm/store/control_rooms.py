"""Control rooms, and when the canary of each is due."""

from sqlalchemy import text
from sqlmodel import Session

from contracts.dispatch import ControlRoomRegistered

_PUT_ROOM = text(
    "INSERT INTO control_rooms (control_room_id, name, canary_lat, canary_lon, canary_due_at) "
    "VALUES (:control_room_id, :name, :canary_lat, :canary_lon, now()) "
    "ON CONFLICT (control_room_id) DO UPDATE SET name = EXCLUDED.name, "
    "canary_lat = EXCLUDED.canary_lat, canary_lon = EXCLUDED.canary_lon"
)


_DUE = text(
    "UPDATE control_rooms SET canary_due_at = now() + make_interval(secs => :every) "
    "WHERE control_room_id IN (SELECT control_room_id FROM control_rooms WHERE canary_due_at <= now() "
    # Set before somebody put the clock back: it would not come for as long as that.
    "OR canary_due_at > now() + make_interval(secs => 2 * :every) "
    "FOR UPDATE SKIP LOCKED) RETURNING control_room_id, canary_lat AS lat, canary_lon AS lon"
)


def put_control_room(session: Session, room: ControlRoomRegistered) -> None:
    """Keep a control room."""
    session.execute(_PUT_ROOM, room.model_dump())


def due_canaries(session: Session, every_s: float) -> list[dict[str, object]]:
    """Give the control rooms whose canary is due; whoever gets one sends it."""
    return [dict(row._mapping) for row in session.execute(_DUE, {"every": every_s})]
