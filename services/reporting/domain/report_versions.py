"""What two versions of a report say differently."""

from typing import Any

from services.reporting.domain.rows import Row

# What tells two lines of a list apart, whatever else of them changed.
_NAMES = ("alarm_id", "test_id", "what", "kind", "at")


def differences(before: Any, after: Any, where: str = "") -> list[Row]:
    """Say what is not the same in two reports: where, what was there before and what is there now."""
    if isinstance(before, list) and isinstance(after, list):
        before, after = _named(before), _named(after)
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            found
            for key in sorted({*before, *after})
            for found in differences(before.get(key), after.get(key), f"{where}.{key}".lstrip("."))
        ]
    return [] if before == after else [{"what": where, "before": before, "after": after}]


def _named(lines: list[Any]) -> dict[str, Any]:
    """Index the lines of a list by what names them; those of one name by their number."""
    found: dict[str, Any] = {}
    for line in lines:
        names = [str(line[name]) for name in _NAMES if isinstance(line, dict) and line.get(name) is not None]
        key = names[0] if names[:1] and ("alarm_id" in line or "test_id" in line) else " ".join(names)
        while key in found:
            key += "'"
        found[key] = line
    return found
