"""Tables of the committee. Columns of type `bytes` are sealed (chassis.vault)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from chassis.columns import Json, UtcDateTime


class ProtocolRow(SQLModel, table=True):
    """One version of a protocol; a version is never changed, only followed by another."""

    __tablename__ = "protocol"
    __table_args__ = (Index("protocol_one_in_force", "id", unique=True, postgresql_where=text("in_force")),)

    id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    in_force: bool
    content: dict[str, Any] = Field(sa_type=Json)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str


class ApplicationRow(SQLModel, table=True):
    """An application for an alarm; `sealed` holds PV numbers and the grounds of the three elements."""

    __tablename__ = "application"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    state: str = Field(default="draft", index=True)
    enrolment_id: UUID | None = Field(default=None, index=True)
    protocol_id: UUID | None = None
    protocol_version: int | None = None
    procedure: str | None = None
    proposer: str | None = None
    zone_id: str | None = None
    sealed: bytes
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    created_by: str
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DecisionRow(SQLModel, table=True):
    """The committee's decision; `sealed` holds reasons, alternatives and the way to a review."""

    __tablename__ = "decision"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    application_id: UUID = Field(foreign_key="application.id", unique=True)
    outcome: str
    protocol_id: UUID
    protocol_version: int
    sealed: bytes
    decided_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str
    review_on: date | None = None
    ends_on: date | None = None


class ReviewRow(SQLModel, table=True):
    """A moment at which people look whether the conditions still hold. It never switches anything off."""

    __tablename__ = "review"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(index=True)
    cause: str
    # The incident or the decision that asked for it: a copy of the event asks for nothing new.
    cause_id: UUID
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    state: str = "open"
    created_at: datetime = Field(sa_type=UtcDateTime)

    __table_args__ = (Index("review_once", "cause", "cause_id", unique=True),)


TABLES = frozenset({"protocol", "application", "decision", "review"})
