"""`make bench`: floor, latency at 20 and 100 presses a second, highest sustained rate; .run/bench.json."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import NotRequired, TypedDict
from uuid import UUID, uuid4

import httpx
import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console
from rich.table import Table

from chassis.messaging.message import Message
from chassis.messaging.publisher import Publisher
from contracts.envelope import Payload, wrap
from contracts.registry import Card, CardPublished, DeviceChanged, EnrolmentChanged, Noted, Perpetrator, Person
from contracts.topology import CONTROL_ROOMS
from tools.bench.driver import Driver, Phase, around
from tools.bench.floor import Floor, measure
from tools.dev import issuer
from tools.runtime.native.layout import Layout
from tools.runtime.native.running import RunningSystem
from tools.runtime.native.system import System
from tools.simulation import jose
from tools.simulation.answers import UnitEntry

RATES = (20, 100)
STEPS = (100, 150, 200, 250, 300, 350, 400, 500, 600)
_SECONDS, _STEP_SECONDS = 20, 10
_P99_LIMIT_MS = 1000.0
# Nobody answers in a bench: the ladders must not add orders of their own.
ENV = {"ESCALATE_AFTER_S": "[298, 299, 300]", "UNIT_ANSWER_S": "300"}

console = Console()
Device = tuple[str, Ed25519PrivateKey]


class Result(TypedDict):
    """What `.run/bench.json` holds; rates and steps by presses a second."""

    floor_ms: float
    floors: dict[str, dict[str, float]]
    rates: dict[str, dict[str, float]]
    cpu_ms_per_press: dict[str, float]
    sustained_per_s: float
    steps: dict[str, dict[str, float]]
    routing_per_s: NotRequired[float]


class Room(TypedDict):
    """A control room, as dispatch lists it; its seat in degrees."""

    id: str
    lat: float
    lon: float


def bench() -> int:
    """Run all; 0 when nothing was lost or doubled at any rate."""
    run_dir = Layout.at().run
    with console.status("starting a system of its own"):
        Layout.at(run_dir / "bench").wipe()
        system = System.up(run=run_dir / "bench", env=ENV)
    try:
        result = _measure(system)
    finally:
        system.down()
    result["routing_per_s"] = _routing_per_s()
    # An order that never came has no latency: null, since JSON knows no infinity.
    text = json.dumps(result, indent=2).replace("Infinity", "null")
    (run_dir / "bench.json").write_text(text + "\n")
    _show(result)
    clean = all(rate["lost"] == rate["duplicated"] == 0 for rate in result["rates"].values())
    return 0 if clean else 1


def _measure(system: System) -> Result:
    urls = system.database_url("alarm").replace("+psycopg", ""), system.broker_url()
    with console.status("the floor"):
        floors: dict[float | None, Floor] = {rate: measure(*urls, rate) for rate in (None, *RATES)}
    return asyncio.run(_load(system, floors))


async def _load(system: System, floors: dict[float | None, Floor]) -> Result:
    presses = sum(RATES) * _SECONDS + sum(STEPS) * _STEP_SECONDS + 200
    with console.status(f"{presses} devices with cards, {presses + 2000} units"):
        devices = iter(await enrol(system, presses))
        await units(system, presses + 2000)
    gateways = {cic: issuer.mint("bench", ["gateway"], layout=system.layout, cic=cic) for cic in CONTROL_ROOMS}
    driver = Driver(system.url("alarm"), system.url("dispatch"), gateways)
    await driver.start()
    try:
        await driver.run(list(islice(devices, 200)), 40)  # warms caches; not counted
        rates = {}
        used = cpu_seconds(system)
        for rate in RATES:
            rates[str(rate)] = _figures(await _phase(driver, devices, rate, _SECONDS), floors[rate])
        spent = {name: seconds - used[name] for name, seconds in cpu_seconds(system).items()}
        sustained, steps = await _sustain(driver, devices, floors[RATES[-1]])
    finally:
        await driver.stop()
    return {
        # In a loop; each rate has its own beside it, measured at its pace.
        "floor_ms": round(floors[None].sum_ms, 3),
        "floors": {f"{rate or 'loop'}": _parts(floor) for rate, floor in floors.items()},
        "rates": rates,
        "cpu_ms_per_press": {
            name: round(seconds * 1000 / (sum(RATES) * _SECONDS), 3)
            for name, seconds in sorted(spent.items(), key=lambda item: -item[1])
        },
        "sustained_per_s": sustained,
        "steps": steps,
    }


async def _phase(driver: Driver, devices: Iterator[Device], rate: float, seconds: int) -> Phase:
    with console.status(f"{rate} presses a second for {seconds} s"):
        return await driver.run(list(islice(devices, int(rate * seconds))), rate)


def cpu_seconds(system: RunningSystem) -> dict[str, float]:
    """Read the processor seconds that each process (with its children) used so far, and the driver's own."""
    pids = {process["name"]: process["pid"] for process in system.processes() if process["pid"]}
    return {name: _of(pid) for name, pid in {**pids, "driver": os.getpid()}.items()}


def _of(pid: int) -> float:
    process = psutil.Process(pid)
    # The driver is the parent of the whole system: its children are counted by name.
    family = [process] if pid == os.getpid() else [process, *process.children(recursive=True)]
    return sum(sum(member.cpu_times()[:4]) for member in family if member.is_running())


async def _sustain(
    driver: Driver, devices: Iterator[Device], floor: Floor
) -> tuple[float, dict[str, dict[str, float]]]:
    sustained, steps = 0.0, {}
    for rate in STEPS:
        phase = await _phase(driver, devices, rate, _STEP_SECONDS)
        steps[str(rate)] = _figures(phase, floor)
        if phase.percentile_ms(0.99) >= _P99_LIMIT_MS or phase.lost or phase.duplicated or phase.refused:
            break
        sustained = float(rate)
    return sustained, steps


def _parts(floor: Floor) -> dict[str, float]:
    parts = {name: round(value, 3) for name, value in asdict(floor).items()}
    return parts | {"sum_ms": round(floor.sum_ms, 3)}


def _figures(phase: Phase, floor: Floor) -> dict[str, float]:
    p50, p90, p99 = (phase.percentile_ms(share) for share in (0.5, 0.9, 0.99))
    return {
        "presses": len(phase.due),
        "accepted": len(phase.accepted),
        "refused": phase.refused,
        "p50_ms": round(p50, 2),
        "p90_ms": round(p90, 2),
        "p99_ms": round(p99, 2),
        "floor_ms": round(floor.sum_ms, 3),
        "p50_ratio": round(p50 / floor.sum_ms, 2),
        "p99_ratio": round(p99 / floor.sum_ms, 2),
        "lost": phase.lost,
        "duplicated": phase.duplicated,
    }


async def enrol(system: RunningSystem, count: int) -> list[Device]:
    """Announce devices and cards on the bus, as the registry does."""
    publisher = Publisher(system.broker_url("registry"))
    await publisher.start()
    await publisher.wait_connected(10)
    devices = [(str(uuid4()), Ed25519PrivateKey.generate()) for _ in range(count)]
    waiting: list[Message] = []
    for device_id, key in devices:
        waiting += [_message(payload) for payload in _announcements(device_id, key)]
        if len(waiting) > 600:
            await _publish_all(publisher, waiting)
            waiting = []
    await _publish_all(publisher, waiting)
    await publisher.stop()
    await _drained(system)
    return devices


async def _publish_all(publisher: Publisher, messages: list[Message]) -> None:
    confirmed = await publisher.publish_many(messages, timeout=30)
    if len(confirmed) != len(messages):
        raise RuntimeError(f"only {len(confirmed)} of {len(messages)} announcements were confirmed")


def _announcements(device_id: str, key: Ed25519PrivateKey) -> list[Payload]:
    enrolment, now = uuid4(), datetime.now(UTC)
    card = Card(
        victim=Person(name="Bench Victim", phone="+32 400 00 00 00"),
        languages=("nl",),
        perpetrators=(Perpetrator(name="Bench Perpetrator", ref=uuid4(), weapons=(Noted(text="knife"),)),),
    )
    return [
        EnrolmentChanged(enrolment_id=enrolment, status="active", managing_zone_id="gent-1", changed_at=now),
        DeviceChanged(
            enrolment_id=enrolment,
            device_id=UUID(device_id),
            public_key=jose.public_key(key),
            status="active",
            version=1,
            changed_at=now,
        ),
        CardPublished(
            enrolment_id=enrolment,
            version=1,
            managing_zone_id="gent-1",
            card=card,
            cancel_code="1234",
            duress_code="4321",
            published_at=now,
        ),
    ]


def _message(payload: Payload) -> Message:
    event = wrap(payload, source="/services/registry")
    return Message(event.id, payload.EXCHANGE, payload.routing_key, event.encode())


async def _drained(system: RunningSystem) -> None:
    """Wait until alarm and dispatch took all announcements in."""
    queues = ("alarm.registry", "dispatch.registry", "dispatch.cards", "reporting.follow-up")
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(system.broker_url()))
    channel = connection.channel()
    # The broker tells depths only when asked.
    while any(channel.queue_declare(q, passive=True).method.message_count for q in queues):  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    connection.close()
    await asyncio.sleep(3)  # the alarm API reads new devices once a second


async def units(system: RunningSystem, count: int) -> None:
    """Put units all over the country, under control rooms that send them at once."""
    admin = {"authorization": f"Bearer {issuer.mint('bench', ['admin'], layout=system.layout)}"}
    async with httpx.AsyncClient(base_url=system.url("dispatch"), headers=admin, timeout=60) as client:
        for cic in CONTROL_ROOMS:
            answer = await client.put(f"/v1/control-rooms/{cic}", json={"policy": "automatic"})
            answer.raise_for_status()
        rooms = (await client.get("/v1/control-rooms")).json()
        made = [_unit(number, rooms) for number in range(count)]
        for start in range(0, count, 1000):
            (await client.put("/v1/units", json=made[start : start + 1000])).raise_for_status()
    await asyncio.sleep(3)  # every process of dispatch reads new units once a second


def _unit(number: int, rooms: list[Room]) -> UnitEntry:
    """Describe a unit where a press will be, of the control room whose seat is nearest."""
    lat, lon = around(number)
    room = min(rooms, key=lambda r: (r["lat"] - lat) ** 2 + (r["lon"] - lon) ** 2)
    return {
        "unit_id": f"bench-{number}",
        "callsign": f"B{number}",
        "zone_id": "gent-1",
        "control_room_id": room["id"],
        "lat": lat,
        "lon": lon,
    }


def _routing_per_s() -> float:
    command = [sys.executable, "-m", "tools.bench.routing"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(answer)["routing_per_s"])


def _show(result: Result) -> None:
    for pace, floor in result["floors"].items():
        console.print(
            f"floor ({pace if pace == 'loop' else pace + '/s'}): commit {floor['commit_ms']} ms, publish "
            f"confirmed {floor['publish_ms']} ms, delivered {floor['delivery_ms']} ms; sum {floor['sum_ms']} ms"
        )
    table = Table("presses/s", "presses", "p50 ms", "p90 ms", "p99 ms", "p50 x", "p99 x", "lost", "doubled")
    for rate, f in [*result["rates"].items(), *((f"step {r}", s) for r, s in result["steps"].items())]:
        names = ("presses", "p50_ms", "p90_ms", "p99_ms", "p50_ratio", "p99_ratio", "lost", "duplicated")
        table.add_row(rate, *(str(f[name]) for name in names))
    console.print(table)
    console.print("processor time a press, ms:", result["cpu_ms_per_press"])
    console.print(f"sustained (p99 under 1 s): {result['sustained_per_s']:.0f} presses a second")
    console.print(f"routing alone: {result['routing_per_s']:.0f} decisions a second")
