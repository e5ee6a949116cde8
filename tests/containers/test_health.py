"""Healthy means ready, and a crash is made good by the restart policy."""

import time

from tools.runtime.containers.system import ComposeSystem


def _until(system: ComposeSystem, name: str, state: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if system.containers()[name]["State"]["Health"]["Status"] == state:
            return True
        time.sleep(0.5)
    return False


def test_every_process_of_a_service_becomes_healthy(containers: ComposeSystem) -> None:
    names = [name for name, c in containers.containers().items() if c["Config"]["User"] == "10001:10001"]
    checked = [name for name in names if "Health" in containers.containers()[name]["State"]]
    assert len(checked) >= 11
    for name in checked:
        assert _until(containers, name, "healthy", 60), name


def test_what_is_killed_comes_back(containers: ComposeSystem) -> None:
    before = containers.containers()["alarm-api"]
    containers.kill("alarm-api")
    containers.wait_ready("alarm-api")
    after = containers.containers()["alarm-api"]
    assert after["RestartCount"] == before["RestartCount"] + 1
    assert after["State"]["StartedAt"] > before["State"]["StartedAt"]
