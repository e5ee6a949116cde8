"""HTTP clients: the hand-over to dispatch, for when the broker does not confirm in time; and our own API."""

import logging
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind

from chassis.security.service_token import ServiceToken
from chassis.telemetry import telemetry
from contracts.envelope import BATCH_CONTENT_TYPE, CONTENT_TYPE
from services.alarm.settings import AlarmSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """Events that dispatch has, by id; and the incidents of those that it has routed."""

    events: Set[UUID] = frozenset()
    incidents: Mapping[UUID, UUID] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Say whether dispatch has any of them."""
        return bool(self.events)


class DispatchClient:
    """Hands events to dispatch's inbox, which makes a copy over HTTP and one over the broker the same."""

    def __init__(self, settings: AlarmSettings, token: ServiceToken, connections: int) -> None:
        self._fault = ""
        self._http = httpx.AsyncClient(
            base_url=settings.dispatch_url,
            auth=token,
            timeout=httpx.Timeout(2.0, connect=0.5),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    async def hand_over(self, event_id: UUID, body: bytes, cause: Span) -> Taken:
        """Hand dispatch an encoded event, once; return whether it has it now. `cause`: the press's span."""
        return _told(await self._post(body, CONTENT_TYPE, cause), {event_id})

    async def hand_over_all(self, events: Mapping[UUID, bytes]) -> Taken:
        """Hand dispatch several encoded events at once (CloudEvents batch); return what it has now."""
        answer = await self._post(b"[" + b",".join(events.values()) + b"]", BATCH_CONTENT_TYPE, Context())
        return _told(answer, events.keys())

    async def _post(self, body: bytes, content_type: str, cause: Span | Context) -> httpx.Response | None:
        """Post a body to dispatch; return its answer if it accepted, else None."""
        answer = None
        attributes = {"http.request.method": "POST"}
        span = telemetry.start("POST /v1/intake", SpanKind.CLIENT, parent=cause, attributes=attributes)
        headers = {"traceparent": telemetry.traceparent_of(span) or "", "content-type": content_type}
        try:
            answer = await self._http.post("/v1/intake", content=body, headers=headers)
            span.set_attribute("http.response.status_code", answer.status_code)
            why = "" if answer.is_success else str(answer.status_code)
        except httpx.HTTPError as error:
            why = type(error).__name__
            span.set_attribute("error.type", why)
        span.end()
        if why != self._fault:
            # Once for each change: with broker and dispatch away, every press would say it.
            if why:
                log.error("dispatch does not take presses: %s", why)
            else:
                log.warning("recovered: dispatch takes presses again")
            self._fault = why
        return None if why else answer

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _told(answer: httpx.Response | None, brought: Set[UUID]) -> Taken:
    """Read what dispatch has of the events that were brought; None: it accepted nothing."""
    if answer is None:
        return Taken()
    try:
        body = answer.json()
        taken = brought - {UUID(each) for each in body.get("not_taken", ())}
        incidents = {UUID(alarm): UUID(incident) for alarm, incident in body.get("incidents", {}).items()}
    except (ValueError, TypeError, AttributeError):
        # Not our dispatch, whatever it says: what it has is not known.
        return Taken()
    return Taken(taken, {alarm: incidents[alarm] for alarm in incidents.keys() & brought})


class OwnApi:
    """Our own API, for what must take the same way as presses; use it in a `with`."""

    def __init__(self, settings: AlarmSettings, token: ServiceToken) -> None:
        self._http = httpx.Client(base_url=settings.alarm_url, auth=token, timeout=3)

    def __enter__(self) -> Self:
        self._http.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.__exit__(kind, error, trace)

    def send_canary(self, canary: Mapping[str, object]) -> None:
        """Send one canary; raises `httpx.HTTPError`."""
        self._http.post("/v1/canaries", json=canary).raise_for_status()
