"""Real servers, started once for all tests of a run."""

from collections.abc import Iterator

import pytest

from tests.support.broker import Broker
from tests.support.postgres import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL cluster; take a database from it with `cluster.database("<service>")`."""
    with Cluster() as started:
        yield started


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A RabbitMQ node with the topology on it; a test that kills it starts it again."""
    with Broker() as started:
        yield started
