"""A simulated patrol: takes orders from its stream and does what its crew would."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import httpx
from opentelemetry.trace import Span, SpanKind

from contracts.telemetry import ORDER_ID
from tools.simulation import spans
from tools.simulation.answers import SentToUnit
from tools.simulation.sse import Event, Stream
from tools.simulation.world import World

Step = Literal["receipt", "acknowledge", "en-route", "on-scene", "close"]


@dataclass(frozen=True, slots=True)
class Conduct:
    """What a crew does: seconds after the order; None: never. With `decline` it refuses instead."""

    receipt: float | None = 0.0
    acknowledge: float | None = 0.1
    en_route: float | None = None
    on_scene: float | None = None
    close: float | None = None
    outcome: str = "genuine"
    decline: str | None = None

    @property
    def steps(self) -> list[tuple[float, Step, dict[str, str]]]:
        """The steps that are taken, in order."""
        planned: list[tuple[float | None, Step, dict[str, str]]] = [
            (self.receipt, "receipt", {}),
            (None if self.decline else self.acknowledge, "acknowledge", {}),
            (self.en_route, "en-route", {}),
            (self.on_scene, "on-scene", {}),
            (self.close, "close", {"outcome": self.outcome}),
        ]
        return [(after, step, body) for after, step, body in planned if after is not None]


SILENT = Conduct(receipt=None, acknowledge=None)
WHOLE_JOB = Conduct(acknowledge=0.3, en_route=0.8, on_scene=1.6, close=2.4)


@dataclass
class Order:
    """An order as it came to a unit. `at`: monotonic seconds of its first arrival."""

    order_id: str
    incident_id: str
    at: float
    first: SentToUnit
    last: SentToUnit
    withdrawn: SentToUnit | None = None
    answers: list[tuple[str, int]] = field(default_factory=list)


class Unit:
    """A patrol. `orders` holds every order that ever reached it, by id."""

    def __init__(
        self,
        world: World,
        unit_id: str,
        cic: str,
        conduct: Conduct | None = None,
        on_order: Callable[["Unit", str, Order], None] = lambda *_: None,
    ) -> None:
        self.unit_id, self.cic = unit_id, cic
        self.conduct = conduct or Conduct()
        self.orders: dict[str, Order] = {}
        self._world, self._on_order = world, on_order
        self._jobs: set[asyncio.Task[None]] = set()
        self.stream = Stream(world.http, f"{world.url('dispatch')}/v1/units/{unit_id}/stream", self._headers)

    def _headers(self) -> dict[str, str]:
        return self._world.bearer("unit", unit=self.unit_id, cic=self.cic)

    async def serve(self) -> None:
        """Take orders until cancelled."""
        try:
            async for event in self.stream:
                self.handle(event)
        finally:
            self.leave()

    def leave(self) -> None:
        """Drop whatever the crew is doing."""
        for job in self._jobs:
            job.cancel()

    def handle(self, event: Event) -> None:
        """Handle one event of the stream."""
        order_id = event.data["order_id"]
        known = self.orders.get(order_id)
        if event.name == "withdrawn":
            if known and known.withdrawn is None:
                known.withdrawn = event.data
                self._on_order(self, "withdrawn", known)
        elif known is None:
            order = Order(order_id, event.data["incident_id"], event.at, event.data, event.data)
            self.orders[order_id] = order
            self._on_order(self, "order", order)
            job = asyncio.create_task(self._do(order))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
        else:
            known.last = event.data
            self._on_order(self, "revised", known)

    async def _do(self, order: Order) -> None:
        steps = self.conduct.steps
        with spans.span(
            "patrol",
            "process orders",
            SpanKind.CONSUMER,
            parent=order.first.get("traceparent"),
            attributes={ORDER_ID: order.order_id},
        ) as span:
            # The terminal's own receipt belongs to taking the order in; the rest is the crew's.
            if steps and steps[0][:2] == (0.0, "receipt"):
                await self._post(order, "receipt", {}, span)
                steps = steps[1:]
        begun = time.perf_counter()
        if self.conduct.decline:
            await self._post(order, "decline", {"reason": self.conduct.decline}, span)
            return
        for after, step, body in steps:
            await asyncio.sleep(begun + after - time.perf_counter())
            if order.withdrawn:
                return
            await self._post(order, step, body, span)

    async def _post(self, order: Order, step: str, body: dict[str, str], parent: Span) -> None:
        """Report, and again until the system has taken it: a crew does not give up."""
        with spans.client("patrol", "POST", f"/v1/orders/{{order_id}}/{step}", parent) as (span, traced):
            while True:
                try:
                    answer = await self._world.http.post(
                        f"{self._world.url('dispatch')}/v1/orders/{order.order_id}/{step}",
                        json=body or None,
                        headers={**self._headers(), **traced},
                    )
                except httpx.TransportError:
                    await asyncio.sleep(0.3)
                    continue
                span.set_attribute("http.response.status_code", answer.status_code)
                if answer.status_code < 500:
                    order.answers.append((step, answer.status_code))
                    return
                await asyncio.sleep(0.3)
