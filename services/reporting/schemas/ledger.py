"""Bodies of the ledger: presses, their stages, counts."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.reporting.schemas.common import RowAnswer
from services.reporting.schemas.gaps import GapOut


class PressLine(RowAnswer):
    """One press with the time it reached each stage; null: not yet."""

    alarm_id: UUID
    device_id: str
    enrolment_id: UUID | None
    counter: int | None
    lane: str
    channel: str | None
    flags: list[str]
    incident_ids: list[UUID] = Field(description="Exactly one when the records are right.")
    opened: bool = Field(description="Whether this press opened its incident.")
    control_room_id: str | None
    zone_id: str | None
    pressed_at: AwareDatetime | None
    received_at: AwareDatetime
    deadline_at: AwareDatetime
    stored_at: AwareDatetime | None
    routed_at: AwareDatetime | None
    displayed_at: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    sent_at: AwareDatetime | None
    unit_received_at: AwareDatetime | None
    unit_acknowledged_at: AwareDatetime | None
    en_route_at: AwareDatetime | None
    on_scene_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    orders: int
    escalations: int
    state: str = Field(examples=["genuine", "open: en_route"])


class OrderLine(RowAnswer):
    """One order and when it first reached each state."""

    order_id: UUID
    incident_id: UUID
    unit_id: str
    control_room_id: str
    automatic: bool
    late: bool
    proposed_at: AwareDatetime | None
    sent_at: AwareDatetime | None
    received_at: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    en_route_at: AwareDatetime | None
    on_scene_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    declined_at: AwareDatetime | None
    withdrawn_at: AwareDatetime | None


class EscalationLine(RowAnswer):
    """One step of escalation."""

    incident_id: UUID
    level: str
    at: AwareDatetime
    control_room_id: str
    target: str | None


class PressDetail(PressLine):
    """One press with the orders and escalations of its incident."""

    dispatch_orders: list[OrderLine]
    escalation_steps: list[EscalationLine]


class Counts(BaseModel):
    """Presses of a period.

    `accepted`: alarm stored it; `dispatched`: a unit received its order; `late`: not within the deadline;
    `lost`: no incident; `duplicated`: more than one.
    """

    presses: int
    accepted: int
    routed: int
    incidents: int
    dispatched: int
    late: int
    lost: int
    duplicated: int
    escalated: int
    still_open: int
    unverified: int


class StageTimes(BaseModel):
    """How long after receipt a stage was reached, milliseconds."""

    count: int
    p50_ms: float
    p90_ms: float
    p99_ms: float


class Summary(BaseModel):
    """Counts and stage times since a moment."""

    since: AwareDatetime
    counts: Counts
    stages: dict[str, StageTimes] = Field(
        examples=[{"routed": {"count": 40, "p50_ms": 8.1, "p90_ms": 11.9, "p99_ms": 20.4}}]
    )


class LedgerDay(BaseModel):
    """The ledger of one local day (Europe/Brussels)."""

    day: date
    first: AwareDatetime
    after: AwareDatetime
    totals: Counts
    gaps: list[GapOut]
    presses: list[PressLine]
    truncated: bool = Field(description="More presses than `limit`; the totals count them all.")
