"""The tables of each service are those of its models: what Alembic would make of the difference is nothing."""

import os
import subprocess
import sys

import pytest

from contracts.topology import SERVICES
from tests.support.postgres import Cluster

CHECK = "import sys; from alembic import command; from chassis.database.migrate import config_of; "
CHECK += "command.check(config_of(sys.argv[1]))"


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_make_what_the_models_say(cluster: Cluster, service: str) -> None:
    env = {**os.environ, "DATABASE_URL": cluster.database(service)}
    # In a process of its own: here the models of all services have met.
    command = [sys.executable, "-c", CHECK, service]
    told = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr[-2000:]
