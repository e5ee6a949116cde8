"""What a decision says: why, and for a refusal what instead and the way to a review."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from services.committee.domain.application import Checked, checked


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why it was decided so. `conditions`: as the committee found them, where not as proposed."""

    reasons: str
    alternatives: tuple[str, ...] = ()
    review_way: str | None = None
    conditions: Mapping[str, Checked] = field(default_factory=dict)

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        """Read it from JSON, as it came in or was sealed."""
        return cls(
            said["reasons"],
            tuple(said.get("alternatives") or ()),
            said.get("review_way"),
            checked(said.get("conditions") or {}),
        )

    def as_json(self) -> dict[str, Any]:
        """Give it in the form that is sealed."""
        return asdict(self)
