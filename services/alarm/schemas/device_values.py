"""Read ids and fixes as devices send them; what cannot be read is left out, or flagged."""

from uuid import UUID

from contracts.common import Fix
from contracts.values import read_moment, read_number, read_text
from services.alarm.domain.fixes import checked_fix

_MAX_ID = 100
# Two hours at 10 s, and more than a body of this service holds.
_MOST_FIXES = 1000
# Beyond any place and any accuracy on Earth, in degrees and in metres.
_FAR = 1e9


def read_fix(value: object) -> tuple[Fix | None, tuple[str, ...]]:
    """Read a fix and the flags of what is wrong with it; without a place it is None.

    Without a time that can be trusted its age is unknown; phones say by an accuracy below zero that it is.
    """
    if value is None:
        return None, ()
    fields = value if isinstance(value, dict) else {}
    lat, lon, radius_m = (read_number(fields.get(name), -_FAR, _FAR) for name in ("lat", "lon", "radius_m"))
    if lat is None or lon is None:
        return None, ("fix_invalid",)
    at = read_moment(fields.get("at"))
    radius = radius_m if radius_m is not None and radius_m >= 0 else None
    fix, flags = checked_fix(Fix(lat=lat, lon=lon, radius_m=radius, at=at))
    if fix is None:
        return None, flags
    values = {"radius_m": radius_m, "at": at}
    if any(read is None and fields.get(name) is not None for name, read in values.items()):
        flags = (*flags, "fix_invalid")
    return fix, flags if at else (*flags, "fix_time_unknown")


def read_fixes(value: object) -> tuple[Fix, ...]:
    """Read the fixes of a message, without those that have no place; of too many the last."""
    values = value if isinstance(value, list) else [value]
    return tuple(fix for fix, _ in map(read_fix, values[-_MOST_FIXES:]) if fix is not None)


def read_device(value: object) -> object:
    """Read the id of a device as the registry gives them out; another value stays as it is."""
    return read_id(value) or value


def read_id(value: object) -> str | None:
    """Read a device id as text that any database takes; None where there is none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_MAX_ID:
        value = str(value)
    text = read_text(value, _MAX_ID)
    if text is None:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        return text
