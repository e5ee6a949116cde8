"""What endpoints ask for: something to read with, or a unit of work, of a caller whose role allows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from chassis.bootstrap.api import ApiProcess, process_of, unit_of
from chassis.database.database import Session
from chassis.database.unit_of_work import Work
from chassis.security.auth import require
from chassis.security.principal import Caller
from services.reporting.bootstrap import unit_of_work
from services.reporting.settings import ReportingSettings

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
    caller: Caller


def _reading_of(*roles: str) -> Any:
    """Ask for a session for reading of a caller with one of `roles`."""

    def opened(request: Request, caller: Caller = require(*roles)) -> Iterator[Reading]:
        process: ApiProcess[ReportingSettings] = process_of(request)
        with process.database.read() as session:
            yield Reading(session, caller)

    return Depends(opened, scope="function")


LedgerReading = Annotated[Reading, _reading_of(*_LEDGER)]
LedgerWork = Annotated[Work, unit_of(unit_of_work, *_CLOSES)]
ReportWork = Annotated[Work, unit_of(unit_of_work, *_REPORTS)]
AttentionReading = Annotated[Reading, _reading_of(*_ATTENTION)]
AttentionWork = Annotated[Work, unit_of(unit_of_work, *_ATTENTION)]
