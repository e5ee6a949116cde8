"""Making the daily reports, making them again, and missing them."""

from datetime import date, timedelta
from uuid import UUID

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.sql import AWAY
from chassis.database.timers import Due
from chassis.messaging import inbox
from chassis.runtime import clock
from contracts.common import local_day
from contracts.reporting import ReportPublished
from services.reporting.domain import days, report_versions
from services.reporting.domain.attention import AttentionKind
from services.reporting.settings import ReportingSettings
from services.reporting.store import attention, due, reports
from services.reporting.usecases.attention import attend
from services.reporting.usecases.published_reports import made_reports

DAILY_REPORTS = "daily_reports"
_CHUNK = 200
# Reports that are made again in one go.
_AGAIN = 50


def make_reports(tx: Transaction, day: date, limit: int = _CHUNK) -> int:
    """Make at most `limit` of the reports that a local day still lacks; return how many were tried."""
    now = clock.now()
    ids = reports.to_make(tx.session, day, *days.day_bounds(day), limit)
    made, failed = made_reports(tx.session, ids, day)
    for enrolment_id in reports.save(tx.session, day, made, now):
        tx.publish(ReportPublished(enrolment_id=enrolment_id, day=day, published_at=now))
    for enrolment_id, error in failed.items():
        _put_off(tx, enrolment_id, day, 1, error)
    return len(ids)


def _put_off(tx: Transaction, enrolment_id: UUID, day: date, failures: int, error: Exception) -> None:
    """Put a report off and tell a person which one it is; what is in its facts stays out of it."""
    now = clock.now()
    reports.put_off(tx.session, enrolment_id, day, failures, now)
    about = {"enrolment_id": str(enrolment_id), "day": day.isoformat(), "error": type(error).__name__}
    attend(tx, AttentionKind.REPORT_FAILED, f"{enrolment_id} {day}", about, now)


def remake_reports(tx: Transaction, limit: int = _AGAIN) -> int:
    """Make reports again that something may contradict, or that failed before; return how many were tried."""
    rows = reports.claim_due(tx.session, limit, clock.now())
    for row in rows:
        try:
            with tx.session.begin_nested():
                _remake(tx, row.enrolment_id, row.day)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - the others are made all the same
            _put_off(tx, row.enrolment_id, row.day, row.failures + 1, error)
    return len(rows)


def _remake(tx: Transaction, enrolment_id: UUID, day: date) -> None:
    """Make a new version where the last one says something else; raises what is in the way."""
    now = clock.now()
    made, failed = made_reports(tx.session, [enrolment_id], day)
    if failed:
        raise failed[enrolment_id]
    versions = reports.saved(tx.session, enrolment_id, day)
    if not versions or report_versions.differences(versions[-1].body, made[enrolment_id]):
        version = len(versions) + 1
        if reports.save(tx.session, day, made, now, version):
            tx.publish(ReportPublished(enrolment_id=enrolment_id, day=day, published_at=now, version=version))
    attention.settle(tx.session, AttentionKind.REPORT_FAILED, [f"{enrolment_id} {day}"], "it was made", now)


def run_reports(tx: Transaction, settings: ReportingSettings) -> bool:
    """Do one chunk of the reports that are due; True when there may be more at once."""
    claimed = timers.claim(tx.session, [DAILY_REPORTS], limit=1)
    for row in claimed:
        day = date.fromisoformat(row.subject_id)
        finished = make_reports(tx, day) < _CHUNK
        _schedule(tx, day + timedelta(days=1) if finished else day, settings)
    return bool(claimed)


def begin_reports(tx: Transaction, settings: ReportingSettings) -> None:
    """Make sure that a report run is scheduled: called at every start, by every replica."""
    if due.is_set(tx.session, DAILY_REPORTS):
        return
    last = reports.last_report_day(tx.session)
    yesterday = clock.today() - timedelta(days=1)
    _schedule(tx, last + timedelta(days=1) if last else yesterday, settings)


def _schedule(tx: Transaction, day: date, settings: ReportingSettings) -> None:
    """Schedule the reports of a day for the early morning of the next."""
    due_at = days.local_time(day + timedelta(days=1), settings.report_hour)
    timers.schedule(tx.session, [Due(kind=DAILY_REPORTS, subject_id=day.isoformat(), due_at=due_at)])


def check_reports(tx: Transaction, settings: ReportingSettings) -> None:
    """Check for missing reports from the hour that they must be there; attend to those that are missing."""
    now = clock.now()
    today = local_day(now)
    day = today - timedelta(days=1)
    if now < days.local_time(today, settings.report_missing_hour):
        return
    missing = reports.without_report(tx.session, day, *days.day_bounds(day), _CHUNK)
    if missing:
        attend(tx, AttentionKind.REPORT_MISSING, day.isoformat(), {"at_least": len(missing)}, now)
    else:
        attention.settle(tx.session, AttentionKind.REPORT_MISSING, [day.isoformat()], "all there", now)


def tidy(tx: Transaction, settings: ReportingSettings) -> None:
    """Forget what is no longer needed."""
    inbox.prune(tx.session)
    reports.forget_facts(tx.session, settings.keep_facts_days, clock.now())
