"""One running system for scenarios and browser tests, with short times of escalation."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from testcontainers.compose import DockerCompose

from tools.runtime.containers.system import ComposeSystem
from tools.runtime.native.layout import Layout, project_root
from tools.runtime.native.running import RunningSystem
from tools.runtime.native.system import System

# How fast inputs are made depends on the machine and on what else it does: no reason to go red.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# Escalation in seconds instead of tens of seconds, so that its whole ladder is seen in each run; and broken
# glass that closes again while a test looks.
TIMES = {
    "ESCALATE_AFTER_S": "[2, 4, 6]",
    "UNIT_ANSWER_S": "2",
    "FIND_UNIT_EVERY_S": "1",
    "WEBHOOK_DELAYS_S": "[0, 1, 2]",
    "GLASS_LASTS": "PT12S",
}


@pytest.fixture(scope="session")
def system() -> Iterator[RunningSystem]:
    """The system in a folder of its own: native processes, or with SYSTEM=containers those of compose.yaml.

    SCENARIOS_RUN_DIR joins one that is kept up.
    """
    os.environ.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
    kept = os.environ.get("SCENARIOS_RUN_DIR")
    if os.environ.get("SYSTEM") == "containers":
        yield from _in_containers(Path(kept) if kept else None)
    else:
        yield from _native(Path(kept) if kept else None)


def _native(kept: Path | None) -> Iterator[System]:
    run = kept or project_root() / ".run" / "scenarios"
    if not kept:
        System(Layout.at(run)).down()
        Layout.at(run).wipe()
    running = kept and (run / "supervisor.sock").exists()
    system = System.up(run, env={} if running else TIMES, seconds=180)
    yield system
    if not kept:
        system.down()


def _in_containers(kept: Path | None) -> Iterator[ComposeSystem]:
    if kept:
        yield ComposeSystem.up(kept, env={} if ComposeSystem(Layout.at(kept)).runs else TIMES)
        return
    system = ComposeSystem(Layout.at(project_root() / ".run" / "containers"))
    system.wipe()
    system.layout = Layout.at(system.layout.run)
    system.prepare(TIMES)
    system.build()
    compose = DockerCompose(project_root(), system.files, env_file=system.env_files, wait=False)
    with compose:  # at the end it removes containers, networks and data
        system.wait_ready(seconds=180)
        yield system
