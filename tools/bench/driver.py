"""The open-loop driver: presses at fixed moments, whatever the system does; orders as gateways get them.

Latency counts from the moment at which a press was due, not from when it was sent, so that a slow system
cannot slow the presses down and look good (coordinated omission).
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from contracts.alarm import SIGNED_AS, alarm_id_of
from tools.bench.wire import Wire
from tools.simulation import jose
from tools.simulation.tracks import PLACES as _BY_NAME

PLACES = tuple(_BY_NAME.values())
_ORDER = re.compile(rb'"order_id":"([0-9a-f-]{36})","incident_id":"([0-9a-f-]{36})"')


@dataclass(slots=True)
class Phase:
    """What happened to the presses of one rate. Times on the driver's clock, in seconds."""

    rate: float
    due: dict[UUID, float] = field(default_factory=dict)
    accepted: set[UUID] = field(default_factory=set)
    arrived: dict[UUID, float] = field(default_factory=dict)
    orders: dict[UUID, set[bytes]] = field(default_factory=dict)
    refused: int = 0

    def latencies_ms(self) -> list[float]:
        """List the latencies from press to unit in milliseconds, sorted."""
        return sorted((at - self.due[alarm]) * 1000 for alarm, at in self.arrived.items())

    def percentile_ms(self, share: float) -> float:
        """Give a percentile of the latencies in milliseconds; infinite when an order never came."""
        found = self.latencies_ms()
        index = min(int(share * len(self.due)), len(self.due) - 1)
        return found[index] if index < len(found) else float("inf")

    @property
    def lost(self) -> int:
        """Accepted presses without an order."""
        return len(self.accepted - set(self.arrived))

    @property
    def duplicated(self) -> int:
        """Presses with more than one order."""
        return sum(len(orders) > 1 for orders in self.orders.values())


class Driver:
    """Fires presses and listens to the gateways of all control rooms."""

    def __init__(self, alarm_url: str, dispatch_url: str, gateways: dict[str, str]) -> None:
        self._alarm, self._dispatch = Wire(alarm_url), Wire(dispatch_url)
        self._gateways = gateways
        self._phase = Phase(0)
        self._listening: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the gateways' streams."""
        self._listening = [asyncio.create_task(self._listen(*item)) for item in self._gateways.items()]
        await asyncio.sleep(1)

    async def stop(self) -> None:
        """Close everything."""
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        self._alarm.close()

    async def run(self, devices: Sequence[tuple[str, object]], rate: float, patience_s: float = 10) -> Phase:
        """Fire one press of each device, `rate` a second; wait until all orders came or patience ended."""
        phase = self._phase = Phase(rate)
        spots = _spots(len(devices))
        start = time.perf_counter() + 0.2
        sending = []
        for number, (device, spot) in enumerate(zip(devices, spots, strict=True)):
            due = start + number / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            sending.append(asyncio.create_task(self._press(phase, due, device, spot)))
        await asyncio.gather(*sending)
        until = time.perf_counter() + patience_s
        # A look at a count, not an event.
        while len(phase.arrived) < len(phase.accepted) and time.perf_counter() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)  # a second order of the same press would come now
        return phase

    async def _press(
        self, phase: Phase, due: float, device: tuple[str, object], spot: tuple[float, float]
    ) -> None:
        device_id, key = device
        alarm_id = alarm_id_of(UUID(device_id), 1)
        phase.due[alarm_id] = due
        at = datetime.now(UTC).isoformat()
        payload = {
            "device_id": device_id,
            "counter": 1,
            "kind": "press",
            "pressed_at": at,
            "fix": {"lat": spot[0], "lon": spot[1], "radius_m": 15.0, "at": at},
        }
        body = jose.sign(key, device_id, payload, SIGNED_AS["press"]).encode()  # type: ignore[arg-type]
        try:
            status, _ = await self._alarm.post("/v1/presses", body, "content-type: application/jose\r\n")
        except OSError:
            status = 0
        if status == 202:
            phase.accepted.add(alarm_id)
        else:
            phase.refused += 1

    async def _listen(self, cic: str, token: str) -> None:
        path, headers = f"/v1/control-rooms/{cic}/units/stream", f"authorization: Bearer {token}\r\n"
        async for frame in self._dispatch.events(path, headers):
            now = time.perf_counter()
            if frame.startswith(b"event: order"):
                found = _ORDER.search(frame)
                if found is None:
                    raise ValueError(f"an order without ids: {json.dumps(frame[:80].decode())}")
                alarm_id = UUID(found[2].decode())
                phase = self._phase
                if alarm_id in phase.due:
                    phase.arrived.setdefault(alarm_id, now)
                    phase.orders.setdefault(alarm_id, set()).add(found[1])


def _spots(count: int) -> Iterator[tuple[float, float]]:
    """Spread places all over the country."""
    return map(around, range(count))


def around(number: int) -> tuple[float, float]:
    """Place the n-th of many points, spread some fifteen kilometres around every place in turn."""
    place, turn = PLACES[number % len(PLACES)], number // len(PLACES)
    return place.lat + (turn % 13 - 6) * 0.02, place.lon + (turn // 13 % 13 - 6) * 0.03
