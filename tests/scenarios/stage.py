"""Plays a scenario: enrols, opens all streams, follows the timeline, observes, compares, tidies."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from tests.scenarios import ledger_check, traces
from tests.scenarios.roles import Seen
from tests.scenarios.scenario import Scenario
from tools.demo import control_rooms, seed
from tools.simulation import spans
from tools.simulation.amqp_room import AmqpRoom
from tools.simulation.answers import IncidentView, UnitEntry
from tools.simulation.device import Device
from tools.simulation.operator import Operator, OperatorConsole
from tools.simulation.tracks import PLACES
from tools.simulation.unit import Order, Unit
from tools.simulation.webhook import Receiver
from tools.simulation.world import World

ROOMS = tuple(sorted({place.control_room_id for place in PLACES.values()}))
# Real time on a busy machine: what is not there this long after its window will not come.
_GRACE_S = 3.0


class Stage:
    """One performance. `seen` is all that came out; `complaints` what was wrong with it."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.system = scenario, scenario.system
        self.world = World(scenario.system)
        self.seen: list[Seen] = []
        self.complaints: list[str] = []
        self.operators: dict[str, Operator] = {}
        self.receivers: dict[str, Receiver] = {}
        self.amqp: dict[str, AmqpRoom] = {}
        self.incidents: set[str] = set()
        self.begun, self.begun_at = 0.0, datetime.now(UTC)
        self._tasks: list[asyncio.Task[Any]] = []

    def check(self, good: bool, complaint: str) -> None:
        """Note what is wrong; the performance goes on."""
        if not good:
            self.complaints.append(complaint)

    async def play(self) -> None:
        """From enrolment to the last comparison."""
        async with self.world, AsyncExitStack() as means:
            try:
                await self._prepare(means)
                await self._timeline()
                await self._everything_wanted()
                await ledger_check.compare(self)
                if self.scenario.traced:
                    await asyncio.to_thread(spans.flush)
                    await traces.compare(self)
                self._compare()
            finally:
                await self._tidy()

    def now(self) -> float:
        """Seconds since the timeline began."""
        return time.perf_counter() - self.begun

    def note(self, kind: str, who: str, data: Mapping[str, Any], at: float | None = None) -> None:
        """Something came out of the system."""
        self.seen.append(Seen(kind, (at or time.perf_counter()) - self.begun, who, data))

    async def _prepare(self, means: AsyncExitStack) -> None:
        scenario, world = self.scenario, self.world
        await seed.protocol(world)
        await control_rooms.tidy(world, ROOMS)
        zones = await control_rooms.Zones.load(world)
        for cic in ROOMS:
            await self._open_room(means, cic, dict(scenario.rooms.get(cic, {})))
        made = [unit.registered(zones.at(unit.place.lat, unit.place.lon)) for unit in scenario.units]
        await control_rooms.put_units(world, made)
        await asyncio.gather(*(self._enrol(victim, zones) for victim in scenario.victims))
        for unit in scenario.units:
            unit.real = Unit(world, unit.unit_id, unit.place.control_room_id, unit.conduct, self._on_order)
        people = [u.real for u in scenario.units if u.real] + list[Any](self.operators.values())
        self._tasks = [asyncio.create_task(person.serve()) for person in people]
        async with asyncio.timeout(20):
            await asyncio.gather(*(person.stream.opened.wait() for person in people))
        # Other processes of dispatch hear of new units and policies within a second.
        await asyncio.sleep(1.2)

    async def _open_room(self, means: AsyncExitStack, cic: str, policy: dict[str, Any]) -> None:
        if policy.pop("webhook", False):
            receiver = await means.enter_async_context(Receiver().listening(self.system.here))
            receiver.refuse_next = policy.pop("refuse_webhooks", 0)
            self.receivers[cic] = receiver
            policy |= {"webhook_url": receiver.url, "webhook_secret": receiver.secret}
        await control_rooms.policy(self.world, cic, **policy)
        if policy.get("amqp"):
            self.amqp[cic] = means.enter_context(AmqpRoom(self.system.broker_url(), cic))
        desk = self.scenario.desks.get(cic, OperatorConsole())
        self.operators[cic] = Operator(self.world, cic, desk, on_view=self._on_view)

    async def _enrol(self, victim: Any, zones: control_rooms.Zones) -> None:
        if not victim.enrolled:
            device = Device(self.world.http, self.world.url("alarm"), position=victim.position)
            victim.real = seed.Victim(victim.name, uuid4(), "", device)
            return
        home = victim.home
        zone, more = zones.at(home.lat, home.lon), {"perpetrator": victim.perpetrator, "grant": victim.grant}
        victim.real = await seed.enrol(self.world, victim.name, home, zone, **more)
        victim.device.position = victim.position

    def _on_order(self, unit: Unit, what: str, order: Order) -> None:
        data = order.withdrawn if what == "withdrawn" else order.last
        at = order.at if what == "order" else None
        self.note(what, unit.unit_id, data or {}, at)

    def _on_view(self, operator: Operator, view: IncidentView, before: IncidentView | None, at: float) -> None:
        self.incidents.add(view["incident_id"])
        if before is None:
            self.note("alarm", operator.cic, view, at)
        elif before["state"] != view["state"]:
            self.note("closed", operator.cic, view, at)
        elif before["zone_id"] != view["zone_id"]:
            self.note("relocated", operator.cic, view, at)

    async def _timeline(self) -> None:
        steps = sorted(self.scenario.steps, key=lambda step: step[0])
        for _, action in (step for step in steps if step[0] < 0):
            await action(self)
        self.begun, self.begun_at = time.perf_counter(), datetime.now(UTC)

        async def later(at: float, action: Any) -> None:
            await asyncio.sleep(at - self.now())
            await action(self)

        await asyncio.gather(*(later(at, action) for at, action in steps if at >= 0))

    async def _everything_wanted(self) -> None:
        """Until all is there or its time is over, and then some quiet for what should not come."""
        wants = [want for want in self.scenario.wants if want.kind != "escalation"]
        last = max((want.between[1] for want in self.scenario.wants), default=0.0)
        while self.now() < last + _GRACE_S:
            if all(any(w.takes(s) for s in self.seen) for w in wants) and not self._escalations_to_come():
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(self.scenario.quiet_s)

    def _escalations_to_come(self) -> bool:
        wanted = [want.between[1] for want in self.scenario.wants if want.kind == "escalation"]
        return bool(wanted) and self.now() < max(wanted)

    def _compare(self) -> None:
        for want in self.scenario.wants:
            found = next((seen for seen in self.seen if want.takes(seen)), None)
            self.check(found is not None, f"missing: {want}")
            if found:
                found.wanted = True
        if self.scenario.strict:
            for seen in self.seen:
                quiet = seen.kind in ("revised", "closed")
                self.check(seen.wanted or quiet, f"unexpected: {seen}")
        for cic, receiver in self.receivers.items():
            self.check(not receiver.forged, f"{receiver.forged} webhooks of {cic} with a wrong signature")

    async def _tidy(self) -> None:
        """Close incidents, take units off duty, and reset control rooms."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.scenario.faults.close()
        with suppress(httpx.HTTPError):
            await control_rooms.tidy(self.world, ROOMS)
        zones = await control_rooms.Zones.load(self.world)
        off: list[UnitEntry] = [
            {**u.registered(zones.at(u.place.lat, u.place.lon)), "available": False}
            for u in self.scenario.units
        ]
        await control_rooms.put_units(self.world, off)
        for cic in self.scenario.rooms:
            await control_rooms.policy(self.world, cic)
