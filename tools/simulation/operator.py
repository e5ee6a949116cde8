"""A simulated operator of a control room: sees alarms, takes them, sends the proposed unit."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from opentelemetry.trace import SpanKind

from tools.simulation import spans
from tools.simulation.answers import IncidentView
from tools.simulation.sse import Stream
from tools.simulation.world import World


@dataclass(frozen=True, slots=True)
class OperatorConsole:
    """What an operator does: seconds after an alarm shows; None: never."""

    display: float | None = 0.0
    acknowledge: float | None = 0.2
    send: float | None = 0.3


ABSENT = OperatorConsole(None, None, None)


class Operator:
    """One position of a control room. `views`: the latest of each incident."""

    def __init__(
        self,
        world: World,
        cic: str,
        desk: OperatorConsole | None = None,
        *,
        on_view: Callable[["Operator", IncidentView, IncidentView | None, float], None] = lambda *_: None,
        mine: Callable[[IncidentView], bool] = lambda _: True,
    ) -> None:
        self.cic, self.desk = cic, desk or OperatorConsole()
        self.views: dict[str, IncidentView] = {}
        self._world, self._on_view, self._mine = world, on_view, mine
        self._jobs: set[asyncio.Task[None]] = set()
        self.stream = Stream(
            world.http,
            f"{world.url('dispatch')}/v1/control-rooms/{cic}/stream",
            lambda: world.bearer("operator", cic=cic),
        )

    async def serve(self) -> None:
        """Watch until cancelled. `on_view`: called with a view and the last one; `mine`: what to act on."""
        try:
            async for event in self.stream:
                view: IncidentView = event.data
                before = self.views.get(view["incident_id"])
                if before and before["revision"] >= view["revision"]:
                    continue
                self.views[view["incident_id"]] = view
                self._on_view(self, view, before, event.at)
                # A room that was only brought in looks on: the responsible one acts.
                if not before and view["control_room_id"] == self.cic and self._mine(view):
                    job = asyncio.create_task(self._work(view))
                    self._jobs.add(job)
                    job.add_done_callback(self._jobs.discard)
        finally:
            for job in self._jobs:
                job.cancel()

    async def _work(self, view: IncidentView) -> None:
        waited = 0.0
        for action in ("display", "acknowledge", "send"):
            after = getattr(self.desk, action)
            if after is None or (action == "send" and not _proposed(self.views[view["incident_id"]])):
                continue
            await asyncio.sleep(max(0.0, after - waited))
            waited = max(waited, after)
            await self.act(view, action)

    async def act(self, view: IncidentView, action: str, body: dict[str, str] | None = None) -> int:
        """Do one thing with an incident; returns the HTTP status (0: nobody answered)."""
        path = f"/v1/incidents/{view['incident_id']}/{action}"
        role = "supervisor" if action == "close" else "operator"
        with (
            spans.span(
                "control-room-software", "operator", SpanKind.INTERNAL, parent=view.get("traceparent")
            ) as parent,
            spans.client(
                "control-room-software", "POST", f"/v1/incidents/{{incident_id}}/{action}", parent
            ) as (
                span,
                traced,
            ),
        ):
            try:
                answer = await self._world.http.post(
                    f"{self._world.url('dispatch')}{path}",
                    json=body,
                    headers={**self._world.bearer(role, cic=self.cic), **traced},
                )
            except httpx.TransportError:
                return 0
            span.set_attribute("http.response.status_code", answer.status_code)
            return answer.status_code


def _proposed(view: IncidentView) -> bool:
    return any(order["state"] == "proposed" for order in view["orders"])
