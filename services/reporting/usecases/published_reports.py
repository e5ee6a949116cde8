"""A daily report as it was published, or as of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from chassis.database.database import Session
from chassis.runtime import clock
from contracts.common import local_day
from services.reporting.domain import daily_report, days
from services.reporting.domain.facts import CONTACT, FactKind
from services.reporting.domain.report_document import DailyReport
from services.reporting.domain.rows import Row
from services.reporting.errors import VersionUnknown
from services.reporting.store import ledger, reports
from services.reporting.usecases.ledger import refuse_future


@dataclass(frozen=True, slots=True)
class Published:
    """A report with what is known of it, and the version before it, if any."""

    report: Row
    before: Row | None


def daily_report_of(
    session: Session, enrolment_id: UUID, day: date | None, version: int | None = None
) -> Published:
    """Give the report of one enrolment and local day (default: yesterday) as published, else as of now.

    Raises `DayInFuture`, `VersionUnknown`.
    """
    now = clock.now()
    day = day or local_day(now) - timedelta(days=1)
    refuse_future(day, now)
    versions = reports.saved(session, enrolment_id, day)
    about = {"version": version, "versions": len(versions), "made_at": None, "came_later": 0}
    if not versions and version is None:
        return Published(made_reports(session, [enrolment_id], day)[0][enrolment_id] | about, None)
    if version is not None and not 1 <= version <= len(versions):
        raise VersionUnknown("this report has no such version", field="version")
    about["version"] = version = version or len(versions)
    shown, before = versions[version - 1], versions[version - 2] if version > 1 else None
    about["made_at"] = shown["made_at"]
    bounds = days.day_bounds(day)
    about["came_later"] = reports.came_after(session, enrolment_id, *bounds, shown["made_at"])
    return Published(shown["body"] | about, before and before["body"])


def made_reports(
    session: Session, ids: Sequence[UUID], day: date
) -> tuple[dict[UUID, Row], dict[UUID, Exception]]:
    """Give the reports of a day, and what is in the way of those that cannot be made: each by itself."""
    first, after = days.day_bounds(day)
    facts = reports.facts_of_day(session, ids, first, after)
    beats = reports.last_before(session, ids, first, [FactKind.HEARTBEAT])
    contacts = reports.last_before(session, ids, first, CONTACT)
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
