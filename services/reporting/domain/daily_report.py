"""The daily report of an enrolment, made of the facts of its day."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.reporting.domain.days import day_bounds
from services.reporting.domain.facts import CONTACT, OF_THE_FILE, FactKind
from services.reporting.domain.rows import Row
from services.reporting.domain.stages import outcome_of


def changes(values: Iterable[tuple[datetime, Any]], what: str) -> list[Row]:
    """List where a value changed along time; unknown values are passed over."""
    found: list[Row] = []
    last: Any = None
    for at, value in sorted((pair for pair in values if pair[1] is not None), key=lambda pair: pair[0]):
        if last is not None and value != last:
            found.append({"what": what, "at": at, "before": last, "after": value})
        last = value
    return found


def daily_report(
    enrolment_id: UUID,
    day: date,
    facts: list[Row],
    before: Row | None,
    contact: Row | None,
    incidents: dict[str, Row],
) -> Row:
    """Make what the follow-up needs of one local day; never a location.

    `before`: the last heartbeat before the day; `contact`: the last sign of life before it; `incidents`:
    lines of the ledger by alarm id.
    """
    first, after = day_bounds(day)
    beats = [fact for fact in facts if fact["kind"] == FactKind.HEARTBEAT]
    routed = {fact["data"]["test_id"] for fact in facts if fact["kind"] == FactKind.TEST_ROUTED}
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
        "presses": [_press_line(f, incidents) for f in facts if f["kind"] == FactKind.PRESS],
        "tests": [
            {"test_id": f["data"]["test_id"], "at": f["at"], "arrived": f["data"]["test_id"] in routed}
            for f in facts
            if f["kind"] == FactKind.TEST
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
        "attentions": [{"at": f["at"], **f["data"]} for f in facts if f["kind"] == FactKind.ATTENTION],
        "file": [{"what": f["kind"], "at": f["at"], **f["data"]} for f in facts if f["kind"] in OF_THE_FILE],
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
    """Give the alarm that a fact is about, if it can be read."""
    try:
        return str(UUID(str(fact["data"]["alarm_id"]))) if fact["kind"] == FactKind.PRESS else None
    except (KeyError, TypeError, ValueError):
        return None
