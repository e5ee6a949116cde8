"""The composition root: what the API and the workers of reporting are made of."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from chassis.bootstrap.service import Service
from chassis.database.database import Database
from chassis.database.reconciliation import Records
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from services.reporting.clients.reconciliation import RecordsReader, RemoteRecords
from services.reporting.settings import ReportingSettings
from services.reporting.store.reconciliation import OWN

# It keeps pseudonymous ids only: no column is encrypted.
REPORTING = Service("reporting", ReportingSettings)


@contextmanager
def unit_of_work(database: Database, vault: Vault, caller: Principal) -> Iterator[UnitOfWork]:
    """Open one transaction of a caller."""
    with database.transaction() as tx:
        yield UnitOfWork(tx, vault, caller)


def record_readers(
    settings: ReportingSettings, database: Database, token: httpx.Auth
) -> Mapping[str, RecordsReader]:
    """Make readers of what each service holds; what we hold ourselves is always there."""
    readers: dict[str, RecordsReader] = {"reporting": Records(database, OWN)}
    for name, url in (("alarm", settings.alarm_url), ("dispatch", settings.dispatch_url)):
        if url:
            readers[name] = RemoteRecords(name, url, token)
    return readers
