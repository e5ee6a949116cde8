"""Tables of the registry. Columns of type `bytes` are sealed (chassis.vault)."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from chassis.columns import UtcDateTime


class EnrolmentRow(SQLModel, table=True):
    """The file of one victim at its managing zone."""

    __tablename__ = "enrolment_file"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    managing_zone_id: str = Field(index=True)
    status: str = "open"
    # Card and codes together, as they are published.
    card: bytes | None = None
    card_version: int = 0
    pv_number: bytes | None = None
    convention_signed_on: date | None = None
    convention_by: bytes | None = None
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    created_by: str
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeviceRow(SQLModel, table=True):
    """A button and a phone that were issued to a victim; kept after a swap."""

    __tablename__ = "issued_device"
    __table_args__ = (
        # An old button is refused for a new file until it has been handed in.
        Index(
            "issued_device_button", "button_serial", unique=True, postgresql_where=text("status <> 'returned'")
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(foreign_key="enrolment_file.id", index=True)
    public_key: str = Field(unique=True)
    button_serial: str
    phone_number: bytes
    status: str = "matched"
    version: int = 1
    # Of the last test press that came through since the device was issued or taken back into use.
    tested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    usable_since: datetime = Field(sa_type=UtcDateTime)
    issued_at: datetime = Field(sa_type=UtcDateTime)
    issued_by: str


class GrantRow(SQLModel, table=True):
    """What the committee decided on one application; `to_end`: it granted once, and now wants it ended."""

    __tablename__ = "received_decision"

    application_id: UUID = Field(primary_key=True)
    enrolment_id: UUID = Field(index=True)
    granted: bool
    to_end: bool = False
    decided_at: datetime = Field(sa_type=UtcDateTime)
    ends_on: date | None = None


TABLES = frozenset({"enrolment_file", "issued_device", "received_decision"})
