"""Bodies about moves to and from the chain approach."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from chassis.database.damaged_rows import RowOut
from contracts.policy import Group, Personal
from contracts.values import Incoming, see_all
from services.committee.domain.chain import Basis
from services.committee.schemas.common import In, Name, Slug, Text

REFERRAL: JsonDict = {
    "basis": "consent",
    "grounds": "she signed the form on 12 January",
    "fields": ["risk_level", "elements"],
    "side_by_side": True,
}


class ReferralIn(In):
    """Send a case to the chain approach. `side_by_side`: the alarm stays when they accept."""

    model_config = ConfigDict(json_schema_extra={"examples": [REFERRAL]})

    basis: Basis
    grounds: Text
    fields: tuple[Slug, ...] = ()
    side_by_side: bool


_MOST_FIELDS = 50
_CASE = Personal(Group.CASE)


class HandoverOut(RowOut):
    """A move; `values`: exactly what was sent."""

    id: UUID
    direction: Literal["out", "in"]
    application_id: UUID | None
    enrolment_id: UUID
    state: Literal["sending", "sent", "accepted", "declined"]
    basis: Basis
    grounds: Annotated[str, _CASE]
    fields: tuple[str, ...]
    values: Annotated[dict[str, object], _CASE]
    side_by_side: bool
    created_at: datetime
    created_by: str
    answered_at: datetime | None
    answered_by: str | None


class AnswerData(Incoming):
    """Their answer to a case of ours."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    accepted: bool
    remarks: Annotated[str, Field(max_length=8000)] | None = None


class CaseFields(Incoming):
    """What of a case they send: what a draft is made of, and whatever else they share, kept as it came."""

    model_config = ConfigDict(extra="allow")

    elements: Annotated[dict[Slug, Text], Field(max_length=20)] | None = None
    pv_numbers: Annotated[tuple[Name, ...], Field(max_length=50)] | None = None
    urgency: Text | None = None

    @model_validator(mode="after")
    def keep_few_with_names(self) -> Self:
        """Refuse (ValueError) more than fifty other fields, or one without a name that can be shown."""
        more = self.model_extra or {}
        see_all(more)
        if len(more) > _MOST_FIELDS or not all(
            re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name) for name in more
        ):
            raise ValueError("at most fifty fields, named in lower case")
        return self


class CaseData(Incoming):
    """A case of theirs."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    enrolment_id: UUID
    basis: Basis
    grounds: Text
    side_by_side: bool = True
    fields: CaseFields


class Answered(BaseModel):
    """Webhook: they said yes or no."""

    type: Literal["referral.answered"]
    data: AnswerData


class Referred(BaseModel):
    """Webhook: they send a case."""

    type: Literal["case.referred"]
    data: CaseData


ChainMessage = Annotated[Answered | Referred, Field(discriminator="type")]
