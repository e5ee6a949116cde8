"""How far alarms have come, and which control rooms there are: what dispatch tells."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from contracts.dispatch import ControlRoomRegistered

_STAGES = text(
    "SELECT 'stored' AS stage, stored_at AS at FROM presses WHERE alarm_id = :alarm_id UNION ALL "
    "SELECT s.stage, s.at FROM alarm_incidents a JOIN stages s USING (incident_id) WHERE a.alarm_id = :alarm_id"
)
_OWNER = text("SELECT device_id FROM presses WHERE alarm_id = :alarm_id")


def stages(session: Session, alarm_id: UUID) -> dict[str, datetime]:
    """The stages that an alarm has reached."""
    return {row.stage: row.at for row in session.execute(_STAGES, {"alarm_id": alarm_id})}


def owner(session: Session, alarm_id: UUID) -> str | None:
    """The device that raised an alarm."""
    owner_id: str | None = session.execute(_OWNER, {"alarm_id": alarm_id}).scalar_one_or_none()
    return owner_id


_JOIN = text(
    "INSERT INTO alarm_incidents (alarm_id, incident_id) VALUES (:alarm_id, :incident_id) "
    "ON CONFLICT DO NOTHING"
)
# Events come twice and out of order: the first time a stage was reached is what counts.
_REACH = text(
    "INSERT INTO stages (incident_id, stage, at) VALUES (:incident_id, :stage, :at) "
    "ON CONFLICT (incident_id, stage) DO UPDATE SET at = LEAST(stages.at, EXCLUDED.at)"
)
_PUT_ROOM = text(
    "INSERT INTO control_rooms (control_room_id, name, canary_lat, canary_lon, canary_due_at) "
    "VALUES (:control_room_id, :name, :canary_lat, :canary_lon, now()) "
    "ON CONFLICT (control_room_id) DO UPDATE SET name = EXCLUDED.name, "
    "canary_lat = EXCLUDED.canary_lat, canary_lon = EXCLUDED.canary_lon"
)
_DUE = text(
    "UPDATE control_rooms SET canary_due_at = now() + make_interval(secs => :every) "
    "WHERE control_room_id IN (SELECT control_room_id FROM control_rooms WHERE canary_due_at <= now() "
    "FOR UPDATE SKIP LOCKED) RETURNING control_room_id, canary_lat AS lat, canary_lon AS lon"
)


def join(session: Session, alarm_id: UUID, incident_id: UUID) -> None:
    """An alarm belongs to an incident."""
    session.execute(_JOIN, {"alarm_id": alarm_id, "incident_id": incident_id})


def reach(session: Session, incident_id: UUID, stage: str, at: datetime) -> None:
    """An incident reached a stage."""
    session.execute(_REACH, {"incident_id": incident_id, "stage": stage, "at": at})


def put_control_room(session: Session, room: ControlRoomRegistered) -> None:
    """Keep a control room."""
    session.execute(_PUT_ROOM, room.model_dump())


def due_canaries(session: Session, every_s: float) -> list[dict[str, Any]]:
    """The control rooms whose canary is due; whoever gets one sends it."""
    return [dict(row._mapping) for row in session.execute(_DUE, {"every": every_s})]
