"""An incident that a press opens."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.dispatch.domain.routing import Basis


@dataclass(slots=True)
class NewIncident:
    """An incident as it is born; the same names as its row, and the unit that its order is to take, if any."""

    id: UUID
    subject: str
    device_id: str
    enrolment_id: UUID | None
    lane: str
    source: str | None
    known_device: bool
    control_room_id: str
    also_control_room_ids: list[str]
    zone_id: str | None
    border_zones: list[str]
    basis: Basis
    flags: list[str]
    urgency: int
    presses: int
    raised_at: datetime
    deadline_at: datetime
    routed_at: datetime
    last_press_at: datetime
    fix: bytes | None
    fix_at: datetime | None
    first_fix: bytes | None
    traceparent: str | None
    changed_at: datetime
    unit_id: str | None
    order_id: UUID | None
    state: str = "open"
    revision: int = 1
    # Not yet.
    displayed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    escalation: str | None = None
    cancel: str | None = None
    outcome: str | None = None
