"""What devices say of themselves. Nothing of it may ever stand in the way of a press."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis import clock
from chassis.errors import Retryable
from chassis.groupwriter import NotWritten
from services.alarm.api.devices import accepted, signed
from services.alarm.api.parts import DeviceParts
from services.alarm.api.presses import read_body
from services.alarm.schemas import HeartbeatBody
from services.alarm.usecases.reports import Heartbeat

router = APIRouter(tags=["devices"])


@router.post("/v1/heartbeats", status_code=202)
async def heartbeat(request: Request) -> Response:
    """Take a heartbeat (JWS of device_id, batteries, Bluetooth, permissions)."""
    parts: DeviceParts = request.app.state.parts
    body, device = await signed(parts, await read_body(request), HeartbeatBody)
    try:
        await parts.heartbeats.submit(Heartbeat(body, device.enrolment_id, clock.now()))
    except NotWritten:
        raise Retryable("the heartbeat could not be stored yet") from None
    return accepted()
