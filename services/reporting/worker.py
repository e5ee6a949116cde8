"""Workers of reporting: the ledger, the follow-up, and the watch over what is missing."""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from amqp.exceptions import AMQPError

from chassis.bootstrap.worker import WorkerProcess
from chassis.messaging.worker import Delivery, every, listen
from chassis.runtime import clock
from chassis.security.service_token import ServiceToken
from chassis.telemetry import metrics
from contracts import telemetry
from contracts.topology import REPORTING_ATTENTION, REPORTING_AUDIT, REPORTING_FOLLOW_UP, REPORTING_LEDGER
from services.reporting.bootstrap import REPORTING, record_readers
from services.reporting.clients.queue_depths import depths
from services.reporting.clients.reconciliation import RecordsReader
from services.reporting.usecases import attention, canaries, gaps, make_reports, reconciliation
from services.reporting.usecases.gap_metrics import GapMetrics
from services.reporting.usecases.handle_events import record_events

PROCESS = WorkerProcess(REPORTING)
on_stop = PROCESS.stop

_BATCH = 100
# Seconds: commits here compete with those of the alarm path; a pause makes the next batch fuller.
_LINGER_S = 0.25
# Messages in the queues that must stay empty, as last seen.
_left: dict[str, int] = {}


@cache
def readers() -> Mapping[str, RecordsReader]:
    """Say what is reconciled: our own ledger, and what alarm and dispatch hold, over HTTP."""
    token = ServiceToken(PROCESS.settings)
    token.start()
    return record_readers(PROCESS.settings, PROCESS.database, token)


@cache
def watching_since() -> datetime:
    """Say when this process began to listen: before that it cannot have received a canary."""
    return clock.now()


def on_start() -> None:
    """Begin to watch, and tell in metrics what is seen."""
    watching_since()
    # A line for each question to another service would bury all others.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    database = PROCESS.database
    metrics.observe(telemetry.CANARY_AGE, lambda: canaries.canary_ages(database))
    found = GapMetrics(database)
    metrics.observe(telemetry.LEDGER_GAPS, found.by_kind)
    metrics.observe(telemetry.LEDGER_GAP_OPEN, found.each)
    metrics.observe(telemetry.LEDGER_COMPARED_AGE, found.ages)
    metrics.observe(telemetry.QUEUE_LEFT, lambda: [(n, {"queue": queue}) for queue, n in _left.items()])


def _record(queue: str, deliveries: list[Delivery]) -> None:
    with PROCESS.database.transaction() as tx:
        record_events(tx, queue, [delivery.event for delivery in deliveries])


class Ledger:
    """Keeps the ledger."""

    name = "reporting-ledger"

    @listen(REPORTING_LEDGER, batch=_BATCH, linger_s=_LINGER_S)
    def on_ledger(self, deliveries: list[Delivery]) -> None:
        """Record what became of presses."""
        _record(REPORTING_LEDGER, deliveries)


class FollowUp:
    """Keeps what the follow-up of victims needs, and makes the daily reports."""

    name = "reporting-follow-up"

    @listen(REPORTING_FOLLOW_UP, batch=_BATCH, linger_s=_LINGER_S)
    def on_follow_up(self, deliveries: list[Delivery]) -> None:
        """Record news of devices, enrolments and decisions."""
        _record(REPORTING_FOLLOW_UP, deliveries)

    @every(20)
    def run_reports(self) -> None:
        """Make the reports that are due."""
        with PROCESS.database.transaction() as tx:
            make_reports.begin_reports(tx, PROCESS.settings)
        more = True
        while more:
            with PROCESS.database.transaction() as tx:
                more = make_reports.run_reports(tx, PROCESS.settings)

    @every(20)
    def remake_reports(self) -> None:
        """Make reports again that something contradicts, or that could not be made before."""
        with PROCESS.database.transaction() as tx:
            make_reports.remake_reports(tx)

    @every(300)
    def check_reports(self) -> None:
        """Look for reports that should be there."""
        with PROCESS.database.transaction() as tx:
            make_reports.check_reports(tx, PROCESS.settings)

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        PROCESS.chain_audit_log()

    @every(3600)
    def tidy(self) -> None:
        """Forget what is no longer needed."""
        with PROCESS.database.transaction() as tx:
            make_reports.tidy(tx, PROCESS.settings)


class Watch:
    """Looks for what did not come: incidents, canaries; and for what went where nobody reads."""

    name = "reporting-watch"

    @listen(REPORTING_ATTENTION, batch=20)
    def on_attention(self, deliveries: list[Delivery]) -> None:
        """Record that a message was parked, a file opened by break-glass access, a deadline missed."""
        _record(REPORTING_ATTENTION, deliveries)

    @listen(REPORTING_AUDIT, batch=20)
    def on_audit_sealed(self, deliveries: list[Delivery]) -> None:
        """Record where a service signed that its audit log stands: we are its witness."""
        _record(REPORTING_AUDIT, deliveries)

    @every(5)
    def check_gaps(self) -> None:
        """Check that every press has its incident."""
        with PROCESS.database.transaction() as tx:
            gaps.check_gaps(tx, PROCESS.settings)

    @every(2)
    def compare_records(self) -> None:
        """Check that every service holds what the others hold."""
        with PROCESS.database.transaction() as tx:
            reconciliation.begin_comparing(tx)
        while reconciliation.compare_next(PROCESS.database, readers(), PROCESS.settings):
            pass

    @every(5)
    def check_canaries(self) -> None:
        """Check that every control room hears its canary."""
        with PROCESS.database.transaction() as tx:
            canaries.check_canaries(tx, PROCESS.settings, watching_since())

    @every(10)
    def check_queues(self) -> None:
        """Check the queues that must be empty. A broker that is away is noticed by everybody else."""
        try:
            found = depths(PROCESS.settings.broker_url.get_secret_value())
        except (AMQPError, OSError):
            return
        _left.update(found)
        with PROCESS.database.transaction() as tx:
            attention.note_depths(tx, found)
