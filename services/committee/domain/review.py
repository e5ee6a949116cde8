"""Reviews: nobody held them yet, somebody did, or nobody needs to any more."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import TypeAdapter

from services.committee.domain.application import Checked
from services.committee.domain.chain import Referral
from services.committee.errors import ReviewMoveRefused

ReviewMove = Literal["miss", "hold", "void"]
Outcome = Literal["keep", "extend", "lighten", "end", "chain_approach"]


class ReviewState(StrEnum):
    """Where a review is in its life."""

    OPEN = "open"
    OVERDUE = "overdue"
    HELD = "held"
    VOID = "void"


REVIEW_TABLE: Mapping[tuple[ReviewState, ReviewMove], ReviewState] = {
    (ReviewState.OPEN, "miss"): ReviewState.OVERDUE,
    (ReviewState.OPEN, "hold"): ReviewState.HELD,
    (ReviewState.OPEN, "void"): ReviewState.VOID,
    (ReviewState.OVERDUE, "hold"): ReviewState.HELD,
    (ReviewState.OVERDUE, "void"): ReviewState.VOID,
}
# Somebody is still to hold it.
TO_HOLD = frozenset(state for state, move in REVIEW_TABLE if move == "hold")
# It passes its moment while nobody held it.
TO_MISS = frozenset(state for state, move in REVIEW_TABLE if move == "miss")


def review_moved(state: ReviewState, move: ReviewMove) -> ReviewState:
    """Return the state after a move; raises `ReviewMoveRefused`."""
    after = REVIEW_TABLE.get((state, move))
    if after is None:
        raise ReviewMoveRefused(f"this review is {state}")
    return after


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

    @staticmethod
    def read(content: object) -> "Finding":
        """Read it from JSON, as it came in or was encrypted; raises `ValidationError`."""
        return _FINDING.validate_python(content)

    def as_json(self) -> dict[str, object]:
        """Give it in the form that is encrypted."""
        return {**asdict(self), "ends_on": self.ends_on.isoformat() if self.ends_on else None}


_FINDING = TypeAdapter(Finding)
