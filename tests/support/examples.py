"""How many examples long properties get."""

import os

from hypothesis import settings

BEFORE_A_RELEASE = "before a release"


def examples(all_of_them: int) -> int:
    """Give `all_of_them` before a release, a third of them in each run, or what EXAMPLES says.

    Each run draws others: three runs see what one did.
    """
    if said := os.environ.get("EXAMPLES"):
        return int(said)
    whole = settings.get_current_profile_name() == BEFORE_A_RELEASE
    return all_of_them if whole else -(-all_of_them // 3)
