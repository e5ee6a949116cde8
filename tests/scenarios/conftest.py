"""What scenarios start from."""

import pytest

from stalkingalarm.embedded.system import System
from tests.scenarios.scenario import Scenario


@pytest.fixture
def scenario(system: System) -> Scenario:
    """An empty timeline."""
    return Scenario(system)
