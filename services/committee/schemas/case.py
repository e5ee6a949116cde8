"""Bodies about applications."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database.damaged_rows import RowOut
from contracts.committee import DeadlineKind
from contracts.common import Language
from contracts.policy import Group, Personal
from contracts.registry import EnrolmentStatus
from services.committee.domain.application import Level, Procedure
from services.committee.schemas.common import ESSENCE, ApplicationState, CheckedIn, In, Name, Slug, Text
from services.committee.schemas.decision import DecisionOut

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


# Police number and risk form.
_CASE = Personal(Group.CASE)


class ElementsIn(In):
    """Grounds of each element of art. 442bis."""

    harassment: Text | None = None
    serious_disturbance: Text | None = None
    knew_or_should_have_known: Text | None = None


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


class AssessmentOut(BaseModel):
    """The risk as it stands."""

    instrument: Annotated[str | None, ESSENCE]
    version: Annotated[str | None, ESSENCE]
    answers: Annotated[dict[str, str] | None, _CASE]
    level: Annotated[Level | None, ESSENCE]


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
    """One line of the list: nothing encrypted."""

    id: UUID
    state: ApplicationState
    enrolment_id: UUID | None
    procedure: Procedure | None
    proposer: str | None
    zone_id: str | None
    created_at: datetime
    submitted_at: datetime | None


class DeadlineOut(RowOut):
    """Something that people must have done. `reminder_step`: 0 in time, then one more each day."""

    id: UUID
    kind: DeadlineKind
    subject_id: UUID
    application_id: UUID | None
    enrolment_id: UUID
    due_at: datetime
    state: Literal["open", "met"]
    stage: Literal["first", "last", "missed"] | None
    reminder_step: int
    met_at: datetime | None
