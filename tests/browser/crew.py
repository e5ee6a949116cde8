"""A victim and patrols for one control room, played in a thread beside the browser."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

import pika

from contracts.alarm import AlarmRaised
from contracts.envelope import Event
from tools.demo import control_rooms, seed
from tools.runtime.native.running import RunningSystem
from tools.simulation.answers import UnitEntry
from tools.simulation.device import Press
from tools.simulation.tracks import PLACES
from tools.simulation.unit import Conduct, Unit
from tools.simulation.world import World

PLACE = PLACES["Gent Korenmarkt"]
UNITS = {"browser-near": 0.004, "browser-far": 0.02}
# On the way at once and never done: what is looked at must hold still.
_CONDUCT = Conduct(acknowledge=0.2, en_route=0.5)


class Crew:
    """Ghent sends by hand: one enrolled victim, two patrols on duty."""

    victim: seed.Victim

    def __init__(self, system: RunningSystem) -> None:
        self._system = system
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._serving: list[asyncio.Task[None]] = []

    def __enter__(self) -> Self:
        """On duty."""
        self._thread.start()
        self.do(self._begin())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing stays open, nobody stays on duty."""
        self.do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def do(self, work: Coroutine[Any, Any, Any], seconds: float = 60) -> Any:
        """Run something of the simulation to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def press(self) -> Press:
        """The victim presses the button, and it is a new alarm: what was open is closed before."""
        self.close()
        press: Press = self.do(self.victim.device.press())
        return press

    def publish(self, event: Event, payload: AlarmRaised) -> None:
        """Put an event of the alarm service on the broker, to all who read it."""
        with pika.BlockingConnection(pika.URLParameters(self._system.broker_url())) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            lasting = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
            channel.basic_publish(
                payload.EXCHANGE, payload.routing_key, event.encode(), lasting, mandatory=True
            )

    def close(self) -> None:
        """A supervisor closes what is open."""
        self.do(control_rooms.tidy(self.world, [PLACE.control_room_id]))

    async def _begin(self) -> None:
        self.world = await World(self._system).__aenter__()
        await seed.protocol(self.world)
        await control_rooms.tidy(self.world, [PLACE.control_room_id])
        await control_rooms.policy(self.world, PLACE.control_room_id, policy="proposed")
        zones = await control_rooms.Zones.load(self.world)
        zone = zones.at(PLACE.lat, PLACE.lon)
        await self._put_units(zone, available=True)
        self.victim = await seed.enrol(self.world, "Browser Testemans", PLACE, zone)
        units = [Unit(self.world, unit_id, PLACE.control_room_id, _CONDUCT) for unit_id in UNITS]
        self._serving = [asyncio.create_task(unit.serve()) for unit in units]
        async with asyncio.timeout(20):
            await asyncio.gather(*(unit.stream.opened.wait() for unit in units))

    async def _put_units(self, zone: str, *, available: bool) -> None:
        made: list[UnitEntry] = [
            {
                "unit_id": unit_id,
                "callsign": unit_id.upper(),
                "zone_id": zone,
                "control_room_id": PLACE.control_room_id,
                "lat": PLACE.lat + away,
                "lon": PLACE.lon,
                "available": available,
            }
            for unit_id, away in UNITS.items()
        ]
        await control_rooms.put_units(self.world, made)

    async def _end(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await control_rooms.tidy(self.world, [PLACE.control_room_id])
        zones = await control_rooms.Zones.load(self.world)
        await self._put_units(zones.at(PLACE.lat, PLACE.lon), available=False)
        await control_rooms.policy(self.world, PLACE.control_room_id)
        await self.world.__aexit__(None, None, None)
