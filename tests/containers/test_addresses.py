"""A container that comes back may have another address; whoever needs it must find it there."""

import time
from collections.abc import Iterator

from tools.runtime.containers import docker
from tools.runtime.containers.system import ComposeSystem
from tools.runtime.native import plan, rabbitmq

# What each worker reads.
READ = {name: queues for workers in plan.WORKERS.values() for name, _, queues in workers}
# Each tries again every second; ten minutes is what a name server lets them remember.
_FOUND_WITHIN_S = 30
# How many containers may be needed to take one address: more than a network has free below it.
_SQUATTERS = 12


def _addresses(system: ComposeSystem, name: str) -> dict[str, str]:
    networks = system.containers()[name]["NetworkSettings"]["Networks"]
    return {network: found["IPAddress"] for network, found in networks.items()}


def _squatters(network: str, address: str, image: str) -> Iterator[str]:
    """Containers started in `network` until one of them has `address`; each yielded as soon as it runs.

    The engine gives the first free address after the last one it gave, which need not be the one just freed.
    """
    run = ["docker", "run", "--detach", "--rm", "--network", network, "--entrypoint", "sleep"]
    given = ["docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"]
    for _ in range(_SQUATTERS):
        squatter = docker.run(*run, image, "600").strip()
        yield squatter
        if docker.run(*given, squatter).strip() == address:
            return
    raise AssertionError(f"{_SQUATTERS} containers in {network} and none was given {address}")


def test_workers_find_a_broker_that_moved(containers: ComposeSystem) -> None:
    before = _addresses(containers, "rabbitmq")
    image = containers.containers()["rabbitmq"]["Config"]["Image"]
    taken: list[str] = []
    containers.stop("rabbitmq")
    try:
        for network, address in before.items():
            taken.extend(_squatters(network, address, image))
    finally:
        containers.start("rabbitmq")
        for other in taken:
            docker.run("docker", "kill", other)
    after = _addresses(containers, "rabbitmq")
    moved = [network for network in before if before[network] != after[network]]
    assert sorted(moved) == sorted(before), f"of {before} only {moved} moved: this test showed nothing"
    end = time.monotonic() + _FOUND_WITHIN_S
    waiting = set(READ)
    while waiting and time.monotonic() < end:
        waiting = {worker for worker in waiting if not rabbitmq.are_read(containers.layout, READ[worker])}
        time.sleep(0.5)
    assert not waiting, f"these workers do not read {_FOUND_WITHIN_S} s after the broker moved"
