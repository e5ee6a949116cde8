"""Bodies about decisions: by the magistrate, by the committee, outside a protocol."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from chassis.database.damaged_rows import RowOut
from services.committee.schemas.common import ESSENCE, CheckedIn, In, Slug, Text

T = TypeVar("T")

GRANT: JsonDict = {
    "meeting_id": "9a4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f99",
    "reasons": "all three elements are shown",
}
REFUSAL: dict[str, Any] = {
    "reasons": "the second element is not shown",
    "alternatives": ["chain approach", "no-contact order"],
    "review_way": "ask the secretariat for a review by other members within 30 days",
}


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
    def refuse_with_a_way_on(cls, value: T, info: ValidationInfo) -> T:
        """Refuse, at its field, a refusal that names no other way to help, or no way to a review."""
        if info.data.get("outcome") == "refuse" and not value:
            raise PydanticCustomError("missing", "a refusal cannot do without it")
        return value


class ReconsiderationIn(In):
    """Why a refusal should be looked at again."""

    grounds: Text


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
    reasons: Annotated[str, ESSENCE]
    alternatives: Annotated[tuple[str, ...], ESSENCE] = ()
    review_way: Annotated[str | None, ESSENCE] = None
    decided_at: datetime
    decided_by: str
    approved_by: str | None
    review_on: date | None = None
    ends_on: date | None = None
