"""The daily report of an enrolment, made of the facts of its day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from pydantic import TypeAdapter

from services.reporting.domain.days import day_bounds
from services.reporting.domain.facts import CONTACT, OF_THE_FILE, Fact, FactKind
from services.reporting.domain.ledger_lines import LedgerLine
from services.reporting.domain.report_document import Battery, Change, DailyReport, ReportPress, ReportTest
from services.reporting.domain.stages import outcome_of

_LEVELS = TypeAdapter(list[int])


def changes(values: Iterable[tuple[datetime, object]], what: str) -> list[Change]:
    """List where a value changed along time; unknown values are passed over."""
    found: list[Change] = []
    last: object = None
    for at, value in sorted((pair for pair in values if pair[1] is not None), key=lambda pair: pair[0]):
        if last is not None and value != last:
            found.append(Change(what=what, at=at, before=last, after=value))
        last = value
    return found


def daily_report(
    enrolment_id: UUID,
    day: date,
    facts: Sequence[Fact],
    before: Fact | None,
    contact: Fact | None,
    incidents: Mapping[str, LedgerLine],
) -> DailyReport:
    """Make what the follow-up needs of one local day; never a location.

    `before`: the last heartbeat before the day; `contact`: the last sign of life before it; `incidents`:
    lines of the ledger by alarm id. Raises `ValidationError` for a fact that is not what its kind promises.
    """
    first, after = day_bounds(day)
    heartbeats = [fact for fact in facts if fact["kind"] == FactKind.HEARTBEAT]
    routed = {fact["data"]["test_id"] for fact in facts if fact["kind"] == FactKind.TEST_ROUTED}
    contacts = [fact for fact in facts if fact["kind"] in CONTACT] or ([contact] if contact else [])
    watched = ([before] if before else []) + heartbeats
    return DailyReport(
        enrolment_id=enrolment_id,
        day=day,
        first=first,
        after=after,
        hours=round((after - first).total_seconds() / 3600),
        nothing_received=not any(fact["kind"] in CONTACT for fact in facts),
        last_contact_at=max((fact["at"] for fact in contacts), default=None),
        presses=[_press_line(f, incidents) for f in facts if f["kind"] == FactKind.PRESS],
        tests=[
            ReportTest.model_validate({**f["data"], "at": f["at"], "arrived": f["data"]["test_id"] in routed})
            for f in facts
            if f["kind"] == FactKind.TEST
        ],
        heartbeats=len(heartbeats),
        phone_battery=_battery(heartbeats, "phone_battery"),
        button_battery=_battery(heartbeats, "button_battery"),
        bluetooth=changes(((f["at"], f["data"].get("bluetooth")) for f in watched), "bluetooth"),
        changes=[
            change
            for what in ("location_permission", "app_version")
            for change in changes(((f["at"], f["data"].get(what)) for f in watched), what)
        ],
        attentions=[{"at": f["at"], **f["data"]} for f in facts if f["kind"] == FactKind.ATTENTION],
        file=[{"what": f["kind"], "at": f["at"], **f["data"]} for f in facts if f["kind"] in OF_THE_FILE],
    )


def _press_line(fact: Fact, incidents: Mapping[str, LedgerLine]) -> ReportPress:
    line = incidents.get(str(fact["data"]["alarm_id"]))
    found: dict[str, object] = {"incident_id": None, "outcome": "no incident yet"}
    if line is not None and line["incident_id"] is not None:
        found = {"incident_id": line["incident_id"], "outcome": outcome_of(line)}
    return ReportPress.model_validate({**fact["data"], "at": fact["at"], **found})


def _battery(heartbeats: Sequence[Fact], name: str) -> Battery | None:
    found = [heartbeat["data"][name] for heartbeat in heartbeats if heartbeat["data"].get(name) is not None]
    levels = _LEVELS.validate_python(found)
    return Battery(lowest=min(levels), last=levels[-1]) if levels else None


def alarm_of(fact: Fact) -> str | None:
    """Give the alarm that a fact is about, if it can be read."""
    try:
        return str(UUID(str(fact["data"]["alarm_id"]))) if fact["kind"] == FactKind.PRESS else None
    except (KeyError, TypeError, ValueError):
        return None
