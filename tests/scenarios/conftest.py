"""What scenarios start from."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import native_system
from tests.scenarios.scenario import Scenario
from tools.runtime.native.running import RunningSystem


@pytest.fixture(scope="package")
def system(request: pytest.FixtureRequest) -> Iterator[RunningSystem]:
    """One running system for all scenarios: native, or with SYSTEM=containers that of compose.yaml."""
    if os.environ.get("SYSTEM") == "containers":
        yield request.getfixturevalue("composed_system")
    else:
        yield from native_system("scenarios")


@pytest.fixture
def scenario(system: RunningSystem) -> Scenario:
    """An empty timeline."""
    return Scenario(system)
