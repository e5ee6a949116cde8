"""Daily reports, limited to what their reader may know."""

from uuid import UUID

from chassis.database.unit_of_work import UnitOfWork
from contracts.policy import Circumstances
from services.reporting.domain.report_document import DailyReport
from services.reporting.domain.report_versions import differences
from services.reporting.presenters.disclosure import limit, log_read
from services.reporting.schemas.reports import DailyReportOut, ReportChange
from services.reporting.usecases.published_reports import Published


def disclose_report(
    uow: UnitOfWork, how: Circumstances, enrolment_id: UUID, published: Published
) -> DailyReportOut:
    """Show a report to whom stands to the case like that, and log it: also when nothing happened that day."""
    found = limit(uow, how, _with_version(published))
    log_read(uow, enrolment_id, ("daily_report", *found.fields))
    if published.before is None:
        return found.answer
    # Of what changed, too, nobody is shown more than they may know.
    before = limit(uow, how, DailyReport.model_validate(published.before)).answer
    return found.answer.model_copy(update={"changed": _changed(before, found.answer)})


def _with_version(published: Published) -> DailyReportOut:
    return DailyReportOut.model_validate(
        {
            **published.report,
            "version": published.version,
            "versions": published.versions,
            "made_at": published.made_at,
            "came_later": published.came_later,
        }
    )


def _changed(before: DailyReport, after: DailyReportOut) -> list[ReportChange]:
    own = set(DailyReport.model_fields)
    found = differences(before.model_dump(mode="json"), after.model_dump(mode="json", include=own))
    return [ReportChange(what=each.what, before=each.before, after=each.after) for each in found]
