"""Tables of the registry. Columns of type `bytes` are encrypted (chassis.security.vault)."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, MetaData, text
from sqlmodel import Field, SQLModel

from chassis.database.columns import Json, UtcDateTime
from contracts.conflicts import REGISTRY
from services.registry.domain.lifecycle import DeviceStatus, EnrolmentStatus
from services.registry.domain.stock import StockStatus
from services.registry.domain.transfers import TransferState


class Table(SQLModel):
    """The base of this service's tables: its own metadata, apart from every other service's."""

    metadata = MetaData()


class EnrolmentRow(Table, table=True):
    """The file of one victim at its managing zone."""

    __tablename__ = "enrolment_files"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    managing_zone_id: str = Field(index=True)
    status: str = EnrolmentStatus.OPEN.value
    # Card and codes together, as they are published.
    card: bytes | None = None
    card_version: int = 0
    # The version that search knows.
    found_version: int = 0
    pv_number: bytes | None = None
    convention_signed_on: date | None = None
    convention_by: bytes | None = None
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    created_by: str
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Why it was suspended last.
    suspended_for: bytes | None = None
    # Left alone: kept, and changed by nobody.
    restricted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Where it comes from, as a keyed digest: a list that is imported twice makes no second file.
    imported_ref: str | None = Field(default=None, unique=True)


class DeviceRow(Table, table=True):
    """A button and a phone that were issued to a victim; kept after a swap."""

    __tablename__ = "issued_devices"
    __table_args__ = (
        # An old button is refused for a new file until it has been handed in.
        Index(
            "issued_devices_button", "button_serial", unique=True, postgresql_where=text("status <> 'returned'")
        ),
        *(
            Index(
                f"issued_devices_{part}_item", f"{part}_item_id", unique=True,
                postgresql_where=text("status <> 'returned'"),
            )
            for part in ("button", "phone")
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(foreign_key="enrolment_files.id", index=True)
    public_key: str = Field(unique=True)
    button_serial: str
    phone_number: bytes
    status: str = DeviceStatus.MATCHED.value
    version: int = 1
    # Of the last test press that came through since the device was issued or taken back into use.
    tested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    usable_since: datetime = Field(sa_type=UtcDateTime)
    issued_at: datetime = Field(sa_type=UtcDateTime)
    issued_by: str
    # What of it came from the stock.
    button_item_id: UUID | None = Field(default=None, foreign_key="stock_items.id")
    phone_item_id: UUID | None = Field(default=None, foreign_key="stock_items.id")


class StockRow(Table, table=True):
    """A button or a phone of a zone. While it is part of a device, that device's status speaks for it.

    `wiped_at`: when it was last made ready for another victim.
    """

    __tablename__ = "stock_items"
    __table_args__ = (
        Index("stock_items_of_zone", "zone_id", "id"),
        Index(
            "stock_items_serial", "kind", "serial", unique=True, postgresql_where=text("status <> 'retired'")
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    zone_id: str
    kind: str
    serial: str
    status: str = StockStatus.STOCK.value
    entered_at: datetime = Field(sa_type=UtcDateTime)
    entered_by: str
    wiped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wiped_by: str | None = None


class ZonesRow(Table, table=True):
    """Read model of dispatch: the police zones in force, by id and name. One row, none before it was told."""

    __tablename__ = "zones"

    id: int = Field(default=1, primary_key=True)
    number: int
    zones: list[dict[str, str]] = Field(sa_type=Json)


class GrantRow(Table, table=True):
    """What the committee decided on one application; `to_end`: it granted once, and now wants it ended."""

    __tablename__ = "received_decisions"

    application_id: UUID = Field(primary_key=True)
    enrolment_id: UUID = Field(index=True)
    granted: bool
    to_end: bool = False
    # Which of the committee's facts about the application this is: the highest counts.
    number: int = 0
    decided_at: datetime = Field(sa_type=UtcDateTime)
    ends_on: date | None = None


class TransferRow(Table, table=True):
    """A file that is offered to another zone; `encrypted` holds why, and why not."""

    __tablename__ = "transfers"
    __table_args__ = (
        Index("transfers_one_open", "enrolment_id", unique=True, postgresql_where=text("state = 'offered'")),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(foreign_key="enrolment_files.id", index=True)
    from_zone_id: str = Field(index=True)
    to_zone_id: str = Field(index=True)
    state: str = TransferState.OFFERED.value
    encrypted: bytes
    offered_at: datetime = Field(sa_type=UtcDateTime)
    offered_by: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_by: str | None = None


class ReminderRow(Table, table=True):
    """Something about a file that its managing zone must look at; one open row per file, kind and key.

    `key`: which measure, whose weapons, which transfer: a number or an id, nothing personal.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index(
            "reminders_open", "enrolment_id", "kind", "key", unique=True,
            postgresql_where=text("settled_at IS NULL"),
        ),
    )  # fmt: skip

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(index=True)
    kind: str
    key: str
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    # None until it is told for the first time.
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reminder_step: int = 0
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    settled_by: str | None = None


class FileConflictRow(Table, table=True):
    """A person with a conflict: the file does not exist for them, until whoever said so withdraws it.

    `source`: the application at the committee, or `REGISTRY`: said here; `encrypted`: why, if said here.
    """

    __tablename__ = "file_conflicts"

    enrolment_id: UUID = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    source: UUID = Field(default=REGISTRY, primary_key=True)
    encrypted: bytes | None = None
    declared_at: datetime = Field(sa_type=UtcDateTime)
    declared_by: str
    # By somebody else than the person.
    by_another: bool = False
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class BreakGlassRow(Table, table=True):
    """A file that somebody may read who else may not, for a while and with a reason (`encrypted`)."""

    __tablename__ = "break_glass"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(foreign_key="enrolment_files.id", index=True)
    subject: str
    encrypted: bytes
    opened_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime)


class FoundByRow(Table, table=True):
    """One piece of a word that a file is found by: a keyed digest. `pieces`: how many the word has."""

    __tablename__ = "search_pieces"
    __table_args__ = (Index("search_pieces_piece", "kind", "piece"),)

    enrolment_id: UUID = Field(foreign_key="enrolment_files.id", primary_key=True)
    word: int = Field(primary_key=True)
    piece: bytes = Field(primary_key=True)
    kind: str
    pieces: int


class PhotoRow(Table, table=True):
    """A photo of the card, encrypted. `shows`: None for the victim, else the pseudonym of a perpetrator."""

    __tablename__ = "photos"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(foreign_key="enrolment_files.id", index=True)
    shows: UUID | None = None
    taken_on: date
    encrypted: bytes
    added_at: datetime = Field(sa_type=UtcDateTime)
    added_by: str


TABLES = frozenset(Table.metadata.tables)
