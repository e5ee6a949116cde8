"""The ordinary plan with a cable for each pair that speaks to each other, and a clock for each process."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from urllib.parse import urlsplit

from tests.chaos.links import HOST
from tests.chaos.namespace import clock_file
from tools.runtime.native import plan as ordinary
from tools.runtime.native.layout import Layout
from tools.runtime.native.spec import Spec

# Nobody else is in our network, and these are below the ports of outgoing connections.
CONTROL_PORT, _FIRST_PORT = 32_000, 32_001
# What a process is told about the far end of its cables.
_ADDRESSES = {"broker": "BROKER_URL", "database": "DATABASE_URL", "dispatch-api": "DISPATCH_URL"}
_LINKED_TO_DISPATCH = "alarm-api"
# Seconds, so short that outages are longer than each. Only those park early whose presses come from the rows of
# alarm by themselves: what others park is brought back by people.
GIVE_UPS = {
    "alarm-api": {"UNROUTED_GIVE_UP_S": "3", "REDELIVER_AFTER_S": "5", "REDELIVER_LONGEST_S": "10"},
    "alarm-worker": {"AWAY_GIVE_UP_S": "10", "REPORT_AFTER_S": "10"},
    "dispatch-alarms": {"AWAY_GIVE_UP_S": "5"},
}


def plan(layout: Layout) -> list[Spec]:
    """The whole system, to be broken."""
    specs = ordinary.plan(layout)
    ports = dict(_numbered(specs))
    wires = [
        f"{name}={ports[name]}:{_target(spec, far)}"
        for spec in specs
        for far in fars(spec)
        for name in [link(spec.name, far)]
    ]
    links = Spec(
        "links",
        (sys.executable, "-m", "tests.chaos.links", str(CONTROL_PORT), *wires),
        port=CONTROL_PORT,
        ready=lambda: _listens(CONTROL_PORT),
    )
    return [links, *(_changed(layout, spec, ports) for spec in specs)]


def link(process: str, far: str) -> str:
    """The name of the cable from a process to the broker, to its database, or to dispatch's API."""
    return f"{process}>{far}"


def fars(spec: Spec) -> tuple[str, ...]:
    """What a process has cables to; none for what is no process of a service."""
    if spec.once or "DATABASE_URL" not in spec.env:
        return ()
    return ("broker", "database", *(("dispatch-api",) if spec.name == _LINKED_TO_DISPATCH else ()))


def spec_of(layout: Layout, name: str) -> Spec:
    """One process of this plan."""
    return next(spec for spec in plan(layout) if spec.name == name)


def link_ports(layout: Layout) -> dict[str, int]:
    """The port of each cable."""
    return dict(_numbered(ordinary.plan(layout)))


def _numbered(specs: list[Spec]) -> Iterator[tuple[str, int]]:
    numbers = count(_FIRST_PORT)
    for spec in specs:
        for far in fars(spec):
            yield link(spec.name, far), next(numbers)


def _target(spec: Spec, far: str) -> int:
    port = urlsplit(spec.env[_ADDRESSES[far]]).port
    assert port, f"{spec.name} is not told a port of {far}"
    return port


def _changed(layout: Layout, spec: Spec, ports: dict[str, int]) -> Spec:
    if not spec.template:  # broker and database stand on machines with a clock of their own
        return replace(spec, env={**spec.env, "LD_PRELOAD": ""})
    env = {**spec.env, "CLOCK_FILE": str(clock_file(layout.run, spec.name))}
    for far in fars(spec):
        address = urlsplit(env[_ADDRESSES[far]])
        place = address.netloc.replace(f":{address.port}", f":{ports[link(spec.name, far)]}")
        env[_ADDRESSES[far]] = address._replace(netloc=place).geturl()
    env |= GIVE_UPS.get(spec.name, {})
    needs = (*spec.needs, "links") if fars(spec) else spec.needs
    return replace(spec, env=env, needs=needs)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
