"""Tables of the alarm service. Columns of type `bytes` are encrypted (chassis.security.vault)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, MetaData, text
from sqlmodel import Field, SQLModel

from chassis.database.columns import Json, UtcDateTime


class Table(SQLModel):
    """The base of this service's tables: its own metadata, apart from every other service's."""

    metadata = MetaData()


class PressRow(Table, table=True):
    """One accepted press. `evidence`: fix, signed body and what else its event said.

    `whole`: the API wrote it, signed body included.
    `reported_at`: when the ledger was told; `routed_at`: when the sweep saw that dispatch has it.
    """

    __tablename__ = "presses"
    # What is still to be done with presses is looked for every second.
    __table_args__ = (
        Index("presses_unreported", "stored_at", postgresql_where=text("reported_at IS NULL")),
        Index("presses_unrouted", "lane", "received_at", postgresql_where=text("routed_at IS NULL")),
    )

    alarm_id: UUID = Field(primary_key=True)
    device_id: str = Field(index=True)
    counter: int | None = Field(default=None, sa_type=BigInteger)
    lane: str
    channel: str
    pressed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    deadline_at: datetime = Field(sa_type=UtcDateTime)
    stored_at: datetime = Field(sa_type=UtcDateTime)
    flags: list[str] = Field(sa_type=Json)
    content: str | None = None
    # Which press this is, whatever has its id (`AlarmRaised.digest`); None: stored before it was kept.
    digest: str | None = None
    evidence: bytes
    whole: bool
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    routed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # How often it was handed over again because nobody routed it, and when next.
    handed_over: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    hand_over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class TestRow(Table, table=True):
    """One test press of a verified device."""

    __tablename__ = "tests"
    __test__ = False

    test_id: UUID = Field(primary_key=True)
    device_id: UUID = Field(index=True)
    counter: int = Field(sa_type=BigInteger)
    received_at: datetime = Field(sa_type=UtcDateTime)


class DeviceRow(Table, table=True):
    """Read model: the devices of the registry. `changed_at` is this database's clock."""

    __tablename__ = "devices"

    device_id: UUID = Field(primary_key=True)
    enrolment_id: UUID = Field(index=True)
    public_key: str
    status: str
    version: int
    changed_at: datetime = Field(sa_type=UtcDateTime, index=True)


class EnrolmentRow(Table, table=True):
    """Read model: whether an enrolment is live."""

    __tablename__ = "enrolments"

    enrolment_id: UUID = Field(primary_key=True)
    status: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


class ControlRoomRow(Table, table=True):
    """Read model: the control rooms, each with the public place of its canary."""

    __tablename__ = "control_rooms"

    control_room_id: str = Field(primary_key=True)
    name: str
    canary_lat: float
    canary_lon: float
    canary_due_at: datetime = Field(sa_type=UtcDateTime)


class HealthRow(Table, table=True):
    """The last contact of a device; a heartbeat, a test and a press all count as contact.

    `notified_at`: the last heartbeat that the follow-up desk was notified of.
    """

    __tablename__ = "health"

    device_id: UUID = Field(primary_key=True)
    contact_at: datetime = Field(sa_type=UtcDateTime, index=True)
    reported_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    phone_battery: int | None = None
    button_battery: int | None = None
    bluetooth: bool | None = None
    bluetooth_lost_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    location_permission: bool | None = None
    app_version: str | None = None
    tested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AttentionRow(Table, table=True):
    """A condition that a person has been told of; it goes when the condition does."""

    __tablename__ = "attentions"

    device_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)


class AlarmIncidentRow(Table, table=True):
    """Which incident a press belongs to, as dispatch said.

    `digest`: which press, of those that have this id; empty from a dispatch that does not say it.
    """

    __tablename__ = "alarm_incidents"

    alarm_id: UUID = Field(primary_key=True)
    digest: str = Field(default="", primary_key=True, sa_column_kwargs={"server_default": ""})
    incident_id: UUID = Field(index=True)


class RenamedPressRow(Table, table=True):
    """A press that dispatch keeps under another id than it came with, until our tables have it so too."""

    __tablename__ = "kept_as"

    alarm_id: UUID = Field(primary_key=True)
    came_as: UUID = Field(index=True)
    digest: str
    lane: str
    received_at: datetime = Field(sa_type=UtcDateTime)
    deadline_at: datetime = Field(sa_type=UtcDateTime)
    flags: list[str] = Field(sa_type=Json)
    notified_at: datetime = Field(sa_type=UtcDateTime)


class StageRow(Table, table=True):
    """When an incident first reached a stage of the receipt ladder."""

    __tablename__ = "stages"

    incident_id: UUID = Field(primary_key=True)
    stage: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)


class FrozenLadderRow(Table, table=True):
    """What an alarm showed a device when that asked to cancel: stage by stage, when each was reached.

    It counts for the device that raised the alarm; who that is may not be known yet.
    """

    __tablename__ = "frozen_ladders"

    alarm_id: UUID = Field(primary_key=True)
    device_id: str = Field(primary_key=True, index=True)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    stages: dict[str, str] = Field(sa_type=Json)


TABLES = frozenset(Table.metadata.tables)
