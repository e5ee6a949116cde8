"""What the tests of containers start from."""

import pytest

from tools.runtime.containers.system import ComposeSystem


@pytest.fixture(scope="session")
def containers(composed_system: ComposeSystem) -> ComposeSystem:
    """The running system in containers: `make test-compose`."""
    return composed_system
