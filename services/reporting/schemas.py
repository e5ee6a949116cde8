"""What the HTTP API of reporting says. Times are UTC; durations are milliseconds."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.database.damaged_rows import RowOut
from contracts.book import Section
from contracts.common import NO_NUL
from contracts.policy import Group, Personal
from contracts.reporting import GapKind
from contracts.values import Incoming

_DEVICE, _ESSENCE = Personal(Group.DEVICE), Personal(Group.CASE, essence=True)


class _Out(RowOut):
    model_config = ConfigDict(extra="ignore")


class PressLine(_Out):
    """One press with the time it reached each stage; null: not yet."""

    alarm_id: UUID
    device_id: str
    enrolment_id: UUID | None
    counter: int | None
    lane: str
    channel: str | None
    flags: list[str]
    incident_ids: list[UUID] = Field(description="Exactly one when the books are right.")
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


class OrderLine(_Out):
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


class EscalationLine(_Out):
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


class GapOut(_Out):
    """Something that does not add up. `entry_id`: what is missing, an alarm or an order; `alarm_id`: whose."""

    number: int
    kind: GapKind
    entry_id: UUID
    alarm_id: UUID
    found_at: AwareDatetime
    healed_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    closed_by: str | None
    reason: str | None
    irreparable: bool


class CloseIn(Incoming):
    """Why a gap is done with. No personal data.

    `irreparable`: what is missing cannot be brought back, so the gap must not open again for the same cause.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "restored from the backup of 05:00", "irreparable": False}]}
    )

    reason: str = Field(min_length=3, max_length=500, pattern=NO_NUL)
    irreparable: bool = False


class BookOut(_Out):
    """The book of another service. `fault`: what was in the way since it was last compared whole."""

    book: str = Field(examples=["alarm", "dispatch"])
    compared_at: AwareDatetime
    fault: str | None


class CompareIn(BaseModel):
    """The local day (Europe/Brussels) whose books are to be compared."""

    day: date = Field(ge=date(2020, 1, 1), le=date(2199, 12, 31))


class LackOut(BaseModel):
    """An entry that a book lacks and another has."""

    book: str
    section: Section
    kind: GapKind
    id: UUID
    alarm_id: UUID
    received_at: AwareDatetime


class Differences(BaseModel):
    """What a comparison showed: entries by book and section, books that were away, and what is lacking.

    `whole`: every book was read to its end; only then does an empty list mean that nothing is missing.
    """

    entries: dict[str, dict[Section, int]]
    away: dict[str, str]
    lacking: int
    named: list[LackOut] = Field(description="At most 200 of those that are lacking.")
    whole: bool


class ComparisonOut(_Out):
    """The last comparison of a local day; a newer one is being made while `asked_at` is after `made_at`."""

    day: date
    asked_at: AwareDatetime | None
    made_at: AwareDatetime | None
    found: Differences | None


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


class Battery(BaseModel):
    """Percent."""

    lowest: int
    last: int


class Change(BaseModel):
    """A value that changed from one heartbeat to the next."""

    what: str
    at: AwareDatetime
    before: Any
    after: Any


class ReportPress(BaseModel):
    """A press and what became of it."""

    alarm_id: UUID
    at: AwareDatetime
    lane: str
    channel: str
    flags: list[str]
    incident_id: UUID | None
    outcome: str


class ReportTest(BaseModel):
    """A test press; `arrived`: it went all the way to its control room."""

    test_id: UUID
    at: AwareDatetime
    arrived: bool


class DailyReport(BaseModel):
    """What the follow-up of one enrolment needs to know of one local day. Holds no location."""

    enrolment_id: UUID
    day: date
    first: AwareDatetime
    after: AwareDatetime
    hours: int = Field(description="23 and 25 on the days that the clock changes.")
    nothing_received: bool = Field(description="No press, no test, no heartbeat that day.")
    last_contact_at: Annotated[AwareDatetime | None, _DEVICE]
    presses: list[ReportPress]
    tests: Annotated[list[ReportTest], _DEVICE]
    heartbeats: Annotated[int | None, _DEVICE]
    phone_battery: Annotated[Battery | None, _DEVICE]
    button_battery: Annotated[Battery | None, _DEVICE]
    bluetooth: Annotated[list[Change], _DEVICE]
    changes: Annotated[list[Change], _DEVICE]
    attentions: Annotated[list[dict[str, Any]], _DEVICE]
    file: Annotated[list[dict[str, Any]], _ESSENCE]


class ReportChange(BaseModel):
    """Something that the version before said otherwise; null: it was, or is, not there."""

    what: str = Field(examples=["presses.0b9c6f0e-7a52-5f0a-9a41-4f4fb7a1c7f3.outcome"])
    before: Any
    after: Any


class DailyReportOut(DailyReport):
    """A report with what is known of the report itself."""

    made_at: AwareDatetime | None = Field(description="When it was published; null: as of now.")
    version: int | None = Field(description="Counted from 1; null: not published yet.")
    versions: int = Field(description="How many there are; each stays readable.")
    changed: list[ReportChange] = Field(default=[], description="What the version before said otherwise.")
    withheld: tuple[str, ...] = Field(default=(), description="What the caller may not know.")
    came_later: int = Field(description="Facts of that day that arrived after the report was made.")


class AttentionOut(_Out):
    """Something a person must look at."""

    id: UUID
    kind: str = Field(examples=["parked", "queue_depth", "gap", "canary", "report_missing", "deadline"])
    key: str
    since: AwareDatetime
    last_seen: AwareDatetime
    times: int
    detail: dict[str, Any]
    resolved_at: AwareDatetime | None
    resolved_by: str | None
    reason: str | None


class ResolveIn(Incoming):
    """Why a point of attention is done with. No personal data."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "queue emptied, cause fixed in 1.2.1"}]}
    )

    reason: str = Field(min_length=3, max_length=500, pattern=NO_NUL)
