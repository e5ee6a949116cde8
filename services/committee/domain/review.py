"""Reviews: nobody held them yet, somebody did, or nobody needs to any more."""

from enum import StrEnum


class ReviewState(StrEnum):
    """Where a review is in its life."""

    OPEN = "open"
    OVERDUE = "overdue"
    HELD = "held"
    VOID = "void"


# Somebody is still to hold it.
TO_HOLD = frozenset({ReviewState.OPEN, ReviewState.OVERDUE})
