"""HTTP API of reporting: the ledger, the daily reports, the list of what needs attention."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Path, Query

from chassis.database.damaged_rows import shown
from chassis.database.database import Database, engine_of
from chassis.http import audit_api, keys_api
from chassis.http.application import application
from chassis.runtime import clock
from chassis.runtime.settings import load
from chassis.security import access_policy, audit
from chassis.security.auth import require
from chassis.security.principal import Caller
from contracts.common import Lane
from contracts.policy import audiences
from contracts.values import Moment
from services.reporting.domain import report_versions
from services.reporting.domain.report_document import DailyReport
from services.reporting.domain.rows import Row
from services.reporting.errors import ComparisonUnknown
from services.reporting.schemas.attention import AttentionOut, ResolveIn
from services.reporting.schemas.gaps import CloseIn, GapOut
from services.reporting.schemas.ledger import (
    EscalationLine,
    LedgerDay,
    OrderLine,
    PressDetail,
    PressLine,
    Summary,
)
from services.reporting.schemas.reconciliation import BookOut, CompareIn, ComparisonOut
from services.reporting.schemas.reports import DailyReportOut, ReportChange
from services.reporting.settings import ReportingSettings
from services.reporting.store import comparisons, gaps
from services.reporting.usecases import (
    access_scope,
    ledger,
    published_reports,
    reconciliation,
    resolve_attention,
)
from services.reporting.usecases import gaps as gap_usecases

# The ledger holds pseudonymous ids only; nobody but those who watch over the system needs it.
LEDGER = ("device_desk", "admin", "service")
# Who answers for a loss is a person.
CLOSES = ("device_desk", "admin")
REPORTS = ("device_desk", "follow_up", "file_manager")
# No press was ever before, and none will be kept that long.
Day = Annotated[date, Query(ge=date(2020, 1, 1), le=date(2199, 12, 31))]
GapNumber = Annotated[int, Path(ge=1, le=2**62)]
ATTENTION = ("device_desk", "technician", "admin")


def create_app(settings: ReportingSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless given. It publishes nothing."""
    settings = settings or load(ReportingSettings)
    database = Database(engine_of(settings), "/services/reporting")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        database.engine.dispose()

    app = application(
        settings,
        title="Reporting",
        description="Proves that no press was lost, and tells the follow-up what happened each day.",
        lifespan=lifespan,
        ready=lambda: {"database": database.answers()},
    )
    _ledger(app, database)
    _gaps(app, database)
    _comparisons(app, database)
    _reports(app, database)
    _attention(app, database)
    audit_api.add(app, lambda: database, settings.service)
    keys_api.add(app, lambda: database, settings.vault_keys, ())
    audit_api.add_witness(app, lambda: database)
    return app


def _ledger(app: FastAPI, database: Database) -> None:
    @app.get("/v1/ledger", tags=["ledger"])
    def ledger_of_day(
        day: Day | None = None,
        limit: Annotated[int, Query(ge=1, le=5000)] = 500,
        caller: Caller = require(*LEDGER),
    ) -> LedgerDay:
        """Totals, gaps and presses of a local day (default: today)."""
        with database.read() as session:
            day = day or clock.today()
            found = ledger.ledger_day(session, day, limit, caller.subject)
            lines = {"presses": _presses(found["presses"]), "gaps": _gap_lines(found["gaps"])}
            return LedgerDay.model_validate(found | lines)

    @app.get("/v1/ledger/presses/{alarm_id}", tags=["ledger"])
    def ledger_press(alarm_id: UUID, caller: Caller = require(*LEDGER)) -> PressDetail:
        """One press, each stage, the orders and escalations of its incident."""
        with database.read() as session:
            found = ledger.press(session, alarm_id, caller.subject)
            found["dispatch_orders"] = [
                shown(OrderLine, row, "order", row["order_id"]) for row in found["dispatch_orders"]
            ]
            steps = found["escalation_steps"]
            found["escalation_steps"] = [shown(EscalationLine, row, "escalation", alarm_id) for row in steps]
            return shown(PressDetail, found, "press", alarm_id)

    @app.get("/v1/ledger/summary", tags=["ledger"])
    def ledger_summary(since: Moment, lane: Lane | None = None, _: Caller = require(*LEDGER)) -> Summary:
        """Counts, and p50/p90/p99 of each stage in ms after receipt, of presses received since then."""
        with database.read() as session:
            return Summary.model_validate(ledger.summary(session, since, lane))


def _presses(rows: Sequence[Row]) -> list[PressLine]:
    return [shown(PressLine, row, "press", row["alarm_id"]) for row in rows]


def _gap_lines(rows: Sequence[Row]) -> list[GapOut]:
    return [shown(GapOut, row, "gap", row["number"]) for row in rows]


def _gaps(app: FastAPI, database: Database) -> None:
    @app.get("/v1/ledger/gaps", tags=["ledger"])
    def list_gaps(
        since: Moment | None = None, closed: bool = False, _: Caller = require(*LEDGER)
    ) -> list[GapOut]:
        """What does not add up now; empty is right. `since`: found since then; `closed`: also what is over."""
        with database.read() as session:
            return _gap_lines(gaps.listing(session, since=since, closed=closed))

    @app.post("/v1/ledger/gaps/{number}/close", tags=["ledger"])
    def close_gap(number: GapNumber, body: CloseIn, caller: Caller = require(*CLOSES)) -> GapOut:
        """Say why a gap is done with; while its cause is there, it opens again under a new number."""
        with database.transaction() as tx:
            closed = gap_usecases.close_gap(tx, caller, number, body.reason, irreparable=body.irreparable)
            return GapOut.model_validate(closed)


def _comparisons(app: FastAPI, database: Database) -> None:
    @app.get("/v1/ledger/books", tags=["ledger"])
    def compared_books(_: Caller = require(*LEDGER)) -> list[BookOut]:
        """When the book of each other service was last compared whole with ours."""
        with database.read() as session:
            return [shown(BookOut, row, "book", row["book"]) for row in gaps.compared(session)]

    @app.post("/v1/ledger/comparisons", tags=["ledger"], status_code=202)
    def compare_books(body: CompareIn, _: Caller = require(*CLOSES)) -> ComparisonOut:
        """Have the books of a local day compared now; the answer is there within seconds."""
        ledger.refuse_future(body.day, clock.now())
        with database.transaction() as tx:
            return ComparisonOut.model_validate(reconciliation.ask(tx, body.day))

    @app.get("/v1/ledger/comparisons", tags=["ledger"])
    def comparison_of_day(day: Day, _: Caller = require(*LEDGER)) -> ComparisonOut:
        """What the last comparison of a local day showed."""
        with database.read() as session:
            row = comparisons.of_day(session, day)
        if row is None:
            raise ComparisonUnknown("the books of that day were not compared yet", field="day")
        return ComparisonOut.model_validate(row)


def _reports(app: FastAPI, database: Database) -> None:
    @app.get("/v1/reports/daily/{enrolment_id}", tags=["reports"])
    def daily_report(
        enrolment_id: UUID,
        day: Day | None = None,
        version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
        caller: Caller = require(*REPORTS),
    ) -> DailyReportOut:
        """The report of a local day (default: yesterday) as published, or as of now where it is not yet.

        A report that something contradicts later is made again, as a new version; `version` shows an older one.
        """
        with database.transaction() as tx:
            how = access_scope.standing(tx.session, caller, enrolment_id)
            published = published_reports.daily(tx.session, enrolment_id, day, version)
            who = audiences(caller.roles)
            found = access_policy.limit(DailyReportOut.model_validate(published.report), who, how)
            about = audit.Purpose("follow-up", f"enrolment:{enrolment_id}")
            # Also when nothing happened: that is something to know.
            tx.write(audit.entry(caller, "read", about, ("daily_report", *found.fields)))
            if published.before is None:
                return found.answer
            # Of what changed, too, nobody is shown more than they may know.
            before = access_policy.limit(DailyReport.model_validate(published.before), who, how).answer
            return found.answer.model_copy(update={"changed": _changed(before, found.answer)})


def _changed(before: DailyReport, after: DailyReportOut) -> list[ReportChange]:
    own = set(DailyReport.model_fields)
    found = report_versions.differences(
        before.model_dump(mode="json"), after.model_dump(mode="json", include=own)
    )
    return [ReportChange.model_validate(each) for each in found]


def _attention(app: FastAPI, database: Database) -> None:
    @app.get("/v1/attention", tags=["attention"])
    def open_attention(caller: Caller = require(*ATTENTION)) -> list[AttentionOut]:
        """What a person must look at now, the oldest first."""
        with database.read() as session:
            found = resolve_attention.points(session, caller)
            return [shown(AttentionOut, row, "point of attention", row["id"]) for row in found]

    @app.post("/v1/attention/{attention_id}/resolve", tags=["attention"])
    def resolve(attention_id: UUID, body: ResolveIn, caller: Caller = require(*ATTENTION)) -> AttentionOut:
        """Say why a point is done with; if its cause lasts, it opens again."""
        with database.transaction() as tx:
            return AttentionOut.model_validate(resolve_attention.resolve(tx, caller, attention_id, body.reason))
