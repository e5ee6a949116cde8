"""Tables of the committee. Columns of type `bytes` are encrypted (chassis.security.vault)."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, MetaData, text
from sqlmodel import Field, SQLModel

from chassis.database.columns import Json, UtcDateTime
from services.committee.domain.application import State
from services.committee.domain.deadlines import DeadlineState
from services.committee.domain.meeting import MeetingState, PendingState, PointState
from services.committee.domain.protocol import ProtocolContent, VersionState, readable
from services.committee.domain.review import ReviewState


class Table(SQLModel):
    """The base of this service's tables: its own metadata, apart from every other service's."""

    metadata = MetaData()


class ProtocolRow(Table, table=True):
    """One version of a protocol; once signed it is never changed, only followed by another."""

    __tablename__ = "protocols"
    __table_args__ = (
        Index("protocols_one_in_force", "id", unique=True, postgresql_where=text("state = 'in_force'")),
        Index(
            "protocols_one_under_way",
            "id",
            unique=True,
            postgresql_where=text("state NOT IN ('in_force', 'superseded')"),
        ),
    )

    id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    state: str = VersionState.DRAFT.value
    content: ProtocolContent = Field(sa_type=Json)
    in_force_from: date | None = None
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str

    @property
    def readable_content(self) -> ProtocolContent:
        """Give its content to be shown; what binds is read from `content`, or not at all."""
        return readable(self.content)


class ApplicationRow(Table, table=True):
    """An application for an alarm; `encrypted` holds what it says but for ids."""

    __tablename__ = "applications"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    state: str = Field(default=State.DRAFT.value, index=True)
    enrolment_id: UUID | None = Field(default=None, index=True)
    # None with a state after `draft`: an exceptional case outside any protocol.
    protocol_id: UUID | None = None
    protocol_version: int | None = None
    procedure: str | None = None
    proposer: str | None = None
    zone_id: str | None = None
    language: str = "nl"
    encrypted: bytes
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    created_by: str
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    submitted_by: str | None = None
    # Rises with every change, under the lock: what was last is not told by clocks.
    number: int = 0
    # Who took what is reviewed (subjects): they do not count until it is decided anew.
    reviewed_from: list[str] = Field(default_factory=list, sa_type=Json)


class DecisionRow(Table, table=True):
    """A decision on an application; `encrypted` holds reasons, alternatives and the way to a review.

    `kind`: `provisional` (the magistrate on duty), `draft` (awaits the procureur-generaal) or `final`.
    `present` and `excluded`: who counted at the moment of the decision and who did not (subject to partner).
    """

    __tablename__ = "decisions"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    application_id: UUID = Field(foreign_key="applications.id")
    number: int
    kind: str
    outcome: str
    protocol_id: UUID | None = None
    protocol_version: int | None = None
    meeting_id: UUID | None = Field(default=None, foreign_key="meetings.id")
    present: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    excluded: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    encrypted: bytes
    decided_at: datetime = Field(sa_type=UtcDateTime)
    decided_by: str
    approved_by: str | None = None
    review_on: date | None = None
    ends_on: date | None = None

    __table_args__ = (
        Index("decisions_number", "application_id", "number", unique=True),
        ForeignKeyConstraint(("protocol_id", "protocol_version"), ("protocols.id", "protocols.version")),
    )


class ReviewRow(Table, table=True):
    """A moment at which people look whether the conditions still hold. It never switches anything off."""

    __tablename__ = "reviews"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    enrolment_id: UUID = Field(index=True)
    # None for an enrolment whose application is not the committee's (imported from an older list).
    application_id: UUID | None = Field(default=None, foreign_key="applications.id", index=True)
    cause: str
    # The incident or the decision that asked for it: a copy of the event asks for nothing new.
    cause_id: UUID
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    state: str = ReviewState.OPEN.value
    outcome: str | None = None
    meeting_id: UUID | None = Field(default=None, foreign_key="meetings.id")
    present: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    excluded: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    encrypted: bytes | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    held_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    held_by: str | None = None

    __table_args__ = (Index("reviews_once", "cause", "cause_id", unique=True),)


class OpinionRow(Table, table=True):
    """What one partner thinks of an application; `encrypted` holds what it shares and what it keeps back."""

    __tablename__ = "opinions"

    application_id: UUID = Field(foreign_key="applications.id", primary_key=True)
    partner: str = Field(primary_key=True)
    zone_id: str = Field(default="", primary_key=True)
    advice: str
    encrypted: bytes
    given_at: datetime = Field(sa_type=UtcDateTime)
    given_by: str


class ConflictRow(Table, table=True):
    """A person with a conflict, until it is withdrawn: sees nothing of the case, counts for nothing."""

    __tablename__ = "conflicts"

    application_id: UUID = Field(foreign_key="applications.id", primary_key=True)
    subject: str = Field(primary_key=True)
    # The subject as it is compared (chassis/security/accounts.py).
    person: str | None = Field(default=None, index=True)
    encrypted: bytes
    declared_at: datetime = Field(sa_type=UtcDateTime)
    declared_by: str
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    withdrawn_by: str | None = None


class MeetingRow(Table, table=True):
    """One meeting of the committee."""

    __tablename__ = "meetings"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    protocol_id: UUID = Field(index=True)
    protocol_version: int
    starts_at: datetime = Field(sa_type=UtcDateTime, index=True)
    state: str = MeetingState.PLANNED.value
    language: str = "nl"
    created_by: str
    opened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MemberRow(Table, table=True):
    """Who may sit on the committee of a protocol, for which partner; `encrypted` holds the name.

    It counts for nothing until the account itself confirmed, with a token of that partner. Of who stands in the
    protocol `confirmed_at` is when that came into force.
    """

    __tablename__ = "members"
    __table_args__ = (
        Index(
            "members_once",
            *("protocol_id", "person"),
            unique=True,
            postgresql_where=text(
                "ended_at IS NULL AND (protocol_version IS NULL OR confirmed_at IS NOT NULL)"
            ),
        ),
        Index("members_of_version", "protocol_id", "protocol_version"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    protocol_id: UUID
    # Who stands in a version of the protocol itself: a member from the day on which that is in force.
    protocol_version: int | None = None
    # The subject of the person's tokens, as it is compared (chassis/security/accounts.py).
    person: str = Field(index=True)
    partner: str
    role: str
    valid_from: date
    valid_until: date | None = None
    encrypted: bytes
    invited_at: datetime = Field(sa_type=UtcDateTime)
    invited_by: str
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = None


class AttendanceRow(Table, table=True):
    """Who was there, for which partner; `encrypted` holds the name that stands in the minutes.

    `subject`: the member, as accounts are compared. Without a member it was typed, by a process from before,
    and counts for nothing.
    """

    __tablename__ = "attendances"

    meeting_id: UUID = Field(foreign_key="meetings.id", primary_key=True)
    subject: str = Field(primary_key=True)
    partner: str
    encrypted: bytes
    # One row a stay: who goes and comes back was not there in between.
    arrived_at: datetime = Field(sa_type=UtcDateTime, primary_key=True)
    left_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    member_id: UUID | None = Field(default=None, foreign_key="members.id")
    recorded_by: str | None = None
    # By the member, at their own desk: until then they are there on somebody else's word.
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirm_by: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PendingDecisionRow(Table, table=True):
    """What a meeting decided on somebody's word that others are there: it waits until they confirm it.

    `there`: who was there and could count (person to partner). `recorder`: the claims of who recorded it;
    `encrypted`: what was said.
    """

    __tablename__ = "waiting_decisions"
    __table_args__ = (
        Index("waiting_decisions_once", "item_id", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meeting_id: UUID = Field(foreign_key="meetings.id", index=True)
    item_id: UUID = Field(foreign_key="agenda_items.id")
    application_id: UUID | None = Field(default=None, foreign_key="applications.id")
    review_id: UUID | None = Field(default=None, foreign_key="reviews.id")
    act: str
    there: dict[str, str] = Field(sa_type=Json)
    recorder: dict[str, str | None] = Field(sa_type=Json)
    encrypted: bytes
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    recorded_by: str
    # waiting, effective, or lapsed: it could not be done any more when they confirmed.
    state: str = PendingState.WAITING.value
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RegistryConflictRow(Table, table=True):
    """A conflict that was declared at the registry: of a person to a victim, whatever the application."""

    __tablename__ = "registry_conflicts"

    enrolment_id: UUID = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    # As in `conflict`.
    person: str | None = Field(default=None, index=True)
    declared_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class KnownEnrolmentRow(Table, table=True):
    """What the registry last said of a file: a read model, older news is ignored."""

    __tablename__ = "known_enrolments"

    id: UUID = Field(primary_key=True)
    status: str
    managing_zone_id: str | None = None
    changed_at: datetime = Field(sa_type=UtcDateTime)


class AgendaRow(Table, table=True):
    """One point of a meeting: an application, or a review of it."""

    __tablename__ = "agenda_items"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    meeting_id: UUID = Field(foreign_key="meetings.id", index=True)
    position: int
    application_id: UUID | None = Field(default=None, foreign_key="applications.id", index=True)
    review_id: UUID | None = Field(default=None, foreign_key="reviews.id")
    enrolment_id: UUID | None = None
    state: str = PointState.OPEN.value

    __table_args__ = (
        Index(
            "agenda_items_once", "meeting_id", "application_id", "review_id", unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip


class HandoverRow(Table, table=True):
    """A case on its way to the chain approach (`out`) or back (`in`); `encrypted`: legal basis, what was sent.

    `fields`: the names of exactly what was sent.
    """

    __tablename__ = "handovers"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    direction: str
    # None: a case that comes in and was not accepted yet.
    application_id: UUID | None = Field(default=None, foreign_key="applications.id", index=True)
    enrolment_id: UUID = Field(index=True)
    state: str
    basis: str
    fields: list[str] = Field(default_factory=list, sa_type=Json)
    side_by_side: bool = False
    # By the committee, in a review: nobody else gives an alarm up.
    decided: bool = False
    encrypted: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_by: str | None = None


class DeadlineRow(Table, table=True):
    """Something that people must have done at a moment. `stage`: the last that was reached."""

    __tablename__ = "deadlines"
    __table_args__ = (
        Index(
            "deadlines_open_once", "kind", "subject_id", unique=True, postgresql_where=text("state = 'open'")
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    # The application or the review that waits.
    subject_id: UUID = Field(index=True)
    application_id: UUID | None = Field(default=None, index=True)
    enrolment_id: UUID
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    state: str = DeadlineState.OPEN.value
    stage: str | None = None
    reminder_step: int = 0
    set_at: datetime = Field(sa_type=UtcDateTime)
    met_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class HistoryRow(Table, table=True):
    """One line of what happened to a protocol, an application or a meeting, in order of `id`."""

    __tablename__ = "history"

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    subject_id: UUID = Field(index=True)
    what: str
    at: datetime = Field(sa_type=UtcDateTime)
    by: str
    partner: str | None = None
    encrypted: bytes | None = None


TABLES = frozenset(Table.metadata.tables)
