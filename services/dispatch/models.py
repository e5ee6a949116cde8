"""Tables of dispatch."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, MetaData, text
from sqlmodel import Field, SQLModel

from chassis.database.columns import Json, UtcDateTime
from contracts.conflicts import NEVER, REGISTRY


class Table(SQLModel):
    """The base of this service's tables: its own metadata, apart from every other service's."""

    metadata = MetaData()


class MapRow(Table, table=True):
    """The zones in force, as imported GeoJSON; the newest row counts."""

    __tablename__ = "maps"

    id: int | None = Field(default=None, primary_key=True)
    geojson: dict[str, object] = Field(sa_type=Json)
    imported_at: datetime = Field(sa_type=UtcDateTime)
    imported_by: str


class PublishedZonesRow(Table, table=True):
    """The zones that others were told of last, by id and name; one row."""

    __tablename__ = "published_zones"

    id: int = Field(default=1, primary_key=True)
    number: int = 0
    zones: list[dict[str, str]] = Field(sa_type=Json)


class ControlRoomRow(Table, table=True):
    """How one control room wants its alarms; names and seat come with the map."""

    __tablename__ = "control_rooms"

    id: str = Field(primary_key=True)
    policy: str = "proposed"
    amqp: bool = False
    webhook_url: str | None = None
    webhook_secret: bytes | None = None
    webhook_delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    announced: bool = False


class WebhookProposalRow(Table, table=True):
    """Another webhook for a control room, or none (`url` None): one person proposes it, another confirms."""

    __tablename__ = "webhook_proposals"

    control_room_id: str = Field(primary_key=True)
    id: UUID
    url: str | None = None
    secret: bytes | None = None
    proposed_by: str
    proposed_at: datetime = Field(sa_type=UtcDateTime)


class UnitRow(Table, table=True):
    """A patrol. `order_id` is set while it has a live order: the one claim that two workers cannot share."""

    __tablename__ = "units"

    id: str = Field(primary_key=True)
    callsign: str
    zone_id: str
    control_room_id: str = Field(index=True)
    # The room it works for meanwhile; the room to which it was offered, as "loan" or "transfer".
    lent_to: str | None = None
    offered_to: str | None = None
    offered_as: str | None = None
    lat: float | None = None
    lon: float | None = None
    available: bool = True
    # The last sign of life: a position, a report, its terminal connected, or its room said that it is there.
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    order_id: UUID | None = None
    changed_at: datetime = Field(sa_type=UtcDateTime, index=True)


class DeviceRow(Table, table=True):
    """Read model of registry: whose device it is."""

    __tablename__ = "devices"

    id: UUID = Field(primary_key=True)
    enrolment_id: UUID = Field(index=True)
    # What its presses are signed with; None for one that was told of before keys were kept here.
    public_key: str | None = None
    status: str
    version: int


class EnrolmentRow(Table, table=True):
    """Read model of registry: the managing zone, used only while there is no location."""

    __tablename__ = "enrolments"

    id: UUID = Field(primary_key=True)
    managing_zone_id: str
    status: str
    changed_at: datetime = Field(sa_type=UtcDateTime)


class CardRow(Table, table=True):
    """An intervention card with its two codes, encrypted; opened only for an open incident."""

    __tablename__ = "cards"

    enrolment_id: UUID = Field(primary_key=True)
    version: int
    encrypted: bytes | None = None
    # Withdrawn while an alarm was open: whoever goes there needs it, until the last one is closed.
    withdrawn: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})


class PhotoRow(Table, table=True):
    """A photo of a card, encrypted; the card says whether it still counts."""

    __tablename__ = "photos"

    id: UUID = Field(primary_key=True)
    enrolment_id: UUID = Field(index=True)
    # The first card that names it.
    card_version: int = 0
    encrypted: bytes


class ConflictRow(Table, table=True):
    """What was said of a conflict of interest: by whom (`source`), and whether it was withdrawn since.

    `subject`: the account as it is compared (chassis/security/accounts.py); `spelt`: as their own tokens say
    it, or as somebody typed it. `source`: the application at the committee, or `REGISTRY`.
    """

    __tablename__ = "conflicts"

    enrolment_id: UUID = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    source: UUID = Field(default=REGISTRY, primary_key=True)
    spelt: str | None = None
    declared_at: datetime = Field(default=NEVER, sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OnDutyRow(Table, table=True):
    """Who watches the alarms of a control room, and when their screen was last seen (UTC).

    `subject`: the account as it is compared.
    """

    __tablename__ = "on_duty"

    control_room_id: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class PerpetratorRow(Table, table=True):
    """Which enrolments share a perpetrator, by the registry's pseudonym."""

    __tablename__ = "perpetrators"

    enrolment_id: UUID = Field(primary_key=True)
    ref: UUID = Field(primary_key=True, index=True)


class IncidentRow(Table, table=True):
    """One incident: opened by a press, joined by further presses of its subject, closed by people."""

    __tablename__ = "incidents"
    __table_args__ = (
        # The rule "one open incident a subject", kept by the database.
        Index("incidents_one_open", "subject", unique=True, postgresql_where=text("state = 'open'")),
        Index("incidents_open_by_room", "control_room_id", postgresql_where=text("state = 'open'")),
        Index(
            "incidents_unverified",
            "device_id",
            postgresql_where=text("state = 'open' AND lane = 'unverified'"),
        ),
    )

    id: UUID = Field(primary_key=True)
    subject: str
    device_id: str
    enrolment_id: UUID | None = Field(default=None, index=True)
    lane: str
    # Of an unverified press: a pseudonym of where it came from, until it is closed; whether the device
    # that it names is one of a victim.
    source: str | None = None
    known_device: bool = False
    control_room_id: str
    # Further control rooms that see it: across a border, where it moved, who took over the escalation.
    also_control_room_ids: list[str] = Field(sa_type=Json, default_factory=list)
    zone_id: str | None = None
    border_zones: list[str] = Field(sa_type=Json, default_factory=list)
    basis: str
    flags: list[str] = Field(sa_type=Json, default_factory=list)
    urgency: int
    presses: int = 1
    state: str = "open"
    raised_at: datetime = Field(sa_type=UtcDateTime, index=True)
    deadline_at: datetime = Field(sa_type=UtcDateTime)
    routed_at: datetime = Field(sa_type=UtcDateTime)
    last_press_at: datetime = Field(sa_type=UtcDateTime)
    displayed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_by: str | None = None
    escalation: str | None = None
    # The last fix, encrypted; erased when the incident is closed.
    fix: bytes | None = None
    fix_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Where an unverified one was opened, encrypted; erased when it is verified or closed.
    first_fix: bytes | None = None
    cancel: str | None = None
    # Cancel requests whose code was neither of the two.
    wrong_codes: int = 0
    outcome: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: str | None = None
    # Why a supervisor closed it, encrypted; `reason` is how it was kept before.
    encrypted_reason: bytes | None = None
    reason: str | None = None
    traceparent: str | None = None
    revision: int = 1
    changed_at: datetime = Field(sa_type=UtcDateTime, index=True)


class PressRow(Table, table=True):
    """Which incident each press became part of: exactly one.

    `copy_key`: see `copies.key_of`; `proof`: what its device signed, encrypted, until it can be judged.
    """

    __tablename__ = "presses"
    __table_args__ = (
        Index("presses_copies", "copy_key"),
        Index("presses_waiting", "device_id", postgresql_where=text("proof IS NOT NULL")),
    )

    alarm_id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(index=True)
    device_id: str
    counter: int | None = Field(default=None, sa_type=BigInteger)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)
    routed_at: datetime = Field(sa_type=UtcDateTime)
    copy_key: str | None = None
    proof: bytes | None = None
    # The highest sequence of a fix that came for it.
    fix_sequence: int | None = Field(default=None, sa_type=BigInteger)


class OrderRow(Table, table=True):
    """One unit ordered (or proposed) to one incident."""

    __tablename__ = "orders"
    # Proposals are looked at every second: see `stale_proposals`.
    __table_args__ = (Index("orders_proposed", "unit_id", postgresql_where=text("state = 'proposed'")),)

    id: UUID = Field(primary_key=True)
    incident_id: UUID = Field(index=True)
    unit_id: str
    control_room_id: str
    state: str
    automatic: bool = False
    distance_m: float | None = None
    # What the distance is measured from (routing.SearchBasis); None in orders from before.
    search_basis: str | None = None
    # An operator heard the crew say so.
    by_radio: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    acknowledged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    en_route_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    on_scene_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # In words of ours; what a crew wrote is in `said`, encrypted.
    reason: str | None = None
    encrypted_reason: bytes | None = None


TABLES = frozenset(Table.metadata.tables)
