"""Reviews: nobody held them yet, somebody did, or nobody needs to any more."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal, Self

from services.committee.domain.application import Checked, checked
from services.committee.domain.chain import Referral

Outcome = Literal["keep", "extend", "lighten", "end", "chain_approach"]


class ReviewState(StrEnum):
    """Where a review is in its life."""

    OPEN = "open"
    OVERDUE = "overdue"
    HELD = "held"
    VOID = "void"


# Somebody is still to hold it.
TO_HOLD = frozenset({ReviewState.OPEN, ReviewState.OVERDUE})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a review found, after a fresh check of the conditions.

    `ends_on` (extend), `plan` (end), `lightened` (lighten), `referral` (chain approach: the alarm stays until
    they accept).
    """

    outcome: Outcome
    reasons: str
    conditions: Mapping[str, Checked] = field(default_factory=dict)
    ends_on: date | None = None
    lightened: str | None = None
    plan: str | None = None
    referral: Referral | None = None

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Read it from JSON, as it came in or was sealed."""
        ends_on, referral = said.get("ends_on"), said.get("referral")
        return cls(
            said["outcome"],
            said["reasons"],
            checked(said.get("conditions") or {}),
            date.fromisoformat(ends_on) if ends_on else None,
            said.get("lightened"),
            said.get("plan"),
            Referral(**{**referral, "fields": tuple(referral["fields"])}) if referral else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Give it in the form that is sealed."""
        return {**asdict(self), "ends_on": self.ends_on.isoformat() if self.ends_on else None}
