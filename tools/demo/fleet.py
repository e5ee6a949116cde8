"""Victims, patrols and operators at once, and what became of each press as seen from outside."""

import asyncio
import itertools
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx

from contracts.alarm import alarm_id_of
from tools.demo.control_rooms import put_units
from tools.demo.seed import Victim
from tools.simulation.answers import IncidentView, UnitEntry
from tools.simulation.device import Press
from tools.simulation.operator import Operator, OperatorConsole
from tools.simulation.tracks import PLACES, WALKING_MPS, Track
from tools.simulation.unit import WHOLE_JOB, Conduct, Order, Unit
from tools.simulation.world import Refused, World

STAGES = ("stored", "screen", "unit", "accepted", "en route", "on scene", "closed")
_SEEN = {"acknowledged": "accepted", "en_route": "en route", "on_scene": "on scene", "closed": "closed"}
_FIX_EVERY_S = 2.0
_UNITS_MOVE_EVERY_S = 2.0


@dataclass
class Travel:
    """One press. `stages`: milliseconds from the press to each stage, by the clock of this machine."""

    victim: Victim
    place: str
    alarm_id: UUID
    begun: float
    press: Press | None = None
    stages: dict[str, float] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    deadline_ms: float | None = None
    cic: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def reached(self, stage: str, at: float) -> None:
        """Note the first time that a stage was reached; `at`: monotonic seconds."""
        self.stages.setdefault(stage, (at - self.begun) * 1000)

    @property
    def late(self) -> bool:
        """Whether the order came to a unit after the deadline that the alarm carries."""
        at = self.stages.get("unit")
        return at is not None and self.deadline_ms is not None and at > self.deadline_ms


class Fleet:
    """Everybody, for the length of an `async with` block. `travels` are the presses by alarm id."""

    def __init__(
        self,
        world: World,
        units: Sequence[UnitEntry],
        conduct: Conduct = WHOLE_JOB,
        desk: OperatorConsole | None = None,
    ) -> None:
        self.travels: dict[str, Travel] = {}
        self._world, self._registered = world, units
        self._units = [Unit(world, u["unit_id"], u["control_room_id"], conduct, self._on_order) for u in units]
        rooms = sorted({u["control_room_id"] for u in units})
        self._operators = [Operator(world, cic, desk, on_view=self._on_view, mine=self._ours) for cic in rooms]
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Open all streams."""
        people: list[Unit | Operator] = [*self._units, *self._operators]
        self._tasks = [asyncio.create_task(person.serve()) for person in people]
        async with asyncio.timeout(30):
            await asyncio.gather(*(person.stream.opened.wait() for person in people))
        self._tasks.append(asyncio.create_task(self._drive()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all streams. Nobody stays on duty: an operator must not send a patrol whose crew is gone."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(httpx.HTTPError, Refused):  # where the system is gone too, they fall silent for it
            await put_units(self._world, [{**unit, "available": False} for unit in self._registered])

    async def press(self, victim: Victim) -> Travel:
        """Have one victim press and walk on; returns when the alarm is closed, or after 60 s."""
        device = victim.device
        alarm_id = alarm_id_of(UUID(device.device_id), device.counter + 1)
        travel = Travel(victim, _name_near(device.position), alarm_id, time.perf_counter())
        self.travels[str(alarm_id)] = travel
        travel.press = await device.press()
        if travel.press.receipt is None:
            return travel
        travel.reached("stored", travel.begun + (travel.press.took_s or 0))
        deadline = datetime.fromisoformat(travel.press.receipt["deadline_at"])
        travel.deadline_ms = (deadline - travel.press.pressed_at).total_seconds() * 1000
        walking = asyncio.create_task(device.follow(alarm_id, _walk(victim), _FIX_EVERY_S))
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                await travel.over.wait()
        walking.cancel()
        return travel

    def _ours(self, view: IncidentView) -> bool:
        return view["incident_id"] in self.travels

    def _on_order(self, unit: Unit, what: str, order: Order) -> None:
        travel = self.travels.get(order.incident_id)
        if travel and what == "order":
            travel.orders[order.order_id] = unit.unit_id
            travel.reached("unit", order.at)

    def _on_view(self, operator: Operator, view: IncidentView, _: IncidentView | None, at: float) -> None:
        travel = self.travels.get(view["incident_id"])
        if travel is None or view["control_room_id"] != operator.cic:
            return
        travel.cic = operator.cic
        travel.reached("screen", at)
        for order in view["orders"]:
            if order["state"] in _SEEN:
                travel.reached(_SEEN[order["state"]], at)
        if view["state"] == "closed":
            travel.reached("closed", at)
            travel.over.set()

    async def _drive(self) -> None:
        """Drive the units about: the fleet that dispatch chooses from is never the same."""
        dice = random.Random(1)  # noqa: S311 - a simulation, no secret
        places = {u["unit_id"]: (u["lat"], u["lon"]) for u in self._registered}
        control_room_ids = itertools.cycle(sorted({u["control_room_id"] for u in self._registered}))
        while True:
            cic = next(control_room_ids)
            moved = []
            for unit in (u for u in self._registered if u["control_room_id"] == cic):
                lat, lon = places[unit["unit_id"]]
                lat, lon = lat + dice.uniform(-3e-4, 3e-4), lon + dice.uniform(-4e-4, 4e-4)
                places[unit["unit_id"]] = (lat, lon)
                moved.append({"unit_id": unit["unit_id"], "lat": lat, "lon": lon})
            with suppress(httpx.HTTPError):
                await self._world.http.post(
                    f"{self._world.url('dispatch')}/v1/units/positions",
                    json=moved,
                    headers=self._world.bearer("gateway", cic=cic),
                )
            await asyncio.sleep(_UNITS_MOVE_EVERY_S / len(self._operators))


def _name_near(position: tuple[float, float] | None) -> str:
    if position is None:
        return "?"
    lat, lon = position
    return min(PLACES.values(), key=lambda p: (p.lat - lat) ** 2 + (p.lon - lon) ** 2).name


def _walk(victim: Victim) -> Iterator[tuple[float, float]]:
    """Walk from where the victim is towards the next place, on foot, for two minutes at most."""
    lat, lon = victim.device.position or (51.05, 3.72)
    here = min(PLACES.values(), key=lambda p: (p.lat - lat) ** 2 + (p.lon - lon) ** 2)
    there = next(p for p in PLACES.values() if p.control_room_id == here.control_room_id and p is not here)
    track = Track(here, there, WALKING_MPS)
    for number in range(1, 61):
        yield track.at(number * _FIX_EVERY_S)
