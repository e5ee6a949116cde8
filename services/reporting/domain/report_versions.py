"""What two versions of a report say differently."""

from dataclasses import dataclass

# What tells two lines of a list apart, whatever else of them changed.
_NAMES = ("alarm_id", "test_id", "what", "kind", "at")


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two reports differ, and what stands there in each; None: nothing."""

    what: str
    before: object
    after: object


def differences(before: object, after: object, where: str = "") -> list[Difference]:
    """Say what is not the same in two reports: where, what was there before and what is there now."""
    if isinstance(before, list) and isinstance(after, list):
        before, after = _named(before), _named(after)
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            found
            for key in sorted({*before, *after})
            for found in differences(before.get(key), after.get(key), f"{where}.{key}".lstrip("."))
        ]
    return [] if before == after else [Difference(where, before, after)]


def _named(lines: list[object]) -> dict[str, object]:
    """Index the lines of a list by what names them; those of one name by their number."""
    found: dict[str, object] = {}
    for line in lines:
        names = [str(line[name]) for name in _NAMES if isinstance(line, dict) and line.get(name) is not None]
        key = names[0] if isinstance(line, dict) and line.keys() & {"alarm_id", "test_id"} else " ".join(names)
        while key in found:
            key += "'"
        found[key] = line
    return found
