"""Which alarm comes first on a screen."""

from contracts.common import Lane
from services.dispatch.domain.cancellation import Cancel

# What makes an alarm urgent. Whatever comes to it, one that nobody verified stays below every verified one;
# and of further presses so many count that they do not reach duress.
URGENCY_OF_LANE: dict[Lane, int] = {"verified": 100, "unverified": 0}
URGENCY_OF_DURESS = 50
# Above all that is unverified for good, which is never under duress: nobody knows whose code it would be.
URGENCY_OF_PENDING = 50
RE_PRESSES_THAT_COUNT = 40


def urgency_of(lane: Lane, presses: int, cancel: Cancel | None, *, pending: bool = False) -> int:
    """Order alarms on screen: higher first. Verified before unverified, then duress, then further presses.

    `pending`: unverified for want of the registry's word only.
    """
    duress = URGENCY_OF_DURESS if cancel == "duress" else 0
    waiting = URGENCY_OF_PENDING if pending else 0
    return URGENCY_OF_LANE[lane] + waiting + duress + min(presses - 1, RE_PRESSES_THAT_COUNT)
