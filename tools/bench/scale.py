"""`make scale`: lanes that share the load, and heartbeats beside presses; `.run/scale.json`."""

import asyncio
import json
import statistics
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from itertools import islice
from typing import TypedDict

from rich.console import Console
from rich.table import Table

from contracts.topology import CONTROL_ROOMS
from tools.bench import run
from tools.bench.driver import Driver, Phase
from tools.bench.lanes import LANE
from tools.dev import issuer
from tools.runtime.native.layout import Layout
from tools.runtime.native.system import System

# How many processes read the queue of alarms, and which plan of lanes.py starts them.
LANES = {1: "one", 2: "two", 4: "four"}
LANE_RATE, LANE_SECONDS = 100, 15
PRESSES_PER_S, BEATS_PER_S, SECONDS, ROUNDS = 20, 1000, 15, 3
_WARM = 100
# No lane may do less than this part of an equal share: then it would stand idle beside the others.
_LEAST_SHARE = 0.3
_WORST_RATIO = 2.0

console = Console()


class Figures(TypedDict):
    """What became of the presses of one phase, or of several."""

    presses: int
    accepted: int
    p50_ms: float
    p99_ms: float
    lost: int
    duplicated: int


class LaneFigures(Figures):
    """The same, and which part of the work each process did."""

    share: list[float]


class Beats(TypedDict):
    """What the process that sends heartbeats says of one phase."""

    per_s: float
    p99_ms: float


# `with` is no name that a class body can hold.
Heartbeats = TypedDict(
    "Heartbeats", {"without": Figures, "with": Figures, "p99_ratio": float, "beats": list[Beats]}
)


class Result(TypedDict):
    """What `.run/scale.json` holds; lanes by their number."""

    lanes: dict[str, LaneFigures]
    heartbeats: Heartbeats


def scale() -> int:
    """Run both; 0 when nothing was lost or doubled, every lane worked, and heartbeats disturbed no press."""
    result: Result = {
        "lanes": {str(count): _with_lanes(count) for count in LANES},
        "heartbeats": _with_heartbeats(),
    }
    (Layout.at().run / "scale.json").write_text(json.dumps(result, indent=2) + "\n")
    _show(result)
    lanes, heartbeats = result["lanes"].values(), result["heartbeats"]
    clean = all(
        each["lost"] == each["duplicated"] == 0 for each in (*lanes, heartbeats["with"], heartbeats["without"])
    )
    shared = all(min(each["share"]) * len(each["share"]) >= _LEAST_SHARE for each in lanes)
    return 0 if clean and shared and heartbeats["p99_ratio"] <= _WORST_RATIO else 1


def _fresh(name: str, plan: str) -> System:
    layout = Layout.at(Layout.at().run / "scale" / name)
    layout.wipe()
    with console.status(f"starting a system of its own ({name})"):
        return System.up(run=layout.run, env=run.ENV, plan=plan)


def _with_lanes(count: int) -> LaneFigures:
    system = _fresh(f"lanes-{count}", f"tools.bench.lanes:{LANES[count]}")
    try:
        return asyncio.run(_lanes(system))
    finally:
        system.down()


async def _lanes(system: System) -> LaneFigures:
    devices = await _devices(system, LANE_RATE * LANE_SECONDS)
    driver = await _driver(system, devices)
    before = run.cpu_seconds(system)
    phase = await driver.run(list(devices), LANE_RATE)
    after = run.cpu_seconds(system)
    await driver.stop()
    used = [after[name] - before[name] for name in sorted(after) if name.startswith(LANE)]
    return {**_figures(phase), "share": [round(each / sum(used), 3) for each in used]}


def _with_heartbeats() -> Heartbeats:
    system = _fresh("heartbeats", "tools.runtime.native.plan:plan")
    try:
        return asyncio.run(_heartbeats(system))
    finally:
        system.down()


async def _heartbeats(system: System) -> Heartbeats:
    devices = await _devices(system, PRESSES_PER_S * SECONDS * ROUNDS * 2)
    driver = await _driver(system, devices)
    heartbeats = await _start_heartbeats(system)
    alone, beside, beats = list[Phase](), list[Phase](), list[Beats]()
    # In turn, so that what the machine does besides hits both alike.
    for _ in range(ROUNDS):
        alone.append(await driver.run(list(islice(devices, PRESSES_PER_S * SECONDS)), PRESSES_PER_S))
        assert heartbeats.stdin  # noqa: S101 - it was made with a pipe
        heartbeats.stdin.write(b"\n")
        beside.append(await driver.run(list(islice(devices, PRESSES_PER_S * SECONDS)), PRESSES_PER_S))
        beats.append(await _line(heartbeats))
        await asyncio.sleep(5)  # records come to rest
    heartbeats.kill()
    await heartbeats.wait()
    await driver.stop()
    without, with_heartbeats = _summed(alone), _summed(beside)
    return {
        "without": without,
        "with": with_heartbeats,
        "p99_ratio": round(with_heartbeats["p99_ms"] / without["p99_ms"], 2),
        "beats": beats,
    }


async def _start_heartbeats(system: System) -> Process:
    database = system.database_url("alarm").replace("+psycopg", "")
    arguments = (system.url("heartbeats"), database, str(BEATS_PER_S), str(SECONDS))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tools.bench.heartbeats", *arguments), stdin=PIPE, stdout=PIPE
    )
    await _line(process)
    await asyncio.sleep(3)  # the APIs read new devices once a second
    return process


async def _line(process: Process) -> Beats:
    assert process.stdout  # noqa: S101 - it was made with a pipe
    answer: Beats = json.loads(await process.stdout.readline())
    return answer


async def _devices(system: System, presses: int) -> Iterator[run.Device]:
    with console.status(f"{presses} devices with cards, and as many units"):
        devices = await run.enrol(system, presses + _WARM)
        await run.units(system, presses + _WARM + 1000)
    return iter(devices)


async def _driver(system: System, devices: Iterator[run.Device]) -> Driver:
    gateways = {cic: issuer.mint("bench", ["gateway"], layout=system.layout, cic=cic) for cic in CONTROL_ROOMS}
    driver = Driver(system.url("alarm"), system.url("dispatch"), gateways)
    await driver.start()
    await driver.run(list(islice(devices, _WARM)), 40)  # warms caches; not counted
    return driver


def _figures(phase: Phase) -> Figures:
    return {
        "presses": len(phase.due),
        "accepted": len(phase.accepted),
        "p50_ms": round(phase.percentile_ms(0.5), 2),
        "p99_ms": round(phase.percentile_ms(0.99), 2),
        "lost": phase.lost,
        "duplicated": phase.duplicated,
    }


def _summed(phases: list[Phase]) -> Figures:
    """Sum up, with the medians of the phases' percentiles: one bad moment of the machine is no verdict."""
    each = [_figures(phase) for phase in phases]
    return {
        "presses": sum(f["presses"] for f in each),
        "accepted": sum(f["accepted"] for f in each),
        "p50_ms": statistics.median(f["p50_ms"] for f in each),
        "p99_ms": statistics.median(f["p99_ms"] for f in each),
        "lost": sum(f["lost"] for f in each),
        "duplicated": sum(f["duplicated"] for f in each),
    }


def _show(result: Result) -> None:
    table = Table("lanes", "presses", "p50 ms", "p99 ms", "lost", "doubled", "share of the work", box=None)
    for count, f in result["lanes"].items():
        figures = f["presses"], f["p50_ms"], f["p99_ms"], f["lost"], f["duplicated"]
        table.add_row(count, *map(str, figures), " ".join(f"{share:.0%}" for share in f["share"]))
    console.print(table)
    heartbeats = result["heartbeats"]
    for name, summed in (("without", heartbeats["without"]), ("with", heartbeats["with"])):
        console.print(
            f"{PRESSES_PER_S} presses a second {name} heartbeats: p50 {summed['p50_ms']} ms, "
            f"p99 {summed['p99_ms']} ms, lost {summed['lost']}, doubled {summed['duplicated']}"
        )
    rates = ", ".join(f"{each['per_s']:.0f}/s (p99 {each['p99_ms']:.0f} ms)" for each in heartbeats["beats"])
    console.print(f"heartbeats accepted: {rates}; press p99 {heartbeats['p99_ratio']} times that without")
