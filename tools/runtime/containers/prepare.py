"""The steps before the first start, in containers: `python -m tools.runtime.containers.prepare databases`."""

import os
import sys
import time
from collections.abc import Callable

import psycopg

from chassis.messaging.topology import declare
from chassis.runtime.settings import secret
from tools.runtime.native import postgres
from tools.runtime.native.layout import Layout

# How long database and broker may take to start, seconds.
_PATIENCE_S = 120.0


def databases() -> None:
    """Make roles and databases of the services."""
    os.environ["STALKINGALARM_DATABASE_ADMIN_URL"] = secret("admin_url")
    postgres.provision(Layout.at())


def topology() -> None:
    """Declare exchanges, queues and bindings."""
    declare(secret("broker_url"))


def _patiently(step: Callable[[], None]) -> None:
    """Repeat a step until the server is there; both may be run again after they were interrupted."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return step()
        except (OSError, psycopg.OperationalError) as error:
            if time.monotonic() > deadline:
                raise
            # Never its text: a driver may quote the address, with the password in it.
            print(f"not yet: {type(error).__name__}", flush=True)
            time.sleep(0.5)


if __name__ == "__main__":
    _patiently({"databases": databases, "topology": topology}[sys.argv[1]])
