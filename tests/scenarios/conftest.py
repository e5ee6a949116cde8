"""What scenarios start from."""

import pytest

from stalkingalarm.running import RunningSystem
from tests.scenarios.scenario import Scenario


@pytest.fixture
def scenario(system: RunningSystem) -> Scenario:
    """An empty timeline."""
    return Scenario(system)
