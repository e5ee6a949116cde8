"""What a decision says: why, and for a refusal what instead and the way to a review."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pydantic import TypeAdapter

from services.committee.domain.application import Checked


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why it was decided so. `conditions`: as the committee found them, where not as proposed."""

    reasons: str
    alternatives: tuple[str, ...] = ()
    review_way: str | None = None
    conditions: Mapping[str, Checked] = field(default_factory=dict)

    @staticmethod
    def read(content: object) -> "Grounds":
        """Read it from JSON, as it came in or was encrypted; raises `ValidationError`."""
        return _GROUNDS.validate_python(content)

    def as_json(self) -> dict[str, object]:
        """Give it in the form that is encrypted."""
        return asdict(self)


_GROUNDS = TypeAdapter(Grounds)
