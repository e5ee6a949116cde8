"""How much each run does of what takes long: examples of properties, languages of pages."""

import os
from typing import TypeVar

from hypothesis import settings

BEFORE_A_RELEASE = "before a release"

T = TypeVar("T")


def examples(all_of_them: int) -> int:
    """Give `all_of_them` before a release, a third of them in each run, or what EXAMPLES says.

    Each run draws others: three runs see what one did.
    """
    if said := os.environ.get("EXAMPLES"):
        return int(said)
    return all_of_them if _whole() else -(-all_of_them // 3)


def languages(*cases: T) -> tuple[T, ...]:
    """Give every language in which a page is walked through before a release, the first one in each run."""
    return cases if _whole() else cases[:1]


def _whole() -> bool:
    return settings.get_current_profile_name() == BEFORE_A_RELEASE
