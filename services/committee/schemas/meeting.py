"""Bodies about meetings and reviews."""

from datetime import datetime
from typing import Literal, Self, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from chassis.database.damaged_rows import RowOut
from contracts.committee import ReviewCause
from contracts.common import Language
from contracts.values import Day
from services.committee.schemas.chain import ReferralIn
from services.committee.schemas.common import CheckedIn, In, Moment, Slug, Text

T = TypeVar("T")

MEETING: JsonDict = {
    "protocol_id": "5e4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f10",
    "starts_at": "2027-01-20T13:00:00Z",
    "language": "nl",
}


class MeetingIn(In):
    """A meeting to come."""

    model_config = ConfigDict(json_schema_extra={"examples": [MEETING]})

    protocol_id: UUID
    starts_at: Moment
    language: Language = "nl"


class AgendaIn(In):
    """One of both: an application to decide upon, or a review to hold."""

    application_id: UUID | None = None
    review_id: UUID | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Refuse (ValueError) unless exactly one is named."""
        if (self.application_id is None) == (self.review_id is None):
            raise ValueError("name an application or a review")
        return self


class AttendanceIn(In):
    """Which member comes in, or goes: one of the list, never a typed name."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"member_id": "1b4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f42"}]}
    )

    member_id: UUID


class AttendanceOut(RowOut):
    """Who was there, from when, and until when.

    `confirmed_at`: when the member confirmed it; None: there on the word of `recorded_by`, to be confirmed by
    `confirm_by`. `member_id` None: typed before members were data, and counts for nothing.
    """

    member_id: UUID | None
    subject: str
    partner: str
    name: str
    arrived_at: datetime
    left_at: datetime | None
    recorded_by: str | None
    confirmed_at: datetime | None
    confirm_by: datetime | None


class AgendaOut(RowOut):
    """A point, and who is there for it (account to partner).

    `present` confirmed it themselves, `awaited` did not yet, `excluded` do not count. `missing`: partners
    without whom it cannot be decided; `waits_for`: those without whose confirmation no decision takes effect.
    State `waiting`: decided, and waits for that.
    """

    id: UUID
    position: int
    application_id: UUID | None
    review_id: UUID | None
    state: Literal["open", "waiting", "decided", "adjourned"]
    present: dict[str, str]
    awaited: dict[str, str]
    excluded: dict[str, str]
    missing: tuple[str, ...]
    waits_for: tuple[str, ...]


class MeetingOut(RowOut):
    """A meeting with its attendance and agenda."""

    id: UUID
    protocol_id: UUID
    starts_at: datetime
    state: Literal["planned", "open", "closed"]
    language: Language
    opened_at: datetime | None
    closed_at: datetime | None
    attendance: tuple[AttendanceOut, ...]
    agenda: tuple[AgendaOut, ...]


class MeetingSummary(RowOut):
    """One line of the list."""

    id: UUID
    protocol_id: UUID
    starts_at: datetime
    state: Literal["planned", "open", "closed"]


_NEEDS = (("extend", "ends_on"), ("lighten", "lightened"), ("end", "plan"), ("chain_approach", "referral"))


class ReviewIn(In):
    """What becomes of the alarm, with the conditions checked anew where it stays."""

    model_config = ConfigDict(
        validate_default=True,
        json_schema_extra={
            "examples": [
                {
                    "meeting_id": "9a4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f99",
                    "outcome": "keep",
                    "reasons": "he still waits at the school",
                    "conditions": {"intimate": {"met": True}, "reachable": {"met": True}},
                }
            ]
        },
    )

    meeting_id: UUID
    outcome: Literal["keep", "extend", "lighten", "end", "chain_approach"]
    reasons: Text
    conditions: dict[Slug, CheckedIn] = Field(default_factory=dict)
    ends_on: Day | None = None
    lightened: Text | None = None
    plan: Text | None = None
    referral: ReferralIn | None = None

    @field_validator(*(name for _, name in _NEEDS))
    @classmethod
    def say_what_the_outcome_needs(cls, value: T, info: ValidationInfo) -> T:
        """Refuse, at its field, an outcome without what it needs, and what belongs to another outcome."""
        # An outcome that is none has a problem of its own.
        if outcome := info.data.get("outcome"):
            belongs = next(each for each, name in _NEEDS if name == info.field_name)
            if (outcome == belongs) != (value is not None):
                raise PydanticCustomError(
                    "outcome_needs",
                    "belongs to {outcome}, which cannot do without it",
                    {"outcome": belongs},
                )
        return value


class ReviewOut(RowOut):
    """A moment at which the committee looks again."""

    id: UUID
    enrolment_id: UUID
    application_id: UUID | None
    cause: ReviewCause
    due_at: datetime
    state: Literal["open", "overdue", "held", "void"]
    outcome: Literal["keep", "extend", "lighten", "end", "chain_approach"] | None
    held_at: datetime | None
