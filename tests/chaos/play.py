"""Starts a system to be broken, natively or in containers, and plays faults on it until the time is over."""

import asyncio
import os
import time
from collections.abc import Sequence

from tests.chaos.audit import only_time
from tests.chaos.cluster import PROFILES, ClusterRig
from tests.chaos.fault import Drawn, R
from tests.chaos.fleet import Fleet
from tests.chaos.report import Report, console
from tests.chaos.rig import Rig, small_disk
from tests.chaos.run import Performance
from tools.bench.run import enrol, units
from tools.runtime.containers.system import ComposeSystem
from tools.runtime.native.layout import Layout
from tools.runtime.native.system import System
from tools.simulation.world import World

PLAN = "tests.chaos.plan:plan"
# For each press a second: more devices than press in the longest outage, and several units for each of them,
# since who cannot answer is replaced.
_DEVICES, _UNITS = 175, 375
_AHEAD_OF_THE_SYSTEM = -10
# A fault that begins in the last minute of the budget would end after it.
_RESERVE_S = 30.0


def play_natively(
    layout: Layout, drawn: Sequence[Drawn[Rig]], rate: float, until: float, report: Report
) -> None:
    """On processes of this machine; inside namespaces of our own only.

    `rate`: presses a second; `until`: monotonic seconds.
    """
    with console.status("a system of its own"):
        small_disk(layout)
        system = System.up(layout.run, plan=PLAN)
    try:
        asyncio.run(_perform(Rig(system), drawn, rate, until, report))
    finally:
        system.down()


def play_on_cluster(
    layout: Layout, drawn: Sequence[Drawn[ClusterRig]], rate: float, until: float, report: Report
) -> None:
    """In containers, with three nodes of RabbitMQ."""
    with console.status("a system in containers, with three nodes of RabbitMQ"):
        ComposeSystem(layout).wipe()
        system = ComposeSystem.up(layout.run, profiles=PROFILES, seconds=240)
    try:
        asyncio.run(_perform(ClusterRig(system), drawn, rate, until, report))
    finally:
        system.wipe()


async def _perform(rig: R, drawn: Sequence[Drawn[R]], rate: float, until: float, report: Report) -> None:
    devices, cars = int(_DEVICES * rate), int(_UNITS * rate)
    with console.status(f"{devices} devices, {cars} units"):
        keys = await enrol(rig.system, devices)
        await units(rig.system, cars)
    # Devices and crews are not on the server: what is short there must not make them late.
    os.nice(_AHEAD_OF_THE_SYSTEM)
    async with World(rig.system) as world, Fleet(world, keys, rig.alarm_urls) as fleet:
        for each in drawn:
            if time.monotonic() > until - _RESERVE_S:
                break
            with console.status(f"{each.fault.name}: {'; '.join(each.told)}"):
                record = await Performance(rig, world, fleet, each, rate).record()
                if only_time(record["broken"]):
                    # A bad moment of the machine, or of ours? Twice is ours. Both are written down.
                    report.keep(record | {"played_again": True})
                    record = await Performance(rig, world, fleet, each, rate).record()
            report.keep(record)
