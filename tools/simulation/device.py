"""A simulated button and phone: signs, retries and follows as the real ones do."""

import asyncio
import time
from collections.abc import AsyncIterable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID, uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from opentelemetry.trace import Span, SpanKind

from contracts.alarm import SIGNED_AS
from contracts.common import Channel
from tools.simulation import spans
from tools.simulation.answers import Ladder, Receipt
from tools.simulation.jose import sign

# Seconds after the press at which the phone sends it again over data; then every 30 s. A refusal that says when
# to come back is heeded as well: the phone does not wait half a minute for a system that was away for seconds.
RETRIES_S = (0, 1, 2, 5, 10, 20, 30)
AGAIN_EVERY_S = 30
# A connection that is refused tells at once that nobody listens, so it is tried again as after a refusal.
_NOBODY_S = "1"
# The other ways take over when no receipt came.
OTHER_WAYS_S: tuple[tuple[float, Channel], ...] = ((10, "sms"), (15, "voice"))
# A request that answers later than this is of no use: the next attempt has long begun.
_PATIENCE_S = 8.0

JOSE = {"content-type": "application/jose"}


@dataclass
class Press:
    """One press and what came back. `took_s`: from press to receipt, by the phone's own clock."""

    kind: Literal["press", "test"]
    counter: int
    pressed_at: datetime
    signed: str
    trace_id: str = ""
    receipt: Receipt | None = None
    took_s: float | None = None
    attempts: int = 0
    refusals: list[int] = field(default_factory=list)
    # Somebody waits already to come back when the refusal said.
    coming_back: bool = False

    @property
    def alarm_id(self) -> UUID:
        """The alarm that the system made of it; raises LookupError before the receipt."""
        if not self.receipt:
            raise LookupError("no receipt yet")
        return UUID(self.receipt["alarm_id"])


class Device:
    """A button with its phone. `position`: (lat, lon) in degrees, or None for no fix."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        alarm_url: str,
        device_id: UUID | None = None,
        key: Ed25519PrivateKey | None = None,
        position: tuple[float, float] | None = None,
    ) -> None:
        self.device_id = str(device_id or uuid4())
        self.key = key or Ed25519PrivateKey.generate()
        self.position = position
        self.counter = 0
        self.sequence = 0
        self._http, self.alarm_url = http, alarm_url.rstrip("/")

    async def press(self, *, give_up_after_s: float = 60, **changed: object) -> Press:
        """Press the button; returns with the receipt, or without one after `give_up_after_s` seconds.

        `changed` overrides fields of the payload, to send what a broken phone would.
        """
        return await self._deliver("press", give_up_after_s, changed)

    async def test(self, *, give_up_after_s: float = 20) -> Press:
        """Send a test press: the same way, never dispatched."""
        return await self._deliver("test", give_up_after_s, {})

    def prepare(self, kind: Literal["press", "test"] = "press", **changed: object) -> Press:
        """Count and sign a press without sending it."""
        self.counter += 1
        now = datetime.now(UTC)
        payload = {
            "device_id": self.device_id,
            "counter": self.counter,
            "kind": kind,
            "pressed_at": now.isoformat(),
            "fix": self.fix(),
            "phone_battery": 71,
            **changed,
        }
        return Press(kind, self.counter, now, sign(self.key, self.device_id, payload, SIGNED_AS["press"]))

    def fix(self, position: tuple[float, float] | None = None) -> dict[str, str | float] | None:
        """Read where the phone is now."""
        if not (place := position or self.position):
            return None
        return {"lat": place[0], "lon": place[1], "radius_m": 12.0, "at": datetime.now(UTC).isoformat()}

    async def send(self, press: Press, channel: Channel = "data", parent: Span | None = None) -> httpx.Response:
        """Send a signed press once, over one channel; raises httpx.HTTPError when nobody answers."""
        press.attempts += 1
        with spans.client("phone", "POST", "/v1/presses", parent) as (span, traced):
            press.trace_id = press.trace_id or f"{span.get_span_context().trace_id:032x}"
            answer = await self._http.post(
                f"{self.alarm_url}/v1/presses",
                content=press.signed,
                headers={**JOSE, **traced, "x-channel": channel},
                timeout=_PATIENCE_S,
            )
            span.set_attribute("http.response.status_code", answer.status_code)
        if answer.status_code == 202:
            press.receipt = press.receipt or answer.json()
        else:
            press.refusals.append(answer.status_code)
        return answer

    async def _deliver(
        self, kind: Literal["press", "test"], patience_s: float, changed: dict[str, object]
    ) -> Press:
        press, begun = self.prepare(kind, **changed), time.perf_counter()
        with spans.span("phone", "press", SpanKind.INTERNAL) as root:
            press.trace_id = f"{root.get_span_context().trace_id:032x}"
            try:
                async with asyncio.timeout(patience_s), asyncio.TaskGroup() as group:
                    received = asyncio.Event()
                    attempts = [
                        group.create_task(self._attempt(press, t, way, received, root)) for t, way in _plan()
                    ]
                    await received.wait()
                    press.took_s = time.perf_counter() - begun
                    for attempt in attempts:
                        attempt.cancel()
            except TimeoutError:
                pass  # no receipt: the caller sees it
        return press

    async def _attempt(
        self, press: Press, after_s: float, way: Channel, received: asyncio.Event, root: Span
    ) -> None:
        await asyncio.sleep(after_s)
        while True:
            try:
                answer = await self.send(press, way, root)
            except httpx.ConnectError:
                back_s: str | None = _NOBODY_S
            except httpx.HTTPError:
                return
            else:
                if answer.status_code == 202:
                    received.set()
                    return
                back_s = answer.headers.get("retry-after")
            if back_s is None or press.coming_back:
                return
            press.coming_back = True
            await asyncio.sleep(float(back_s))
            press.coming_back = False

    async def locate(self, alarm_id: UUID, position: tuple[float, float]) -> int:
        """Send one further fix; returns the HTTP status."""
        self.position = position
        self.sequence += 1
        fixes = [self.fix()]
        return (
            await self._post(
                f"/v1/alarms/{alarm_id}/fixes",
                "fixes",
                alarm_id=str(alarm_id),
                sequence=self.sequence,
                fixes=fixes,
            )
        ).status_code

    async def follow(
        self,
        alarm_id: UUID,
        track: Iterable[tuple[float, float]] | AsyncIterable[tuple[float, float]],
        every_s: float,
    ) -> None:
        """Send the positions of a track, one every `every_s` seconds; a lost fix is not sent again."""
        places = track if isinstance(track, AsyncIterable) else _each(track)
        async for place in places:
            with suppress(httpx.HTTPError):
                await self.locate(alarm_id, place)
            await asyncio.sleep(every_s)

    async def cancel(self, alarm_id: UUID, code: str) -> httpx.Response:
        """Ask to cancel, with the normal code or the one under duress."""
        return await self._post(f"/v1/alarms/{alarm_id}/cancel", "cancel", alarm_id=str(alarm_id), code=code)

    async def heartbeat(self, **changed: object) -> int:
        """Say that button and phone are alive; returns the HTTP status."""
        state = {
            "phone_battery": 71,
            "button_battery": 88,
            "bluetooth": True,
            "location_permission": True,
            "app_version": "1.0-simulated",
            "at": datetime.now(UTC).isoformat(),
        }
        return (await self._post("/v1/heartbeats", "heartbeats", **{**state, **changed})).status_code

    async def ladder(self, alarm_id: UUID) -> Ladder:
        """Ask how far the alarm has come; raises httpx.HTTPStatusError when refused."""
        claim = sign(
            self.key,
            self.device_id,
            {"device_id": self.device_id, "alarm_id": str(alarm_id), "at": datetime.now(UTC).isoformat()},
            SIGNED_AS["follow"],
        )
        answer = await self._http.get(
            f"{self.alarm_url}/v1/alarms/{alarm_id}",
            headers={"authorization": f"Device {claim}"},
            timeout=_PATIENCE_S,
        )
        ladder: Ladder = answer.raise_for_status().json()
        return ladder

    async def _post(self, path: str, leaf: str, **payload: object) -> httpx.Response:
        route = path if leaf == "heartbeats" else f"/v1/alarms/{{alarm_id}}/{leaf}"
        payload = {"device_id": self.device_id, **payload}
        kind = "heartbeat" if leaf == "heartbeats" else leaf
        signed = sign(self.key, self.device_id, payload, SIGNED_AS[kind])
        with spans.client("phone", "POST", route) as (span, traced):
            answer = await self._http.post(
                f"{self.alarm_url}{path}", content=signed, headers={**JOSE, **traced}, timeout=_PATIENCE_S
            )
            span.set_attribute("http.response.status_code", answer.status_code)
        return answer


def _plan() -> list[tuple[float, Channel]]:
    later = range(RETRIES_S[-1] + AGAIN_EVERY_S, 3600, AGAIN_EVERY_S)
    over_data: list[tuple[float, Channel]] = [(at, "data") for at in (*RETRIES_S, *later)]
    return sorted([*over_data, *OTHER_WAYS_S])


async def _each(places: Iterable[tuple[float, float]]) -> AsyncIterable[tuple[float, float]]:
    for place in places:
        yield place
