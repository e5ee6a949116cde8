"""What events about presses, incidents and orders add to the ledger."""

from uuid import UUID

from contracts.alarm import PressesRecorded
from contracts.dispatch import (
    CanaryRouted,
    ControlRoomRegistered,
    IncidentEscalated,
    OrderMoved,
    PressRouted,
)
from services.reporting.domain.entries import ControlRoom, Entries, Value, least


def add_recorded(entries: Entries, event: PressesRecorded) -> None:
    """Add presses that alarm stored."""
    for press in event.presses:
        least(entries.presses, press.alarm_id, **{**press.model_dump(), "flags": list(press.flags)})


def add_routed(entries: Entries, event: PressRouted) -> None:
    """Add a press that dispatch put into an incident, and the incident that it opened."""
    least(
        entries.presses,
        event.alarm_id,
        **event.model_dump(
            include={
                "alarm_id",
                "device_id",
                "enrolment_id",
                "counter",
                "lane",
                "received_at",
                "routed_at",
                "deadline_at",
            }
        ),
        incident_ids=[event.incident_id],
        flags=list(event.flags),
    )
    note_incident(entries, event.incident_id)
    if event.opened:
        kept = {"enrolment_id", "control_room_id", "zone_id", "routed_at", "deadline_at"}
        note_incident(entries, event.incident_id, opened_at=event.received_at, **event.model_dump(include=kept))


def note_incident(entries: Entries, incident_id: UUID, **values: Value) -> None:
    """Merge values into the row of an incident."""
    least(entries.incidents, incident_id, incident_id=incident_id, **values)


def add_order(entries: Entries, event: OrderMoved) -> None:
    """Add the stage that an order reached."""
    note_incident(entries, event.incident_id)
    row = least(
        entries.orders,
        event.order_id,
        **event.model_dump(include={"order_id", "incident_id", "unit_id", "control_room_id"}),
        **{f"{event.state}_at": event.at},
    )
    for flag in ("automatic", "late"):
        row[flag] = row.get(flag, False) or getattr(event, flag)


def add_escalation(entries: Entries, event: IncidentEscalated) -> None:
    """Add a step of escalation."""
    note_incident(entries, event.incident_id)
    row = event.model_dump(include={"incident_id", "level", "at", "control_room_id"})
    key = (event.incident_id, event.level, event.at)
    least(entries.escalations, key, **row, target=event.target_control_room_id)


def add_control_room(entries: Entries, event: ControlRoomRegistered) -> None:
    """Add a control room that was registered."""
    _control_room(entries, event.control_room_id)["registered"] = True


def add_canary(entries: Entries, event: CanaryRouted) -> None:
    """Add a canary that came out where it should."""
    if event.expected:
        row = _control_room(entries, event.control_room_id)
        row["last_canary_at"] = max(row.get("last_canary_at", event.routed_at), event.routed_at)


def _control_room(entries: Entries, control_room_id: str) -> ControlRoom:
    return entries.control_rooms.setdefault(control_room_id, ControlRoom(control_room_id=control_room_id))
