"""What reporting does: keep the books, look for what is missing in them, make the reports."""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from chassis import clock, inbox, timers
from chassis.caller import Caller
from chassis.database import Database, Transaction
from chassis.metrics import Reading
from chassis.timers import Due
from contracts.common import local_day
from contracts.envelope import Event
from contracts.policy import Circumstances
from contracts.reporting import CanaryMissed, LedgerGapFound, ReportPublished
from contracts.telemetry import LEDGER_GAPS
from services.reporting import domain, events
from services.reporting.domain import Entries, Row
from services.reporting.errors import (
    AttentionResolved,
    AttentionUnknown,
    DayInFuture,
    EnrolmentUnknown,
    PressUnknown,
)
from services.reporting.schemas import DailyReport
from services.reporting.settings import ReportingSettings
from services.reporting.store import access, attention, gaps, ledger, reports, witness, writing

log = logging.getLogger(__name__)

DAILY_REPORTS = "daily_reports"
_CHUNK = 200


def record(tx: Transaction, queue: str, batch: Sequence[Event]) -> None:
    """Enter a batch of events of one queue into the books; copies add nothing."""
    now = clock.now()
    fresh = tx.claim(queue, [event.id for event in batch])
    entries = Entries()
    for event in batch:
        if event.id in fresh:
            fresh.remove(event.id)
            events.enter(entries, queue, event)
    writing.write(tx.session, entries, now)
    if entries.sealed:
        witness.keep(tx.session, entries.sealed)
    for kind, key, detail in entries.points:
        _attend(tx, kind, key, detail, now)


def _attend(tx: Transaction, kind: str, key: str, detail: dict[str, Any], now: datetime) -> None:
    """Open a point of attention; the log says so once, when it is durable."""
    if attention.open_(tx.session, kind, key, detail, now):
        tx.after_commit(lambda: log.error("attention: %s %s", kind, key))


def check_gaps(tx: Transaction, settings: ReportingSettings) -> int:
    """Bring the list of gaps up to date and tell of new ones; how many were new."""
    now = clock.now()
    before = now - timedelta(seconds=settings.gap_grace_s)
    new, healed = gaps.note(tx.session, before, now)
    for alarm_id, kind in new:
        tx.publish(LedgerGapFound(alarm_id=alarm_id, kind=kind, found_at=now))
        _attend(tx, "gap", f"{kind} {alarm_id}", {"kind": kind, "alarm_id": str(alarm_id)}, now)
    attention.settle(tx.session, "gap", [f"{kind} {alarm_id}" for alarm_id, kind in healed], "it healed", now)
    return len(new)


def check_canaries(tx: Transaction, settings: ReportingSettings, watching_since: datetime) -> None:
    """Tell of control rooms that no canary reached; `watching_since`: when this watch began."""
    now = clock.now()
    before = now - timedelta(seconds=settings.canary_silence_s)
    for room, since in attention.silent(tx.session, before, watching_since, now):
        silent_s = (now - since).total_seconds()
        tx.publish(CanaryMissed(control_room_id=room, silent_s=silent_s, found_at=now))
        _attend(tx, "canary", room, {"last_canary_at": since.isoformat()}, now)
    attention.settle(tx.session, "canary", attention.heard(tx.session, before), "a canary came through", now)


def canary_ages(database: Database) -> list[Reading]:
    """Seconds since the last canary, by control room."""
    with database.read() as session:
        return [(age_s, {"control_room": room}) for room, age_s in attention.canary_ages(session)]


def open_gaps(database: Database) -> list[Reading]:
    """Open gaps of the ledger, by kind."""
    with database.read() as session:
        found = dict(gaps.open_by_kind(session))
    return [(found.get(kind, 0), {"kind": kind}) for kind in LEDGER_GAPS.attributes["kind"]]


def note_depths(tx: Transaction, depths: dict[str, int]) -> None:
    """Parked and unroutable messages lie there until a person deals with them."""
    now = clock.now()
    for queue, depth in depths.items():
        if depth:
            _attend(tx, "queue_depth", queue, {"messages": depth}, now)
    attention.settle(
        tx.session, "queue_depth", [q for q, depth in depths.items() if not depth], "empty again", now
    )


def resolve(tx: Transaction, by: str, attention_id: UUID, reason: str) -> Row:
    """A person is done with a point; its cause, if it lasts, opens a new one."""
    if not attention.exists(tx.session, attention_id, by):
        raise AttentionUnknown("no such point of attention")
    row = attention.resolve(tx.session, attention_id, by, reason, clock.now())
    if row is None:
        raise AttentionResolved("this point was resolved before")
    return row


def press(session: Session, alarm_id: UUID, who: str) -> Row:
    """One press with its stages, orders and escalations; raises `PressUnknown`, also for who is tied."""
    line = ledger.line(session, alarm_id)
    if line is None or (line["enrolment_id"] and access.is_tied(session, line["enrolment_id"], who)):
        raise PressUnknown("the ledger has no such press", field="alarm_id")
    return {
        **_with_state(line),
        "dispatch_orders": ledger.orders(session, line["incident_ids"]),
        "escalation_steps": ledger.escalations(session, line["incident_ids"]),
    }


def ledger_day(session: Session, day: date, limit: int, who: str) -> Row:
    """The ledger of a local day: totals, gaps found that day, presses; raises `DayInFuture`.

    The totals count all; the presses are those of cases that `who` has no tie to.
    """
    now = clock.now()
    _not_future(day, now)
    first, after = domain.day_bounds(day)
    found = ledger.lines(session, first, after, limit + 1, who)
    return {
        "day": day,
        "first": first,
        "after": after,
        "totals": ledger.counts(session, first, after, now, None),
        "gaps": gaps.listing(session, since=first, until=after),
        "presses": [_with_state(line) for line in found[:limit]],
        "truncated": len(found) > limit,
    }


def summary(session: Session, since: datetime, lane: str | None) -> Row:
    """Counts and stage times of the presses received since a moment."""
    now = clock.now()
    # Clocks of two machines may differ a little: a press from "later" counts too.
    until = now + timedelta(days=1)
    return {
        "since": since,
        "counts": ledger.counts(session, since, until, now, lane),
        "stages": ledger.stages(session, since, until, lane),
    }


def _with_state(line: Row) -> Row:
    return {**line, "orders": line["orders"] or 0, "state": domain.outcome_of(line)}


def _not_future(day: date, now: datetime) -> None:
    if day > local_day(now):
        raise DayInFuture("that day has not begun", field="day")


def standing(session: Session, caller: Caller, enrolment_id: UUID) -> Circumstances:
    """How a caller stands to a case; raises `EnrolmentUnknown` for whoever may know nothing of it.

    The device desk watches over all; a file manager over what the zone of its token manages; victim support
    follows what its partner proposed (in its zone, if its token names one). A tie to a party beats it all.
    """
    managing = reports.zone_of(session, enrolment_id)
    partner = caller.partner if "follow_up" in caller.roles else None
    own = partner is not None and access.proposed(session, enrolment_id, partner, caller.zone)
    allowed = own or "device_desk" in caller.roles
    allowed = allowed or ("file_manager" in caller.roles and caller.zone == managing)
    if managing is None or not allowed or access.is_tied(session, enrolment_id, caller.subject):
        raise EnrolmentUnknown("no such enrolment", field="enrolment_id")
    return Circumstances(own_case=own)


def daily(session: Session, enrolment_id: UUID, day: date | None) -> Row:
    """The report of one enrolment and local day (default: yesterday) as published, else as of now.

    Raises `DayInFuture`.
    """
    now = clock.now()
    day = day or local_day(now) - timedelta(days=1)
    _not_future(day, now)
    saved = reports.saved(session, enrolment_id, day)
    if saved is None:
        return {**_reports(session, [enrolment_id], day)[enrolment_id], "made_at": None, "came_later": 0}
    later = reports.came_after(session, enrolment_id, *domain.day_bounds(day), saved["made_at"])
    return {**saved["body"], "made_at": saved["made_at"], "came_later": later}


def _reports(session: Session, ids: Sequence[UUID], day: date) -> dict[UUID, Row]:
    first, after = domain.day_bounds(day)
    facts = reports.facts_of_day(session, ids, first, after)
    beats = reports.last_before(session, ids, first, ["heartbeat"])
    contacts = reports.last_before(session, ids, first, domain.CONTACT)
    alarms = [fact["data"]["alarm_id"] for fact in facts if fact["kind"] == "press"]
    incidents = ledger.outcomes(session, alarms)
    return {
        each: DailyReport.model_validate(
            domain.daily_report(
                each,
                day,
                [f for f in facts if f["owner"] == each],
                beats.get(each),
                contacts.get(each),
                incidents,
            )
        ).model_dump(mode="json")
        for each in ids
    }


def make_reports(tx: Transaction, day: date, limit: int = _CHUNK) -> int:
    """Make at most `limit` of the reports that a local day still lacks, and publish that they are there."""
    now = clock.now()
    ids = reports.without_report(tx.session, day, *domain.day_bounds(day), limit)
    for enrolment_id in reports.save(tx.session, day, _reports(tx.session, ids, day), now):
        tx.publish(ReportPublished(enrolment_id=enrolment_id, day=day, published_at=now))
    return len(ids)


def run_reports(tx: Transaction, settings: ReportingSettings) -> bool:
    """Do one chunk of the reports that are due; True when there may be more at once."""
    due = timers.claim(tx.session, [DAILY_REPORTS], limit=1)
    for row in due:
        day = date.fromisoformat(row.subject_id)
        finished = make_reports(tx, day) < _CHUNK
        _schedule(tx, day + timedelta(days=1) if finished else day, settings)
    return bool(due)


def begin_reports(tx: Transaction, settings: ReportingSettings) -> None:
    """Make sure that a report run is scheduled: called at every start, by every replica."""
    if reports.run_is_due(tx.session, DAILY_REPORTS):
        return
    last = reports.last_report_day(tx.session)
    yesterday = clock.today() - timedelta(days=1)
    _schedule(tx, last + timedelta(days=1) if last else yesterday, settings)


def _schedule(tx: Transaction, day: date, settings: ReportingSettings) -> None:
    """The reports of a day are due in the early morning of the next."""
    due_at = domain.local_time(day + timedelta(days=1), settings.report_hour)
    timers.schedule(tx.session, [Due(kind=DAILY_REPORTS, subject_id=day.isoformat(), due_at=due_at)])


def check_reports(tx: Transaction, settings: ReportingSettings) -> None:
    """From the hour that a report must be there, its absence is a point of attention."""
    now = clock.now()
    today = local_day(now)
    day = today - timedelta(days=1)
    if now < domain.local_time(today, settings.report_missing_hour):
        return
    missing = reports.without_report(tx.session, day, *domain.day_bounds(day), _CHUNK)
    if missing:
        _attend(tx, "report_missing", day.isoformat(), {"at_least": len(missing)}, now)
    else:
        attention.settle(tx.session, "report_missing", [day.isoformat()], "all there", now)


def tidy(tx: Transaction, settings: ReportingSettings) -> None:
    """Forget what is no longer needed."""
    inbox.prune(tx.session)
    reports.forget_facts(tx.session, settings.keep_facts_days, clock.now())
