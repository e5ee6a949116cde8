"""Local days, what events add to the ledger, and the gaps it may show. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.common import BELGIUM
from contracts.topology import ALARM_RECORDER, DISPATCH_ALARMS, DISPATCH_FIXES, DISPATCH_UNVERIFIED

# Stages of an order in the order in which they come; the ledger keeps when each was first reached.
ORDER_STATES = (
    "proposed", "sent", "received", "acknowledged", "en_route", "on_scene", "closed", "declined", "withdrawn",
)  # fmt: skip

# Stages of a press, as summaries and people name them; each is milliseconds after `received_at`.
STAGES = (
    "stored", "routed", "displayed", "acknowledged", "sent", "received", "unit_acknowledged", "en_route",
    "on_scene", "closed",
)  # fmt: skip


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First moment of a local day and of the next, UTC: 23, 24 or 25 hours apart."""
    first = datetime(day.year, day.month, day.day, tzinfo=BELGIUM)
    after = day + timedelta(days=1)
    return first.astimezone(UTC), datetime(after.year, after.month, after.day, tzinfo=BELGIUM).astimezone(UTC)


def local_time(day: date, hour: int) -> datetime:
    """A full hour of a local day, UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=BELGIUM).astimezone(UTC)


Row = dict[str, Any]

# How a gap is called wherever people or machines name it.
GAP_NAME = "gap-{}"
# A message that is set aside on its way from one of these is perhaps a press, or where the victim is now.
ALARM_PATH = frozenset({DISPATCH_ALARMS, DISPATCH_UNVERIFIED, DISPATCH_FIXES, ALARM_RECORDER})


@dataclass(slots=True)
class Entries:
    """What one batch of events adds to the books, one row per key.

    Every merge is commutative, associative and idempotent (earliest time, least value, union), here and in
    the SQL, so that events may come in any order, twice and late: the ledger is the same.
    """

    presses: dict[UUID, Row] = field(default_factory=dict)
    incidents: dict[UUID, Row] = field(default_factory=dict)
    orders: dict[UUID, Row] = field(default_factory=dict)
    escalations: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    control_rooms: dict[str, Row] = field(default_factory=dict)
    facts: dict[str, Row] = field(default_factory=dict)
    devices: dict[UUID, Row] = field(default_factory=dict)
    enrolments: dict[UUID, Row] = field(default_factory=dict)
    # Who has a tie to a party by whom (the last declaration and withdrawal of each), and whose case it is.
    ties: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    proposers: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    sealed: list[Row] = field(default_factory=list)
    parked: dict[UUID, Row] = field(default_factory=dict)
    # Kind, key and detail of what a person must look at.
    points: list[tuple[str, str, Row]] = field(default_factory=list)


def least(rows: dict[Any, Row], key: Any, **values: Any) -> Row:
    """Merge values into the row of `key`: the least of both, lists united, None is no value."""
    row = rows.setdefault(key, {})
    for name, value in values.items():
        old = row.get(name)
        if isinstance(value, list):
            row[name] = sorted({*(old or []), *value})
        elif old is None or value is None:
            row[name] = value if old is None else old
        else:
            row[name] = min(old, value)
    return row


def newest(rows: dict[Any, Row], key: Any, by: str, **values: Any) -> None:
    """Keep the values whose `by` is highest."""
    if key not in rows or rows[key][by] < values[by]:
        rows[key] = values


def outcome_of(incident: Row) -> str:
    """How an incident stands: its outcome, or the open state it has reached."""
    if incident["closed_at"]:
        return str(incident["outcome"])
    for stage in ("on_scene", "en_route", "unit_acknowledged", "unit_received", "sent", "acknowledged"):
        if incident.get(f"{stage}_at"):
            return f"open: {stage}"
    return "open"


def changes(values: Iterable[tuple[datetime, Any]], what: str) -> list[Row]:
    """Where a value changed along time; unknown values are passed over."""
    found: list[Row] = []
    last: Any = None
    for at, value in sorted((pair for pair in values if pair[1] is not None), key=lambda pair: pair[0]):
        if last is not None and value != last:
            found.append({"what": what, "at": at, "before": last, "after": value})
        last = value
    return found


# Kinds of facts by which a device shows that it lives.
CONTACT = ("heartbeat", "press", "test")


def daily_report(
    enrolment_id: UUID,
    day: date,
    facts: list[Row],
    before: Row | None,
    contact: Row | None,
    incidents: dict[str, Row],
) -> Row:
    """What the follow-up needs of one local day; never a location.

    `before`: the last heartbeat before the day; `contact`: the last sign of life before it; `incidents`:
    lines of the ledger by alarm id.
    """
    first, after = day_bounds(day)
    beats = [fact for fact in facts if fact["kind"] == "heartbeat"]
    routed = {fact["data"]["test_id"] for fact in facts if fact["kind"] == "test_routed"}
    contacts = [fact for fact in facts if fact["kind"] in CONTACT] or ([contact] if contact else [])
    watched = ([before] if before else []) + beats
    return {
        "enrolment_id": enrolment_id,
        "day": day,
        "first": first,
        "after": after,
        "hours": round((after - first).total_seconds() / 3600),
        "nothing_received": not any(fact["kind"] in CONTACT for fact in facts),
        "last_contact_at": max((fact["at"] for fact in contacts), default=None),
        "presses": [_press_line(f, incidents) for f in facts if f["kind"] == "press"],
        "tests": [
            {"test_id": f["data"]["test_id"], "at": f["at"], "arrived": f["data"]["test_id"] in routed}
            for f in facts
            if f["kind"] == "test"
        ],
        "heartbeats": len(beats),
        "phone_battery": _battery(beats, "phone_battery"),
        "button_battery": _battery(beats, "button_battery"),
        "bluetooth": changes(((f["at"], f["data"].get("bluetooth")) for f in watched), "bluetooth"),
        "changes": [
            change
            for what in ("location_permission", "app_version")
            for change in changes(((f["at"], f["data"].get(what)) for f in watched), what)
        ],
        "attentions": [{"at": f["at"], **f["data"]} for f in facts if f["kind"] == "attention"],
        "file": [
            {"what": f["kind"], "at": f["at"], **f["data"]}
            for f in facts
            if f["kind"] in ("enrolment", "device", "applied", "granted_provisionally", "granted", "refused")
        ],
    }


def _press_line(fact: Row, incidents: dict[str, Row]) -> Row:
    line = incidents.get(fact["data"]["alarm_id"])
    known = line is not None and line["incident_id"] is not None
    return {
        **fact["data"],
        "at": fact["at"],
        "incident_id": line["incident_id"] if line and known else None,
        "outcome": outcome_of(line) if line and known else "no incident yet",
    }


def _battery(beats: list[Row], name: str) -> Row | None:
    levels = [beat["data"][name] for beat in beats if beat["data"].get(name) is not None]
    return {"lowest": min(levels), "last": levels[-1]} if levels else None


def alarm_of(fact: Row) -> str | None:
    """The alarm that a fact is about, if it can be read."""
    try:
        return str(UUID(str(fact["data"]["alarm_id"]))) if fact["kind"] == "press" else None
    except (KeyError, TypeError, ValueError):
        return None


# What tells two lines of a list apart, whatever else of them changed.
_NAMES = ("alarm_id", "test_id", "what", "kind", "at")


def differences(before: Any, after: Any, where: str = "") -> list[Row]:
    """What is not the same in two reports: where, what was there before and what is there now."""
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
    """Lines of a list by what names them; those of one name by their number."""
    found: dict[str, Any] = {}
    for line in lines:
        names = [str(line[name]) for name in _NAMES if isinstance(line, dict) and line.get(name) is not None]
        key = names[0] if names[:1] and ("alarm_id" in line or "test_id" in line) else " ".join(names)
        while key in found:
            key += "'"
        found[key] = line
    return found
