"""A daily report as it was published, or as of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from pydantic import JsonValue

from chassis.database.database import Session
from chassis.runtime import clock
from contracts.common import local_day
from services.reporting.domain import daily_report, days
from services.reporting.domain.facts import CONTACT, FactKind
from services.reporting.errors import VersionUnknown
from services.reporting.store import ledger, reports
from services.reporting.usecases.ledger import refuse_future

# A report as JSON, as it is kept.
ReportBody = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Published:
    """A report with what is known of it, and the version before it, if any.

    `version`: counted from 1, of so many; None: not published yet. `came_later`: facts after it was made.
    """

    report: ReportBody
    before: ReportBody | None
    versions: int
    version: int | None = None
    made_at: datetime | None = None
    came_later: int = 0


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
    if not versions and version is None:
        return Published(made_reports(session, [enrolment_id], day)[0][enrolment_id], None, versions=0)
    if version is not None and not 1 <= version <= len(versions):
        raise VersionUnknown("this report has no such version", field="version")
    version = version or len(versions)
    report, before = versions[version - 1], versions[version - 2] if version > 1 else None
    came_later = reports.came_after(session, enrolment_id, *days.day_bounds(day), report.made_at)
    return Published(
        report.body, before.body if before else None, len(versions), version, report.made_at, came_later
    )


def made_reports(
    session: Session, ids: Sequence[UUID], day: date
) -> tuple[dict[UUID, ReportBody], dict[UUID, Exception]]:
    """Give the reports of a day, and what is in the way of those that cannot be made: each by itself."""
    first, after = days.day_bounds(day)
    facts = reports.facts_of_day(session, ids, first, after)
    heartbeats = reports.last_before(session, ids, first, [FactKind.HEARTBEAT])
    contacts = reports.last_before(session, ids, first, CONTACT)
    made: dict[UUID, ReportBody] = {}
    failed: dict[UUID, Exception] = {}
    alarms = [alarm for fact in facts if (alarm := daily_report.alarm_of(fact)) is not None]
    incidents = ledger.outcomes(session, alarms)
    for each in ids:
        own = [fact for fact in facts if fact["owner"] == each]
        try:
            report = daily_report.daily_report(
                each, day, own, heartbeats.get(each), contacts.get(each), incidents
            )
            made[each] = report.model_dump(mode="json")
        except Exception as error:  # noqa: BLE001 - whatever is wrong with its facts, the others are made
            failed[each] = error
    return made, failed
