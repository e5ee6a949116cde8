"""What scenarios start from."""

import pytest

from tests.scenarios.scenario import Scenario
from tools.runtime.native.running import RunningSystem


@pytest.fixture
def scenario(system: RunningSystem) -> Scenario:
    """An empty timeline."""
    return Scenario(system)
