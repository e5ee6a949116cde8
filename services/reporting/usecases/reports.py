"""The daily reports: who may read one, as published or as of now; making them, and missing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.sql import AWAY
from chassis.database.timers import Due
from chassis.messaging import inbox
from chassis.runtime import clock
from chassis.security.principal import Caller
from contracts.common import local_day
from contracts.policy import Circumstances
from contracts.reporting import ReportPublished
from services.reporting.domain import daily_report, days, report_versions
from services.reporting.domain.report_document import DailyReport
from services.reporting.domain.rows import Row
from services.reporting.errors import EnrolmentUnknown, VersionUnknown
from services.reporting.settings import ReportingSettings
from services.reporting.store import access, attention, due, ledger, reports
from services.reporting.usecases.reading import refuse_future
from services.reporting.usecases.recording import attend

DAILY_REPORTS = "daily_reports"
_CHUNK = 200
# Reports that are made again in one go.
_AGAIN = 50


@dataclass(frozen=True, slots=True)
class Published:
    """A report with what is known of it, and the version before it, if any."""

    report: Row
    before: Row | None


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


def daily(session: Session, enrolment_id: UUID, day: date | None, version: int | None = None) -> Published:
    """The report of one enrolment and local day (default: yesterday) as published, else as of now.

    Raises `DayInFuture`, `VersionUnknown`.
    """
    now = clock.now()
    day = day or local_day(now) - timedelta(days=1)
    refuse_future(day, now)
    versions = reports.saved(session, enrolment_id, day)
    about = {"version": version, "versions": len(versions), "made_at": None, "came_later": 0}
    if not versions and version is None:
        return Published(_made(session, [enrolment_id], day)[0][enrolment_id] | about, None)
    if version is not None and not 1 <= version <= len(versions):
        raise VersionUnknown("this report has no such version", field="version")
    about["version"] = version = version or len(versions)
    shown, before = versions[version - 1], versions[version - 2] if version > 1 else None
    about["made_at"] = shown["made_at"]
    bounds = days.day_bounds(day)
    about["came_later"] = reports.came_after(session, enrolment_id, *bounds, shown["made_at"])
    return Published(shown["body"] | about, before and before["body"])


def _made(session: Session, ids: Sequence[UUID], day: date) -> tuple[dict[UUID, Row], dict[UUID, Exception]]:
    """The reports of a day, and what is in the way of those that cannot be made: each by itself."""
    first, after = days.day_bounds(day)
    facts = reports.facts_of_day(session, ids, first, after)
    beats = reports.last_before(session, ids, first, ["heartbeat"])
    contacts = reports.last_before(session, ids, first, daily_report.CONTACT)
    made: dict[UUID, Row] = {}
    failed: dict[UUID, Exception] = {}
    alarms = [alarm for fact in facts if (alarm := daily_report.alarm_of(fact)) is not None]
    incidents = ledger.outcomes(session, alarms)
    for each in ids:
        own = [fact for fact in facts if fact["owner"] == each]
        try:
            report = daily_report.daily_report(each, day, own, beats.get(each), contacts.get(each), incidents)
            made[each] = DailyReport.model_validate(report).model_dump(mode="json")
        except Exception as error:  # noqa: BLE001 - whatever is wrong with its facts, the others are made
            failed[each] = error
    return made, failed


def make_reports(tx: Transaction, day: date, limit: int = _CHUNK) -> int:
    """Make at most `limit` of the reports that a local day still lacks; how many were tried."""
    now = clock.now()
    ids = reports.to_make(tx.session, day, *days.day_bounds(day), limit)
    made, failed = _made(tx.session, ids, day)
    for enrolment_id in reports.save(tx.session, day, made, now):
        tx.publish(ReportPublished(enrolment_id=enrolment_id, day=day, published_at=now))
    for enrolment_id, error in failed.items():
        _put_off(tx, enrolment_id, day, 1, error)
    return len(ids)


def _put_off(tx: Transaction, enrolment_id: UUID, day: date, failures: int, error: Exception) -> None:
    """A person is told which report it is; what is in its facts stays out of it."""
    now = clock.now()
    reports.put_off(tx.session, enrolment_id, day, failures, now)
    about = {"enrolment_id": str(enrolment_id), "day": day.isoformat(), "error": type(error).__name__}
    attend(tx, "report_failed", f"{enrolment_id} {day}", about, now)


def remake_reports(tx: Transaction, limit: int = _AGAIN) -> int:
    """Make reports again that something may contradict, or that failed before; how many were tried."""
    rows = reports.claim_due(tx.session, limit, clock.now())
    for row in rows:
        try:
            with tx.session.begin_nested():
                _remake(tx, row["enrolment_id"], row["day"])
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - the others are made all the same
            _put_off(tx, row["enrolment_id"], row["day"], row["failures"] + 1, error)
    return len(rows)


def _remake(tx: Transaction, enrolment_id: UUID, day: date) -> None:
    """A new version where the last one says something else; raises what is in the way."""
    now = clock.now()
    made, failed = _made(tx.session, [enrolment_id], day)
    if failed:
        raise failed[enrolment_id]
    versions = reports.saved(tx.session, enrolment_id, day)
    if not versions or report_versions.differences(versions[-1]["body"], made[enrolment_id]):
        version = len(versions) + 1
        if reports.save(tx.session, day, made, now, version):
            tx.publish(ReportPublished(enrolment_id=enrolment_id, day=day, published_at=now, version=version))
    attention.settle(tx.session, "report_failed", [f"{enrolment_id} {day}"], "it was made", now)


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
    """The reports of a day are due in the early morning of the next."""
    due_at = days.local_time(day + timedelta(days=1), settings.report_hour)
    timers.schedule(tx.session, [Due(kind=DAILY_REPORTS, subject_id=day.isoformat(), due_at=due_at)])


def check_reports(tx: Transaction, settings: ReportingSettings) -> None:
    """From the hour that a report must be there, its absence is a point of attention."""
    now = clock.now()
    today = local_day(now)
    day = today - timedelta(days=1)
    if now < days.local_time(today, settings.report_missing_hour):
        return
    missing = reports.without_report(tx.session, day, *days.day_bounds(day), _CHUNK)
    if missing:
        attend(tx, "report_missing", day.isoformat(), {"at_least": len(missing)}, now)
    else:
        attention.settle(tx.session, "report_missing", [day.isoformat()], "all there", now)


def tidy(tx: Transaction, settings: ReportingSettings) -> None:
    """Forget what is no longer needed."""
    inbox.prune(tx.session)
    reports.forget_facts(tx.session, settings.keep_facts_days, clock.now())
