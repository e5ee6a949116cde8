"""When a device was where it says."""

from datetime import datetime, timedelta

from contracts.common import Fix


def fix_time(fix: Fix, received_at: datetime) -> datetime:
    """Say when the device was there (UTC).

    A clock that runs ahead would hide every later place: when it came.
    """
    return min(fix.at or received_at, received_at)


def measured_at(fix: Fix, fix_at: datetime, skew_s: float) -> datetime | None:
    """Say when the place was measured (UTC), as far as that is known.

    None without a time, or where the device's clock is over `skew_s` seconds ahead of `fix_at` (`fix_time`).
    """
    if fix.at is None or fix.at - fix_at > timedelta(seconds=skew_s):
        return None
    return fix_at
