"""The composition root: what the API and the worker of the committee are made of."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.bootstrap.service import Service
from chassis.database.database import Database
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from services.committee.settings import CommitteeSettings
from services.committee.store.encrypted_columns import ENCRYPTED
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork

COMMITTEE = Service("committee", CommitteeSettings, ENCRYPTED)


@contextmanager
def unit_of_work(database: Database, vault: Vault, caller: Principal) -> Iterator[CaseUnitOfWork]:
    """Open one transaction of a caller who changes something."""
    with database.transaction() as tx:
        yield CaseUnitOfWork(tx, vault, caller)


@contextmanager
def unit_of_reading(database: Database, vault: Vault, caller: Principal) -> Iterator[CaseReading]:
    """Open one transaction of a caller who only looks; what is read stands in the audit log with its commit."""
    with database.transaction() as tx:
        yield CaseReading(tx, vault, caller)
