"""The daily reports: who may read one, as published or as of now; making them, and missing them."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import Session

from chassis import clock, inbox, timers
from chassis.caller import Caller
from chassis.database import Transaction
from chassis.timers import Due
from contracts.common import local_day
from contracts.policy import Circumstances
from contracts.reporting import ReportPublished
from services.reporting import domain
from services.reporting.domain import Row
from services.reporting.errors import EnrolmentUnknown
from services.reporting.schemas import DailyReport
from services.reporting.settings import ReportingSettings
from services.reporting.store import access, attention, due, ledger, reports
from services.reporting.usecases.reading import refuse_future
from services.reporting.usecases.recording import attend

DAILY_REPORTS = "daily_reports"
_CHUNK = 200


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
    refuse_future(day, now)
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
        attend(tx, "report_missing", day.isoformat(), {"at_least": len(missing)}, now)
    else:
        attention.settle(tx.session, "report_missing", [day.isoformat()], "all there", now)


def tidy(tx: Transaction, settings: ReportingSettings) -> None:
    """Forget what is no longer needed."""
    inbox.prune(tx.session)
    reports.forget_facts(tx.session, settings.keep_facts_days, clock.now())
