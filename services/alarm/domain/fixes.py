"""Which fixes may be plotted."""

from contracts.common import Fix


def checked_fix(fix: Fix | None) -> tuple[Fix | None, tuple[str, ...]]:
    """Give the fix if it may be plotted, else None with the flag that says why."""
    if fix is None:
        return None, ()
    if abs(fix.lat) > 90 or abs(fix.lon) > 180:
        return None, ("fix_invalid",)
    if abs(fix.lat) < 0.01 and abs(fix.lon) < 0.01:
        return None, ("null_island",)
    return fix, ()
