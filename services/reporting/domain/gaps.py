"""How gaps are named, and where a message that is set aside may be a press."""

from dataclasses import dataclass

from contracts.reporting import GapKind
from contracts.topology import ALARM_RECORDER, DISPATCH_ALARMS, DISPATCH_FIXES, DISPATCH_UNVERIFIED

# A message that is set aside on its way from one of these is perhaps a press, or where the victim is now.
ALARM_PATH = frozenset({DISPATCH_ALARMS, DISPATCH_UNVERIFIED, DISPATCH_FIXES, ALARM_RECORDER})


@dataclass(frozen=True, slots=True)
class RecentGap:
    """A gap that is open, or was until a while ago."""

    number: int
    kind: GapKind
    open: bool


def gap_name(number: int) -> str:
    """Name a gap as people and machines do."""
    return f"gap-{number}"
