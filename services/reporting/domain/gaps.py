"""How gaps are named, and where a message that is set aside may be a press."""

from contracts.topology import ALARM_RECORDER, DISPATCH_ALARMS, DISPATCH_FIXES, DISPATCH_UNVERIFIED

# How a gap is called wherever people or machines name it.
GAP_NAME = "gap-{}"
# A message that is set aside on its way from one of these is perhaps a press, or where the victim is now.
ALARM_PATH = frozenset({DISPATCH_ALARMS, DISPATCH_UNVERIFIED, DISPATCH_FIXES, ALARM_RECORDER})
