"""Bodies about protocols."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from chassis.database.damaged_rows import RowOut
from contracts.common import Language
from contracts.values import Day
from services.committee.domain.application import Procedure
from services.committee.schemas.common import In, Name, Slug, Text
from services.committee.schemas.member import MemberIn

PROTOCOL: JsonDict = {
    "name": "Protocol stalkingalarm Gent",
    "district": "Gent",
    "zones": ["z1"],
    "language": "nl",
    "partners": [
        {"id": "police", "role": "files applications, answers alarms", "member": True},
        {"id": "parket", "role": "public prosecutor", "member": True},
        {"id": "city", "role": "chairs the committee", "member": True},
        {"id": "victim-support", "role": "proposes and follows up", "member": True},
    ],
    "proposers": ["police", "victim-support"],
    "procedures": ["ordinary", "urgent"],
    "conditions": [
        {"id": "intimate", "text": "the stalker is a former partner"},
        {"id": "reachable", "text": "the victim carries a charged telephone"},
    ],
    "quorum": ["police", "parket"],
    "purpose": "to decide who gets a stalkingalarm, for how long (art. 458ter of the criminal code)",
    "modalities": "what is said in the meeting stays there; partners share what this protocol lists",
    "delays": {"decision_days": 14, "decision_counts": "calendar"},
    "shared_fields": {"ketenaanpak": ["risk_level", "elements"]},
}


class PartnerIn(In):
    """A participating partner. `member`: it sits on the committee; `name`: as people know it."""

    id: Slug
    name: Name | None = None
    role: Name
    member: bool


class ConditionIn(In):
    """A condition for an alarm, checked one by one. `id` stays when the wording changes."""

    id: Slug
    text: Text


class DelaysIn(In):
    """How long people may take; `decision_counts` says whether its days are those of the calendar."""

    provisional_hours: int = Field(default=4, ge=1, le=48)
    ratification_days: int = Field(default=7, ge=1, le=31)
    decision_days: int = Field(default=14, ge=1, le=92)
    decision_counts: Literal["calendar", "working"] = "calendar"
    review_months: int = Field(default=3, ge=1, le=12)
    end_months: int = Field(default=6, ge=1, le=24)
    review_after_alarm_hours: int = Field(default=72, ge=1, le=336)
    installation_hours: int = Field(default=24, ge=1, le=168)
    installation_days: int = Field(default=7, ge=1, le=31)


class ProtocolText(In):
    """What a protocol says to all of its readers."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROTOCOL]})

    name: Name
    district: Name
    zones: Annotated[tuple[Name, ...], Field(min_length=1, max_length=500)]
    language: Language = "nl"
    partners: Annotated[tuple[PartnerIn, ...], Field(min_length=2, max_length=50)]
    proposers: Annotated[tuple[Slug, ...], Field(min_length=1)]
    procedures: Annotated[tuple[Procedure, ...], Field(min_length=1)]
    conditions: tuple[ConditionIn, ...] = ()
    quorum: tuple[Slug, ...] = ("police", "parket")
    purpose: Text
    modalities: Text
    delays: DelaysIn = DelaysIn()
    # Which fields of a case may be sent to whom.
    shared_fields: dict[Slug, tuple[Slug, ...]] = Field(default_factory=dict)

    @field_validator("partners", "conditions")
    @classmethod
    def refuse_twice(cls, given: tuple[PartnerIn | ConditionIn, ...]) -> tuple[PartnerIn | ConditionIn, ...]:
        """Refuse (ValueError) two of one name: they would be one to every reader."""
        names = [each.id for each in given]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"named twice: {', '.join(twice)}"
            raise ValueError(message)
        return given


class ProtocolIn(ProtocolText):
    """The same, with who sits on the committee: members who need no invitation. Told to its own people only."""

    members: Annotated[tuple[MemberIn, ...], Field(max_length=200)] = ()


class SignatureIn(In):
    """From which day it binds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"in_force_from": "2027-01-15"}]})

    in_force_from: Day


class ProtocolOut(RowOut):
    """One version."""

    id: UUID
    version: int
    state: Literal["draft", "submitted", "sent_back", "approved", "signed", "in_force", "superseded"]
    in_force_from: date | None
    recorded_at: datetime
    recorded_by: str
    content: ProtocolText


class HistoryOut(RowOut):
    """One line of what happened; `details` where it was said openly."""

    what: str
    at: datetime
    by: str
    partner: str | None
    details: dict[str, object]
