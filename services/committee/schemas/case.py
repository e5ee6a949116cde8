"""Bodies about applications and decisions."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chassis.database.damaged_rows import RowOut
from contracts.committee import DeadlineKind
from contracts.policy import Group, Personal
from contracts.registry import EnrolmentStatus, Language
from services.committee.domain.application import Level, Procedure
from services.committee.schemas.common import ApplicationState, In, Name, Slug, Text

APPLICATION: dict[str, Any] = {
    "enrolment_id": "0d4cb4d2-0f3e-4c11-8c86-3f1c3cf24d8a",
    "protocol_id": "5e4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f10",
    "procedure": "ordinary",
    "proposer": "police",
    "zone_id": "z1",
    "language": "nl",
    "pv_numbers": ["GE.37.L1.012345/2026"],
    "elements": {
        "harassment": "41 calls in a week after a no-contact order",
        "serious_disturbance": "she moved twice and does not go out alone",
        "knew_or_should_have_known": "he was told so in writing on 3 March",
    },
    "conditions": {
        "intimate": {"met": True, "grounds": "lived together until January"},
        "reachable": {"met": True},
    },
    "assessment": {
        "instrument": "SAM",
        "version": "2.1",
        "answers": {"N1": "yes", "P4": "possible"},
        "level": "high",
    },
}
GRANT: dict[str, Any] = {
    "meeting_id": "9a4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f99",
    "reasons": "all three elements are shown",
}
REFUSAL: dict[str, Any] = {
    "reasons": "the second element is not shown",
    "alternatives": ["chain approach", "no-contact order"],
    "review_way": "ask the secretariat for a review by other members within 30 days",
}


# Police number and risk form; who may know only the essence learns the level, and what was decided and why.
_CASE, _ESSENCE = Personal(Group.CASE), Personal(Group.CASE, essence=True)
_NOTES = Personal(Group.NOTES)


class ElementsIn(In):
    """Grounds of each element of art. 442bis."""

    harassment: Text | None = None
    serious_disturbance: Text | None = None
    knew_or_should_have_known: Text | None = None


class CheckedIn(In):
    """Whether a condition is met."""

    met: bool
    grounds: Annotated[str, Field(max_length=8000)] = ""


class AssessmentIn(In):
    """A risk assessment, perhaps not finished."""

    instrument: Name | None = None
    version: Name | None = None
    answers: dict[Name, Text] | None = None
    level: Level | None = None


class AssessmentWhole(In):
    """A finished risk assessment. `meeting_id`: where the committee sits that lowers the level."""

    model_config = ConfigDict(json_schema_extra={"examples": [APPLICATION["assessment"]]})

    instrument: Name
    version: Name
    answers: Annotated[dict[Name, Text], Field(min_length=1)]
    level: Level
    meeting_id: UUID | None = None


class ApplicationIn(In):
    """A draft; all may come later, but must be there to submit. `exceptional`: why without a protocol."""

    model_config = ConfigDict(json_schema_extra={"examples": [APPLICATION]})

    enrolment_id: UUID | None = None
    protocol_id: UUID | None = None
    procedure: Procedure | None = None
    proposer: Name | None = None
    # Of the victim's residence; that of the token, where it names one.
    zone_id: Name | None = None
    language: Language | None = None
    exceptional: Text | None = None
    urgency: Text | None = None
    pv_numbers: tuple[Name, ...] | None = None
    elements: ElementsIn = ElementsIn()
    # None takes a condition back.
    conditions: dict[Slug, CheckedIn | None] = Field(default_factory=dict)
    assessment: AssessmentIn = AssessmentIn()


class ProvisionalGrantIn(In):
    """Why the magistrate on duty grants it now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reasons": "he was seen at her door with a knife"}]}
    )

    reasons: Text


class GrantIn(In):
    """Why the alarm is granted. `conditions`: as the committee found them, where not as proposed."""

    model_config = ConfigDict(json_schema_extra={"examples": [GRANT]})

    meeting_id: UUID
    reasons: Text
    conditions: dict[Slug, CheckedIn] = Field(default_factory=dict)


class RefusalIn(In):
    """Why not, what instead, and how to have it looked at again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"meeting_id": GRANT["meeting_id"], **REFUSAL}]})

    meeting_id: UUID
    reasons: Text
    alternatives: Annotated[tuple[Text, ...], Field(min_length=1)]
    review_way: Text


class DraftDecisionIn(In):
    """The draft of a decision outside any protocol, for the procureur-generaal."""

    model_config = ConfigDict(validate_default=True)

    meeting_id: UUID
    outcome: Literal["grant", "refuse"]
    reasons: Text
    alternatives: tuple[Text, ...] = ()
    review_way: Text | None = None

    @field_validator("alternatives", "review_way")
    @classmethod
    def refuse_with_a_way_on(cls, said: Any, info: ValidationInfo) -> Any:
        """Refuses, at its field, a refusal that names no other way to help, or none to a review."""
        if info.data.get("outcome") == "refuse" and not said:
            raise PydanticCustomError("missing", "a refusal cannot do without it")
        return said


class ReviewRequestIn(In):
    """Why a refusal should be looked at again."""

    grounds: Text


class OpinionIn(In):
    """What a partner thinks. `shared` the others read; `kept` only the partner itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"advice": "grant", "shared": "we see the same pattern", "kept": "in therapy"}]
        }
    )

    advice: Literal["grant", "refuse", "abstain"]
    shared: Text | None = None
    kept: Text | None = None


class OpinionOut(RowOut):
    """A partner's opinion (`own`: the caller's); `kept` is None for all others."""

    partner: str
    own: bool
    advice: Literal["grant", "refuse", "abstain"]
    shared: Annotated[str | None, _NOTES]
    kept: Annotated[str | None, _NOTES]
    given_at: datetime
    given_by: str


class ConflictIn(In):
    """A tie to a party. `subject`: whose; the caller's own unless the secretariat says otherwise."""

    subject: Name | None = None
    reason: Text


class ConflictWithdrawalIn(In):
    """Whose tie was declared wrongly, and why that is known."""

    subject: Name
    reason: Text


class ConflictOut(RowOut):
    """A tie that was declared in a case. `own`: by the person; `withdrawn_at`: it no longer counts."""

    subject: str
    reason: str
    own: bool
    declared_at: datetime
    declared_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class DecisionOut(RowOut):
    """A decision; `protocol_version` is the one that the application was submitted under."""

    id: UUID
    number: int
    kind: Literal["provisional", "draft", "final"]
    outcome: Literal["granted", "refused"]
    protocol_id: UUID | None
    protocol_version: int | None
    meeting_id: UUID | None
    present: dict[str, str]
    excluded: dict[str, str]
    reasons: Annotated[str, _ESSENCE]
    alternatives: Annotated[tuple[str, ...], _ESSENCE] = ()
    review_way: Annotated[str | None, _ESSENCE] = None
    decided_at: datetime
    decided_by: str
    approved_by: str | None
    review_on: date | None = None
    ends_on: date | None = None


class AssessmentOut(BaseModel):
    """The risk as it stands."""

    instrument: Annotated[str | None, _ESSENCE]
    version: Annotated[str | None, _ESSENCE]
    answers: Annotated[dict[str, str] | None, _CASE]
    level: Annotated[Level | None, _ESSENCE]


class ApplicationOut(RowOut):
    """An application with all that was recorded; `missing` names what submitting still needs.

    `enrolment_status`: how the registry's file stands; None where it has told of no such file: an application
    may come before it, or its number is wrong. `decision`: the last one.
    """

    id: UUID
    state: ApplicationState
    enrolment_id: UUID | None
    enrolment_status: EnrolmentStatus | None
    protocol_id: UUID | None
    protocol_version: int | None
    procedure: Procedure | None
    proposer: str | None
    zone_id: str | None
    language: Language
    exceptional: Annotated[str, _CASE]
    urgency: Annotated[str, _CASE]
    pv_numbers: Annotated[tuple[str, ...], _CASE]
    elements: Annotated[dict[str, str], _CASE]
    conditions: Annotated[dict[str, CheckedIn], _CASE]
    assessment: AssessmentOut
    missing: tuple[str, ...]
    # Fields that the caller may not know (contracts/policy.py).
    withheld: tuple[str, ...] = ()
    created_at: datetime
    created_by: str
    submitted_at: datetime | None
    submitted_by: str | None
    decision: DecisionOut | None
    decisions: tuple[DecisionOut, ...]
    # Decided in a meeting, and not in effect until members confirm that they were there.
    decision_waits: bool


class ApplicationSummary(RowOut):
    """One line of the list: nothing sealed."""

    id: UUID
    state: ApplicationState
    enrolment_id: UUID | None
    procedure: Procedure | None
    proposer: str | None
    zone_id: str | None
    created_at: datetime
    submitted_at: datetime | None


class DeadlineOut(RowOut):
    """Something that people must have done. `loudness`: 0 in time, then one more each day."""

    id: UUID
    kind: DeadlineKind
    subject_id: UUID
    application_id: UUID | None
    enrolment_id: UUID
    due_at: datetime
    state: Literal["open", "met"]
    stage: Literal["first", "last", "missed"] | None
    loudness: int
    met_at: datetime | None
