"""Whatever a caller sends, allowed by the documentation of an API or not: never a fault of ours."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from services.committee.api import create_app as committee
from services.committee.settings import CommitteeSettings
from services.dispatch.api import create_app as dispatch
from services.dispatch.settings import DispatchSettings
from services.registry.api import create_app as registry
from services.registry.settings import RegistrySettings
from services.reporting.api import create_app as reporting
from services.reporting.settings import ReportingSettings
from tests.support.desks import environment
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer

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
# They go on for ever.
ENDLESS = ("stream",)


@pytest.mark.parametrize("service", APIS)
def test_no_input_is_a_fault_of_ours(service: str, cluster: Cluster, issuer: Issuer) -> None:
    app = APIS[service](environment(issuer, cluster.database(service)))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = issuer.headers(
        *EVERY_ROLE, partner="police", zone="z1", cic="cic-oost-vlaanderen", unit="u1", sub="everybody"
    )
    tried = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.endswith(ENDLESS):
            continue

        @given(case=operation.as_strategy())
        @settings(
            max_examples=15,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=[not_a_server_error])

        try_it()
        tried += 1
    assert tried >= 5
