"""Devices that press steadily whatever the system does, and the crews that its orders come to."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import UUID

from contracts.alarm import alarm_id_of
from contracts.topology import CONTROL_ROOMS
from tools.bench.driver import around
from tools.bench.run import Device as Key
from tools.simulation.device import Device, Press
from tools.simulation.sse import Stream
from tools.simulation.unit import Conduct, Order, Unit
from tools.simulation.world import World

CONDUCT = Conduct(acknowledge=0.1, en_route=0.3, on_scene=0.6, close=0.9)
# A phone goes on for hours; here a press without a receipt after this time has none.
_PATIENCE_S = 150.0


@dataclass(eq=False)
class Pressed:
    """One press. `begun`: monotonic seconds at which it was due, which is before it was sent."""

    device: Device
    alarm_id: UUID
    begun: float
    press: Press | None = None
    orders: list[tuple[Unit, Order]] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether the device got a receipt."""
        return self.press is not None and self.press.receipt is not None

    @property
    def took_s(self) -> float | None:
        """From the press to the first order at a unit."""
        return min(order.at for _, order in self.orders) - self.begun if self.orders else None

    @property
    def closed(self) -> bool:
        """Whether a crew ended the incident."""
        answers = [answer for _, order in self.orders for answer in order.answers]
        return any(step == "close" and status < 300 for step, status in answers)


class Fleet:
    """Everybody, for the length of an `async with` block. `presses` are those since the last `forget`.

    `alarm_urls`: where they press, in turn; it may change.
    """

    def __init__(self, world: World, keys: Sequence[Key], alarm_urls: Sequence[str]) -> None:
        self._alarm_urls = alarm_urls
        self._free = deque(
            Device(world.http, alarm_urls[0], UUID(device_id), key, around(number))
            for number, (device_id, key) in enumerate(keys)
        )
        self.presses: dict[UUID, Pressed] = {}
        # How late the latest press was sent: what the machine, not the system, is to be blamed for.
        self.lag_s = 0.0
        self._last: dict[str, Pressed] = {}
        self._world = world
        self._units: dict[str, Unit] = {}
        self._listening: list[asyncio.Task[None]] = []
        self._pressing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Open the stream of each control room's gateway, which carries the orders of all its units."""
        streams = {cic: self._stream(cic) for cic in CONTROL_ROOMS}
        self._listening = [asyncio.create_task(self._listen(*item)) for item in streams.items()]
        async with asyncio.timeout(30):
            await asyncio.gather(*(stream.opened.wait() for stream in streams.values()))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nobody presses or listens any more."""
        for task in [*self._listening, *self._pressing]:
            task.cancel()
        for unit in self._units.values():
            unit.leave()
        await asyncio.gather(*self._listening, *self._pressing, return_exceptions=True)

    async def press(self, rate: float, enough: asyncio.Event) -> None:
        """Press `rate` times a second, evenly and in open loop, until it is enough."""
        start, number = time.perf_counter(), 0
        while not enough.is_set():
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.lag_s = max(self.lag_s, time.perf_counter() - due)
            task = asyncio.create_task(self._press(self._next(), due))
            self._pressing.add(task)
            task.add_done_callback(self._pressing.discard)
            number += 1

    async def receipts(self) -> None:
        """Wait until every device has its receipt, or has given up."""
        while self._pressing:
            await asyncio.wait(self._pressing)

    def forget(self) -> None:
        """Begin a new list of presses."""
        self.presses, self.lag_s = {}, 0.0

    def _next(self) -> Device:
        """The device that pressed longest ago and whose incident is closed: a new incident each."""
        for _ in range(len(self._free)):
            self._free.rotate(-1)
            device = self._free[-1]
            last = self._last.get(device.device_id)
            if last is None or last.closed:
                return device
        raise RuntimeError(f"all {len(self._free)} devices have an open incident: enrol more")

    async def _press(self, device: Device, due: float) -> None:
        device.alarm_url = self._alarm_urls[len(self.presses) % len(self._alarm_urls)]
        alarm_id = alarm_id_of(UUID(device.device_id), device.counter + 1)
        pressed = self.presses[alarm_id] = self._last[device.device_id] = Pressed(device, alarm_id, due)
        pressed.press = await device.press(give_up_after_s=_PATIENCE_S)

    def _stream(self, cic: str) -> Stream:
        url = f"{self._world.url('dispatch')}/v1/control-rooms/{cic}/units/stream"
        return Stream(self._world.http, url, lambda: self._world.bearer("gateway", cic=cic))

    async def _listen(self, cic: str, stream: Stream) -> None:
        async for event in stream:
            unit_id = event.data["unit_id"]
            unit = self._units.setdefault(unit_id, Unit(self._world, unit_id, cic, CONDUCT, self._told))
            unit.handle(event)

    def _told(self, unit: Unit, what: str, order: Order) -> None:
        pressed = self.presses.get(UUID(order.incident_id))
        if pressed and what == "order":
            pressed.orders.append((unit, order))
