"""One running system for scenarios and browser tests, with short times of escalation."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from stalkingalarm.embedded.layout import Layout, project_root
from stalkingalarm.embedded.system import System

# How fast inputs are made depends on the machine and on what else it does: no reason to go red.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# Escalation in seconds instead of tens of seconds, so that its whole ladder is seen in each run.
TIMES = {
    "ESCALATE_AFTER_S": "[2, 4, 6]",
    "UNIT_ANSWER_S": "2",
    "FIND_UNIT_EVERY_S": "1",
    "WEBHOOK_DELAYS_S": "[0, 1, 2]",
}


@pytest.fixture(scope="session")
def system() -> Iterator[System]:
    """The native system in a folder of its own; SCENARIOS_RUN_DIR joins one that is kept up."""
    kept = os.environ.get("SCENARIOS_RUN_DIR")
    run = Path(kept) if kept else project_root() / ".run" / "scenarios"
    if not kept:
        System(Layout.at(run)).down()
        Layout.at(run).wipe()
    os.environ.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
    running = kept and (run / "supervisor.sock").exists()
    system = System.up(run, env={} if running else TIMES, seconds=180)
    yield system
    if not kept:
        system.down()
