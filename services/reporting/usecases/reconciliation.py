"""When which records are compared: the last hour all the time, and one day of the past after the other."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from chassis.database import timers
from chassis.database.database import Database, Session, Transaction
from chassis.database.timers import Due
from chassis.runtime import clock
from contracts.common import local_day
from contracts.reconciliation import KEPT_BY
from contracts.values import FIRST_DAY
from services.reporting.clients.reconciliation import RecordsReader, RecordsUnavailable
from services.reporting.domain import days
from services.reporting.domain.attention import AttentionKind
from services.reporting.domain.reconciliation import Differences, NamedLack
from services.reporting.errors import ComparisonUnknown
from services.reporting.models import ComparedServiceRow, ComparisonRow
from services.reporting.settings import ReportingSettings
from services.reporting.store import attention, comparisons, due, gaps
from services.reporting.usecases.attention import attend
from services.reporting.usecases.compare_records import Compared, compare, held
from services.reporting.usecases.ledger import refuse_future

log = logging.getLogger(__name__)

# Kinds of timers: the last hour; a day of the past, and then the one before; a day that a person asked for.
RECENT, WALK, ASKED = "compare_recent", "compare_walk", "compare_asked"
_RECENT = timedelta(hours=1)
_RECENT_PARTS = 12
# What came in this moment is still on its way; what a clock that is ahead received shows a little later.
_ON_ITS_WAY = timedelta(seconds=10)
# A named entry is enough to act upon; the gaps have them all.
_NAMED = 200
# What a service answers whose database gave up.
_BUSY = "HTTP 503"
_OTHERS = tuple(name for name in KEPT_BY if name != "reporting")


def begin_comparing(tx: Transaction) -> None:
    """Make sure that comparisons are scheduled: called at every start, by every replica."""
    now = clock.now()
    comparisons.start_comparing(tx.session, _OTHERS, now)
    for kind in (RECENT, WALK):
        if not due.is_set(tx.session, kind):
            timers.schedule(tx.session, [Due(kind=kind, subject_id=local_day(now).isoformat(), due_at=now)])


def compared_services(session: Session) -> Sequence[ComparedServiceRow]:
    """Say when the records of each other service were last compared whole with ours."""
    return gaps.compared(session)


def comparison_of_day(session: Session, day: date) -> ComparisonRow:
    """Give what the last comparison of a local day showed; raises `ComparisonUnknown`."""
    row = comparisons.of_day(session, day)
    if row is None:
        raise ComparisonUnknown("the records of that day were not compared yet", field="day")
    return row


def request_comparison(tx: Transaction, day: date) -> ComparisonRow:
    """Have the worker compare a local day now: only it may reach the others. Raises `DayInFuture`."""
    now = clock.now()
    refuse_future(day, now)
    timers.cancel(tx.session, day.isoformat(), [ASKED])
    timers.schedule(tx.session, [Due(kind=ASKED, subject_id=day.isoformat(), due_at=now)])
    return comparisons.request_comparison(tx.session, day, now)


def compare_next(database: Database, readers: Mapping[str, RecordsReader], settings: ReportingSettings) -> bool:
    """Do one comparison that is due; True when there may be more. Whoever claimed it has set the next time."""
    with database.transaction() as tx:
        claimed = timers.claim(tx.session, [ASKED, RECENT, WALK], limit=1, longest=timedelta(minutes=10))
        for row in claimed:
            _schedule_next(tx, row, settings)
    for row in claimed:
        if row.kind == RECENT:
            now = clock.now()
            _recheck(database, readers)
            found = Compared(away=_absent(readers))
            found.add(compare(readers, now - _RECENT, now - _ON_ITS_WAY, _RECENT_PARTS))
            _note(database, found, day=None)
        else:
            day = _day_of(row, local_day(clock.now()))
            _note(database, _compare_day(readers, day), day)
    return bool(claimed)


def _absent(readers: Mapping[str, RecordsReader]) -> dict[str, str]:
    """Name the services that nobody can ask."""
    return {name: "not configured" for name in _OTHERS if name not in readers}


def _compare_day(readers: Mapping[str, RecordsReader], day: date) -> Compared:
    """Compare the whole day at once; where that is too much for a database, hour by hour."""
    since, after = days.day_bounds(day)
    until, absent = min(after, clock.now() - _ON_ITS_WAY), _absent(readers)
    if until <= since:
        return Compared(away=absent)
    found = compare(readers, since, until, parts=24)
    if _BUSY in found.away.values():
        found = _compare_hours(readers, since, until)
    found.away |= absent
    return found


def _compare_hours(readers: Mapping[str, RecordsReader], since: datetime, until: datetime) -> Compared:
    """Compare hour by hour, so that no database works for long; one that gives up even so is left alone."""
    found = Compared()
    while since < until:
        end = min(since + timedelta(hours=1), until)
        there = {name: reader for name, reader in readers.items() if name not in found.away}
        found.add(compare(there, since, end, parts=4))
        since = end
    return found


def _day_of(row: Due, today: date) -> date:
    """Give the day of a timer; an unreadable one must not stop all comparisons, which are due behind it."""
    try:
        day = date.fromisoformat(row.subject_id)
    except ValueError:
        return today
    return min(day, today) if day >= FIRST_DAY else today


def _schedule_next(tx: Transaction, row: Due, settings: ReportingSettings) -> None:
    if row.kind == ASKED:
        return
    now = clock.now()
    today = local_day(now)
    before = _day_of(row, today) - timedelta(days=1)
    day = before if row.kind == WALK and before >= today - timedelta(days=settings.compare_days) else today
    due_at = now + timedelta(seconds=settings.compare_every_s)
    timers.schedule(tx.session, [Due(kind=row.kind, subject_id=day.isoformat(), due_at=due_at)])


def _recheck(database: Database, readers: Mapping[str, RecordsReader]) -> None:
    """Ask each service for what it lacked, whatever the period: only a service that has it ends a gap."""
    for name, reader in readers.items():
        with database.read() as session:
            lacking = gaps.missing(session, name)
        try:
            for section in reader.sections:
                wanted = [entry_id for kind, entry_id in lacking if kind == section]
                there = held(reader, section, wanted) if wanted else set()
                if there:
                    with database.transaction() as tx:
                        gaps.found_again(tx.session, name, section, there)
        except RecordsUnavailable:
            continue  # the comparison that follows says so
    _recheck_parked(database, readers)


def _recheck_parked(database: Database, readers: Mapping[str, RecordsReader]) -> None:
    """Look for presses that were set aside: one is back when every service has it."""
    with database.read() as session:
        parked = set(gaps.parked_presses(session))
    if not parked or not {"alarm", "dispatch"} <= readers.keys():
        return
    try:
        for reader in readers.values():
            parked &= held(reader, "presses", parked)
    except RecordsUnavailable:
        return  # nothing is concluded
    with database.transaction() as tx:
        gaps.unpark(tx.session, parked)


def _note(database: Database, found: Compared, day: date | None) -> None:
    now = clock.now()
    rows = [
        {
            "entry_id": lack.entry.id,
            "service": lack.service,
            "section": lack.section,
            "kind": lack.kind,
            "alarm_id": lack.entry.alarm_id,
            "received_at": lack.entry.received_at,
            "seen_at": now,
        }
        for lack in found.lacks
    ]
    with database.transaction() as tx:
        gaps.note_missing(tx.session, rows)
        if day is None:
            _note_compared(tx, found, now)
        else:
            summary = _summary_of(found)
            comparisons.save_comparison(tx.session, day, now, summary)
            if summary["whole"]:
                attention.settle(
                    tx.session, AttentionKind.NOT_COMPARED, [day.isoformat()], "it was compared", now
                )
            else:
                attend(tx, AttentionKind.NOT_COMPARED, day.isoformat(), {"away": found.away}, now)


def _note_compared(tx: Transaction, found: Compared, now: datetime) -> None:
    for name in _OTHERS:
        fault = found.away.get(name) or (None if found.whole else "too much differs to be read at once")
        if comparisons.note_compared(tx.session, name, now, fault):
            log.warning("the records of %s: %s", name, fault or "compared again")


def _summary_of(found: Compared) -> Differences:
    named: list[NamedLack] = [
        {
            "service": lack.service,
            "section": lack.section,
            "kind": lack.kind,
            "id": str(lack.entry.id),
            "alarm_id": str(lack.entry.alarm_id),
            "received_at": lack.entry.received_at.isoformat(),
        }
        for lack in found.lacks[:_NAMED]
    ]
    return {
        "entries": found.entries,
        "away": found.away,
        "lacking": len(found.lacks),
        "named": named,
        "whole": found.whole and not found.away,
    }
