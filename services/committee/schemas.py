"""Bodies of the committee's HTTP API."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# The urgent procedure (magistrate, ratification) has states of its own and comes with them.
Procedure = Literal["ordinary"]

PROTOCOL: dict[str, Any] = {
    "name": "Protocol stalkingalarm Gent",
    "district": "Gent",
    "procedures": ["ordinary"],
    "proposers": ["police", "victim-support"],
    "conditions": ["stalking in the sense of art. 442bis", "a police report"],
    "signed_by": "procureur des Konings",
    "signed_on": "2026-01-15",
}
APPLICATION: dict[str, Any] = {
    "enrolment_id": "0d4cb4d2-0f3e-4c11-8c86-3f1c3cf24d8a",
    "protocol_id": "5e4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f10",
    "procedure": "ordinary",
    "proposer": "police",
    "pv_numbers": ["GE.37.L1.012345/2026"],
    "elements": {
        "harassment": "41 calls in a week after a no-contact order",
        "serious_disturbance": "she moved twice and does not go out alone",
        "knew_or_should_have_known": "he was told so in writing on 3 March",
    },
}
REFUSAL: dict[str, Any] = {
    "reasons": "the second element is not shown",
    "alternatives": ["chain approach", "no-contact order"],
    "review_way": "a new application, or in writing to the public prosecutor within 30 days",
}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProtocolIn(_In):
    """A protocol as the partners signed it."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROTOCOL]})

    name: Name
    district: Name
    procedures: Annotated[tuple[Procedure, ...], Field(min_length=1)] = ("ordinary",)
    proposers: Annotated[tuple[Name, ...], Field(min_length=1)]
    conditions: tuple[Text, ...] = ()
    signed_by: Name
    signed_on: date


class ProtocolOut(ProtocolIn):
    """The version in force."""

    id: UUID
    version: int


class ElementsIn(_In):
    """Grounds of each element of art. 442bis."""

    harassment: Text | None = None
    serious_disturbance: Text | None = None
    knew_or_should_have_known: Text | None = None


class ApplicationIn(_In):
    """A draft; everything may come later, but must be there to submit."""

    model_config = ConfigDict(json_schema_extra={"examples": [APPLICATION]})

    enrolment_id: UUID | None = None
    protocol_id: UUID | None = None
    procedure: Procedure | None = None
    proposer: Name | None = None
    pv_numbers: tuple[Name, ...] | None = None
    elements: ElementsIn = ElementsIn()


class GrantIn(_In):
    """Why the alarm is granted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reasons": "all three elements are shown"}]})

    reasons: Text


class RefusalIn(_In):
    """Why not, what instead, and how to have it looked at again."""

    model_config = ConfigDict(json_schema_extra={"examples": [REFUSAL]})

    reasons: Text
    alternatives: Annotated[tuple[Text, ...], Field(min_length=1)]
    review_way: Text


class DecisionOut(BaseModel):
    """A decision; `protocol_version` is the one that the application was submitted under."""

    id: UUID
    outcome: Literal["granted", "refused"]
    protocol_id: UUID
    protocol_version: int
    reasons: str
    alternatives: tuple[str, ...] = ()
    review_way: str | None = None
    decided_at: datetime
    review_on: date | None = None
    ends_on: date | None = None


class ApplicationOut(BaseModel):
    """An application with all that was recorded; `missing` names what submitting still needs."""

    id: UUID
    state: Literal["draft", "submitted", "granted", "refused"]
    enrolment_id: UUID | None
    protocol_id: UUID | None
    protocol_version: int | None
    procedure: str | None
    proposer: str | None
    pv_numbers: tuple[str, ...]
    elements: dict[str, str]
    missing: tuple[str, ...]
    created_at: datetime
    submitted_at: datetime | None
    decision: DecisionOut | None


class ApplicationSummary(BaseModel):
    """One line of the list: nothing sealed."""

    id: UUID
    state: str
    enrolment_id: UUID | None
    proposer: str | None
    created_at: datetime
    submitted_at: datetime | None


class ReviewOut(BaseModel):
    """A moment at which the committee looks again."""

    id: UUID
    enrolment_id: UUID
    cause: Literal["periodic", "end", "real_alarm"]
    due_at: datetime
    state: Literal["open", "overdue"]
