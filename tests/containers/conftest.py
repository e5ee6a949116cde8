"""What the tests of containers start from."""

import subprocess

import pytest

from tools.runtime.containers.system import ComposeSystem
from tools.runtime.native.running import RunningSystem


@pytest.fixture(scope="session")
def containers(system: RunningSystem) -> ComposeSystem:
    """The running system, which must be one in containers: `make test-compose`."""
    assert isinstance(system, ComposeSystem), "run these with SYSTEM=containers"
    return system


def inside(system: ComposeSystem, name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the container of one process."""
    whole = ["docker", "exec", system.container(name), *command]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=30)
