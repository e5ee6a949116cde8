"""What endpoints ask for: something to read with, or a unit of work, of a caller whose role allows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Query

from chassis.bootstrap.api import unit_of
from chassis.database.database import Database, Session
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from services.reporting.bootstrap import unit_of_work

# The ledger holds pseudonymous ids only; nobody but those who watch over the system needs it.
_LEDGER = ("device_desk", "admin", "service")
# Who answers for a loss is a person.
_CLOSES = ("device_desk", "admin")
_REPORTS = ("device_desk", "follow_up", "file_manager")
_ATTENTION = ("device_desk", "technician", "admin")

# No press was ever before, and none will be kept that long.
Day = Annotated[date, Query(ge=date(2020, 1, 1), le=date(2199, 12, 31))]


@dataclass(frozen=True, slots=True)
class Reading:
    """A caller who only reads: no transaction, and no entry in the audit log."""

    session: Session
    caller: Principal


@contextmanager
def _reading(database: Database, _vault: Vault, caller: Principal) -> Iterator[Reading]:
    with database.read() as session:
        yield Reading(session, caller)


LedgerReading = Annotated[Reading, unit_of(_reading, *_LEDGER)]
LedgerWork = Annotated[UnitOfWork, unit_of(unit_of_work, *_CLOSES)]
ReportWork = Annotated[UnitOfWork, unit_of(unit_of_work, *_REPORTS)]
AttentionReading = Annotated[Reading, unit_of(_reading, *_ATTENTION)]
AttentionWork = Annotated[UnitOfWork, unit_of(unit_of_work, *_ATTENTION)]
