"""What all tests share: the order in which processes take them, and running systems with short escalation."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from testcontainers.compose import DockerCompose
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support.examples import BEFORE_A_RELEASE
from tools.runtime.containers.system import ComposeSystem
from tools.runtime.native.layout import Layout, project_root
from tools.runtime.native.system import System

# How fast inputs are made depends on the machine and on what else it does: no reason to go red.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(BEFORE_A_RELEASE, settings.get_profile("any machine"))
settings.load_profile("any machine")

# Escalation in seconds instead of tens of seconds, so that its whole ladder is seen in each run; and broken
# break-glass access that ends again while a test looks.
TIMES = {
    "ESCALATE_AFTER_S": "[2, 4, 6]",
    "UNIT_ANSWER_S": "2",
    "FIND_UNIT_EVERY_S": "1",
    "WEBHOOK_DELAYS_S": "[0, 1, 2]",
    "BREAK_GLASS_LASTS": "PT12S",
}


# Those that need a running system take longest and mostly wait: they begin first, each folder in a process of
# its own. Of the others each file stays in one process.
_SYSTEMS = ("scenarios", "browser", "containers")


def _group_of(path: str) -> str:
    """Give the folder, where its tests share a running system, else the file (`tests/unit/test_x.py`)."""
    folder = path.split("/")[1]
    return folder if folder in _SYSTEMS else path


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # xdist is untyped
    """Hand each group of tests to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return _group_of(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """Decide which process takes which tests, where there are several (`-n 4`)."""
    return _ByGroup(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests in the order in which parallel processes take them."""
    groups = {item: _group_of(item.nodeid.partition("::")[0]) for item in items}
    for item in items:
        if groups[item] == "containers":
            item.add_marker("in_containers")
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _SYSTEMS.index(g) if (g := groups[item]) in _SYSTEMS else len(_SYSTEMS))


def native_system(name: str) -> Iterator[System]:
    """Run the system natively in `.run/<name>`; SCENARIOS_RUN_DIR joins one that is kept up."""
    os.environ.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
    kept = os.environ.get("SCENARIOS_RUN_DIR")
    run = Path(kept) if kept else project_root() / ".run" / name
    if not kept:
        System(Layout.at(run)).down()
        Layout.at(run).wipe()
    running = kept and (run / "supervisor.sock").exists()
    system = System.up(run, env={} if running else TIMES, seconds=180)
    yield system
    if not kept:
        system.down()


@pytest.fixture(scope="session")
def composed_system() -> Iterator[ComposeSystem]:
    """The system in the containers of compose.yaml; SCENARIOS_RUN_DIR joins one that is kept up."""
    os.environ.pop("OTEL_EXPORTER_OTLP_ENDPOINT", None)
    if kept := os.environ.get("SCENARIOS_RUN_DIR"):
        layout = Layout.at(Path(kept))
        yield ComposeSystem.up(Path(kept), env={} if ComposeSystem(layout).runs else TIMES)
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
