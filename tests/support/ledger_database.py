"""The records of reporting under test: settings, emptying, entering."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import text

from chassis.database.database import Database, engine_of
from contracts.envelope import Event
from contracts.topology import REPORTING_LEDGER
from services.reporting import models
from services.reporting.settings import ReportingSettings
from services.reporting.usecases.handle_events import record_events
from tests.support.desks import environment
from tests.support.postgres import Cluster, delete_rows
from tests.support.tokens import Issuer


@dataclass(frozen=True)
class LedgerDatabase:
    """One empty database of reporting, with the issuer whose tokens its API takes."""

    issuer: Issuer
    settings: ReportingSettings
    database: Database


@contextmanager
def opened(cluster: Cluster) -> Iterator[LedgerDatabase]:
    """Fresh records for as long as the `with` lasts."""
    with Issuer() as issuer:
        settings = ReportingSettings.model_validate(environment(issuer, cluster.database("reporting")))
        database = Database(engine_of(settings), "/services/reporting")
        yield LedgerDatabase(issuer, settings, database)
        database.engine.dispose()


def empty(database: Database) -> None:
    """Forget everything."""
    delete_rows(database, *sorted(models.TABLES), "inbox", "outbox", "due")


def enter(database: Database, *batches: list[Event], queue: str = REPORTING_LEDGER) -> None:
    """Record each batch in a transaction of its own, as the worker does."""
    for batch in batches:
        with database.transaction() as tx:
            record_events(tx, queue, batch)


def published(database: Database) -> list[Event]:
    """What waits in the outbox, in order."""
    with database.read() as session:
        rows = session.execute(text("SELECT body FROM outbox ORDER BY created_at, id"))
        return [Event.decode(bytes(row.body)) for row in rows]
