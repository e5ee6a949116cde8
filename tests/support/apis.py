"""The APIs of all services, without broker or database."""

from collections.abc import Callable

from fastapi import FastAPI

from services.committee.api import create_app as committee
from services.committee.settings import CommitteeSettings
from services.dispatch.api import create_app as dispatch
from services.dispatch.settings import DispatchSettings
from services.registry.api import create_app as registry
from services.registry.settings import RegistrySettings
from services.reporting.api import create_app as reporting
from services.reporting.settings import ReportingSettings

APIS: dict[str, Callable[[dict[str, str]], FastAPI]] = {
    "committee": lambda given: committee(CommitteeSettings.model_validate(given)),
    "dispatch": lambda given: dispatch(DispatchSettings.model_validate(given)),
    "registry": lambda given: registry(RegistrySettings.model_validate(given)),
    "reporting": lambda given: reporting(ReportingSettings.model_validate(given)),
}


EVERY_ROLE = (
    *("file_manager", "follow_up", "committee", "secretariat", "magistrate", "procureur", "procureur_general"),
    *("operator", "supervisor", "unit", "gateway", "technician", "service", "admin"),
    "device_desk",
)
