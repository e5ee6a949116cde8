"""Daily reports of an enrolment."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.reporting.api.dependencies import Day, ReportWork
from services.reporting.presenters.reports import disclose_report
from services.reporting.schemas.reports import DailyReportOut
from services.reporting.usecases import published_reports
from services.reporting.usecases.access_scope import readable

router = APIRouter(prefix="/v1/reports", tags=["reports"])


@router.get("/daily/{enrolment_id}")
def daily_report(
    enrolment_id: UUID,
    uow: ReportWork,
    day: Day | None = None,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> DailyReportOut:
    """Show the report of a local day (default: yesterday) as published, or as of now where it is not yet.

    A report that something contradicts later is made again, as a new version; `version` shows an older one.
    """
    how = readable(uow.session, uow.caller, enrolment_id)
    return disclose_report(
        uow, how, enrolment_id, published_reports.daily_report_of(uow.session, enrolment_id, day, version)
    )
