"""What devices say of themselves. Nothing of it may ever stand in the way of a press."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.routing import Route

from chassis import clock
from chassis.errors import Retryable
from chassis.groupwriter import NotWritten
from services.alarm.api.devices import accepted, signed
from services.alarm.api.parts import DeviceParts
from services.alarm.api.presses import read_body
from services.alarm.schemas import MAX_BODY, HeartbeatBody
from services.alarm.usecases.reports import Heartbeat

router = APIRouter(tags=["devices"])

_PATH = "/v1/heartbeats"
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def take(parts: DeviceParts, body: bytes) -> None:
    """Store a heartbeat; raises what `signed` raises, and `Retryable` while the database is away."""
    read, device = await signed(parts, body, HeartbeatBody)
    try:
        await parts.heartbeats.submit(Heartbeat(read, device.enrolment_id, clock.now()))
    except NotWritten:
        raise Retryable("the heartbeat could not be stored yet") from None


@router.post(_PATH, status_code=202)
async def heartbeat(request: Request) -> Response:
    """Take a heartbeat (JWS of device_id, batteries, Bluetooth, permissions)."""
    await take(request.app.state.parts, await read_body(request))
    return accepted()


class _Straight:
    """The same without request and response objects, which cost twice what the heartbeat itself does."""

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more and len(body) <= MAX_BODY:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        await take(scope["app"].state.parts, body[:MAX_BODY])
        answer = accepted()
        await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
        await send({"type": "http.response.body", "body": answer.body})


straight = Route(_PATH, _Straight(), methods=["POST"])
