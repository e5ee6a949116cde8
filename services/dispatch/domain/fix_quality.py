"""How far a fix can be trusted."""

from dataclasses import dataclass
from enum import StrEnum


class Quality(StrEnum):
    """How far a fix can be trusted, at a glance."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """Largest age (seconds) and 95 % radius (metres) of a green and of an amber fix."""

    green_age_s: float = 30.0
    green_radius_m: float = 50.0
    amber_age_s: float = 120.0
    amber_radius_m: float = 500.0


DEFAULT_LIMITS = QualityLimits()


def quality(age_s: float | None, radius_m: float | None, limits: QualityLimits = DEFAULT_LIMITS) -> Quality:
    """Rate a fix green, amber or red. Unknown is red; a fix from the future is as old as it is early."""
    if age_s is None or radius_m is None or radius_m < 0:
        return Quality.RED
    if abs(age_s) <= limits.green_age_s and radius_m <= limits.green_radius_m:
        return Quality.GREEN
    if abs(age_s) <= limits.amber_age_s and radius_m <= limits.amber_radius_m:
        return Quality.AMBER
    return Quality.RED
