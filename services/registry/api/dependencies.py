"""What endpoints ask for: a unit of work of a caller whose role allows it, the settings."""

from typing import Annotated

from fastapi import Request

from chassis.bootstrap.api import ApiProcess, at_hand, process_of, unit_of
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.auth import require
from chassis.security.principal import Principal
from services.registry.bootstrap import pseudonym_key_of, unit_of_work
from services.registry.domain.roles import FILE_MANAGER, READERS, STOCK_KEEPERS
from services.registry.settings import RegistrySettings


def _settings(request: Request) -> RegistrySettings:
    process: ApiProcess[RegistrySettings] = process_of(request)
    return process.settings


SettingsOf = Annotated[RegistrySettings, at_hand(_settings)]


def _pseudonym_key(request: Request) -> bytes:
    return pseudonym_key_of(_settings(request))


FileManager = Annotated[Principal, require(FILE_MANAGER)]
FileManagerUnitOfWork = Annotated[UnitOfWork, unit_of(unit_of_work, FILE_MANAGER)]
ReaderUnitOfWork = Annotated[UnitOfWork, unit_of(unit_of_work, *READERS)]
StockKeeperUnitOfWork = Annotated[UnitOfWork, unit_of(unit_of_work, *STOCK_KEEPERS)]
PseudonymKey = Annotated[bytes, at_hand(_pseudonym_key)]
# For endpoints that read a long body before their transaction begins.
Process = Annotated[ApiProcess[RegistrySettings], at_hand(process_of)]
