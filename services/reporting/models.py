"""Tables of reporting. No name, place or number of a person anywhere: pseudonymous ids only."""

from datetime import date, datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import ARRAY, BigInteger, Index, MetaData, Text, Uuid, text
from sqlmodel import AutoString, Field, SQLModel

from chassis.database.columns import Json, UtcDateTime
from contracts.reporting import GapKind


class Table(SQLModel):
    """The base of this service's tables: its own metadata, apart from every other service's."""

    metadata = MetaData()


class PressRow(Table, table=True):
    """One press; seen by alarm when `stored_at` is there, by dispatch when `routed_at` is."""

    __tablename__ = "presses"
    __table_args__ = (
        # What does not add up yet: almost always empty, so that looking for gaps costs nothing.
        Index(
            "presses_unmatched",
            "seen_at",
            postgresql_where=text("stored_at IS NULL OR cardinality(incident_ids) <> 1"),
        ),
    )

    alarm_id: UUID = Field(primary_key=True)
    device_id: str
    enrolment_id: UUID | None = None
    counter: int | None = Field(default=None, sa_type=BigInteger)
    lane: str
    channel: str | None = None
    pressed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    stored_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    routed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deadline_at: datetime = Field(sa_type=UtcDateTime)
    incident_ids: list[UUID] = Field(sa_type=ARRAY(Uuid))
    flags: list[str] = Field(sa_type=ARRAY(Text))
    seen_at: datetime = Field(sa_type=UtcDateTime)


class IncidentRow(Table, table=True):
    """One incident; its order stages stand with its orders (view `ledger` brings all together)."""

    __tablename__ = "incidents"
    __table_args__ = (Index("incidents_open", "seen_at", postgresql_where=text("closed_at IS NULL")),)

    incident_id: UUID = Field(primary_key=True)
    enrolment_id: UUID | None = None
    control_room_id: str | None = None
    zone_id: str | None = None
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    routed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deadline_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    displayed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = None
    seen_at: datetime = Field(sa_type=UtcDateTime)


class OrderRow(Table, table=True):
    """One dispatch order and when it first reached each state."""

    __tablename__ = "orders"

    order_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(index=True)
    unit_id: str
    control_room_id: str
    automatic: bool
    late: bool
    proposed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    en_route_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    on_scene_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    declined_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class EscalationRow(Table, table=True):
    """One step of escalation of an incident."""

    __tablename__ = "escalations"

    incident_id: UUID = Field(primary_key=True)
    level: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    control_room_id: str
    target: str | None = None


class GapRow(Table, table=True):
    """Something in the ledger that does not add up, told once under its number.

    `entry_id`: what is missing or too much, an alarm or an order; `alarm_id`: whose. It is open until it heals
    or a person closes it; an `irreparable` one stays closed for as long as its cause is there.
    """

    __tablename__ = "gaps"
    __table_args__ = (
        Index("gaps_entry", "entry_id", "kind"),
        Index(
            "gaps_open",
            "entry_id",
            "kind",
            unique=True,
            postgresql_where=text("healed_at IS NULL AND closed_at IS NULL"),
        ),
    )

    number: int = Field(primary_key=True, sa_type=BigInteger)
    entry_id: UUID
    kind: GapKind = Field(sa_type=AutoString)
    alarm_id: UUID
    found_at: datetime = Field(sa_type=UtcDateTime)
    healed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = None
    reason: str | None = None
    irreparable: bool = False


class MissingRow(Table, table=True):
    """An entry that a service lacked when it was last asked, and another has; `seen_at`: since when."""

    __tablename__ = "missing_entries"

    entry_id: UUID = Field(primary_key=True)
    service: str = Field(primary_key=True)
    section: str = Field(primary_key=True)
    kind: str
    alarm_id: UUID
    received_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class ParkedRow(Table, table=True):
    """A message of the alarm path that was set aside; `alarm_id` is the id of the row where nobody knows."""

    __tablename__ = "parked_messages"

    entry_id: UUID = Field(primary_key=True)
    alarm_id: UUID
    queue: str
    event_type: str
    reason: str
    parked_at: datetime = Field(sa_type=UtcDateTime)


class ComparedServiceRow(Table, table=True):
    """When the records of another service were last compared whole; `fault`: what was in the way since."""

    __tablename__ = "compared_services"

    service: str = Field(primary_key=True)
    compared_at: datetime = Field(sa_type=UtcDateTime)
    fault: str | None = None


class ComparisonRow(Table, table=True):
    """What the last comparison of a local day showed; `asked_at`: when a person asked for one."""

    __tablename__ = "comparisons"

    day: date = Field(primary_key=True)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    made_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    found: dict[str, JsonValue] | None = Field(default=None, sa_type=Json)


class ControlRoomRow(Table, table=True):
    """A control room and its last canary; watched once `registered_at` is known."""

    __tablename__ = "control_rooms"

    control_room_id: str = Field(primary_key=True)
    registered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_canary_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    missed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FactRow(Table, table=True):
    """One thing for the follow-up; `key` names it, so that a copy adds nothing."""

    __tablename__ = "facts"
    __table_args__ = (
        Index("facts_enrolment", "enrolment_id", "at"),
        Index("facts_device", "device_id", "at", postgresql_where=text("enrolment_id IS NULL")),
        # Who had an alarm on a day is asked for each chunk of its reports.
        Index("facts_status", "enrolment_id", "at", postgresql_where=text("kind = 'enrolment'")),
    )

    key: str = Field(primary_key=True)
    kind: str
    enrolment_id: UUID | None = None
    device_id: str | None = None
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    data: dict[str, JsonValue] = Field(sa_type=Json)
    recorded_at: datetime = Field(sa_type=UtcDateTime)


class DeviceRow(Table, table=True):
    """Which enrolment a device belongs to; the highest version counts."""

    __tablename__ = "devices"

    device_id: UUID = Field(primary_key=True)
    enrolment_id: UUID = Field(index=True)
    status: str
    version: int


class EnrolmentRow(Table, table=True):
    """Who manages an enrolment now; the latest change counts."""

    __tablename__ = "enrolments"

    enrolment_id: UUID = Field(primary_key=True)
    managing_zone_id: str
    status: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


class ConflictRow(Table, table=True):
    """A person (the subject of their tokens) with a conflict: nothing of the case is shown to them."""

    __tablename__ = "conflicted_persons"

    person: str = Field(primary_key=True)
    enrolment_id: UUID = Field(primary_key=True)
    # The application at the committee, or zeros: the registry. Each withdraws what it said itself.
    source: UUID = Field(primary_key=True)
    declared_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ProposerRow(Table, table=True):
    """A partner that proposed an alarm, and its zone (empty: none): it follows this case."""

    __tablename__ = "proposers"

    enrolment_id: UUID = Field(primary_key=True)
    partner: str = Field(primary_key=True)
    zone_id: str = Field(primary_key=True)


class ReportRow(Table, table=True):
    """The daily report as it was published; the highest version counts, the others stay as they were."""

    __tablename__ = "reports"

    enrolment_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    version: int = Field(default=1, primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    body: dict[str, JsonValue] = Field(sa_type=Json)


class ReportDueRow(Table, table=True):
    """A report that is to be made again because something contradicts it, or that could not be made so far."""

    __tablename__ = "reports_due"

    enrolment_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    failures: int = 0


class AttentionRow(Table, table=True):
    """Something a person must look at; one open row per kind and key."""

    __tablename__ = "attentions"
    __table_args__ = (
        Index("attentions_open", "kind", "key", unique=True, postgresql_where=text("resolved_at IS NULL")),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    key: str
    since: datetime = Field(sa_type=UtcDateTime)
    last_seen: datetime = Field(sa_type=UtcDateTime)
    times: int = 1
    detail: dict[str, JsonValue] = Field(sa_type=Json)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    resolved_by: str | None = None
    reason: str | None = None


TABLES = frozenset(Table.metadata.tables)
