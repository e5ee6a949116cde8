"""What the tests of containers start from."""

import subprocess

import pytest

from tools.runtime.containers.system import ComposeSystem


@pytest.fixture(scope="session")
def containers(composed_system: ComposeSystem) -> ComposeSystem:
    """The running system in containers: `make test-compose`."""
    return composed_system


def inside(system: ComposeSystem, name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the container of one process."""
    whole = ["docker", "exec", system.container(name), *command]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=30)
