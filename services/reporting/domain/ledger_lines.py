"""One press as the ledger tells it."""

from datetime import datetime
from typing import TypedDict
from uuid import UUID


class LedgerLine(TypedDict):
    """A line of the view `ledger`: a press with the time it reached each stage; None: not yet."""

    alarm_id: UUID
    device_id: str
    enrolment_id: UUID | None
    counter: int | None
    lane: str
    channel: str | None
    flags: list[str]
    incident_ids: list[UUID]
    incident_id: UUID | None
    opened: bool
    control_room_id: str | None
    zone_id: str | None
    outcome: str | None
    pressed_at: datetime | None
    received_at: datetime
    deadline_at: datetime
    stored_at: datetime | None
    routed_at: datetime | None
    displayed_at: datetime | None
    acknowledged_at: datetime | None
    sent_at: datetime | None
    unit_received_at: datetime | None
    unit_acknowledged_at: datetime | None
    en_route_at: datetime | None
    on_scene_at: datetime | None
    closed_at: datetime | None
    orders: int | None
    escalations: int | None


class PressLine(LedgerLine):
    """A line with how the press stands: the outcome of its incident, or the open state it has reached."""

    state: str
