"""The entrance of presses, and of canaries that take the same way."""

import asyncio
from contextlib import suppress
from typing import Any, cast

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from chassis.http.limits import bodies
from chassis.runtime import clock
from chassis.security.auth import require
from chassis.security.principal import Principal
from chassis.telemetry import metrics, telemetry
from contracts.common import Channel
from contracts.telemetry import ALARM_ID, DEVICE_MESSAGE_UNTYPED, LANE
from services.alarm.api.dependencies import device_intake_of
from services.alarm.domain.press import UNTYPED, judge
from services.alarm.domain.receipt import Receipt as HeldReceipt
from services.alarm.events.outgoing import canary_raised
from services.alarm.presenters.receipts import present_receipt
from services.alarm.schemas.canary import CanaryBody
from services.alarm.schemas.device_messages import MAX_BODY
from services.alarm.schemas.press import read_press
from services.alarm.schemas.receipt import Receipt
from services.alarm.usecases.canaries import publish_canary
from services.alarm.usecases.device_messages import receive_test
from services.alarm.usecases.devices import standing

router = APIRouter(tags=["presses"])

_PRESS_DOC: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/jose": {
                "schema": {"type": "string"},
                "example": "eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJkZXZpY2VfaWQiOiIuLi4ifQ.c2lnbmF0dXJl",
            },
            "application/json": {
                "schema": {"type": "object", "required": ["device_id"]},
                "example": {
                    "device_id": "3f0d2c5e-52fb-4b07-9be9-21b56a3c9d50",
                    "counter": 7,
                    "kind": "press",
                    "pressed_at": "2026-11-23T22:00:00Z",
                    "fix": {"lat": 51.054, "lon": 3.721, "radius_m": 12, "at": "2026-11-23T21:59:58Z"},
                },
            },
        },
    }
}


# Seconds for the body of what a device sends.
BODY_S = 8.0


async def read_body(request: Request) -> bytes:
    """Read the body, or as much of it as a press may be long, and as came: a phone may break in the middle."""
    chunks: list[bytes] = []
    size = 0
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BODY:
                    break
    return b"".join(chunks)[:MAX_BODY]


@router.post("/v1/presses", status_code=202, response_model=Receipt, openapi_extra=_PRESS_DOC)
async def press(request: Request) -> Response:
    """Take a press: signed (JWS) or not. Whatever is wrong with it becomes a flag.

    202 when database, broker or dispatch holds it; 400 where no device id can be read; 503 (Retry-After)
    when nothing holds it. The header X-Channel (data, sms, voice) is set by the gateways.
    """
    intake = device_intake_of(request)
    claim = read_press(await read_body(request))
    device = await intake.devices.find(claim.uuid)
    limits = intake.settings
    judged = judge(
        claim,
        standing(claim, device),
        device.status if device else None,
        clock.now(),
        limits.clock_skew_s,
        limits.late_after_s,
        take_untyped=limits.take_untyped,
    )
    if UNTYPED in judged.flags:
        metrics.count(DEVICE_MESSAGE_UNTYPED, kind="press")
    telemetry.mark(ALARM_ID, judged.alarm_id)
    telemetry.mark(LANE, judged.lane)
    if judged.is_test and device is not None:
        await intake.act(receive_test, claim, judged.alarm_id, device.enrolment_id)
        at = clock.now()
        receipt = HeldReceipt(alarm_id=judged.alarm_id, received_at=at, deadline_at=at, stored_in=("database",))
    else:
        channel = request.headers.get("x-channel", "data").strip().lower()
        known_channel = cast("Channel", channel if channel in ("data", "sms", "voice") else "data")
        source = request.client.host if request.client else None
        receipt = await intake.intakes[judged.lane].accept(claim, judged, known_channel, source)
    return Response(present_receipt(receipt).model_dump_json(), status_code=202, media_type="application/json")


@router.post("/v1/canaries", status_code=202)
@bodies(MAX_BODY)
async def canary(
    body: CanaryBody,
    request: Request,
    _: Principal = require("service", partner="alarm"),
) -> dict[str, str]:
    """Send a synthetic press for one control room on the way of real ones."""
    intake = device_intake_of(request)
    raised = canary_raised(body.control_room_id, body.lat, body.lon)
    await publish_canary(intake.publisher, raised, intake.settings.give_up_after_s)
    return {"canary_id": str(raised.canary_id)}
