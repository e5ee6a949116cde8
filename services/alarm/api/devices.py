"""What devices send besides presses. All of it needs a valid signature."""

import asyncio
from typing import TypeVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from chassis import metrics
from chassis.http import takes
from contracts.registry import SILENCED
from contracts.telemetry import DEVICE_MESSAGE_REFUSED
from services.alarm.api.parts import DeviceParts, Parts
from services.alarm.api.presses import read_body
from services.alarm.domain import Claim
from services.alarm.errors import BodyInvalid, DeviceSilenced, SignatureRefused
from services.alarm.reading import read_document, split_jws, unwrap
from services.alarm.schemas import CancelBody, FixesBody, FollowClaim, HeartbeatBody
from services.alarm.usecases.devices import Device, standing
from services.alarm.usecases.reports import receive_fixes, request_cancel

router = APIRouter(tags=["devices"])

B = TypeVar("B", bound=BaseModel)

KINDS: dict[type[BaseModel], str] = {
    FixesBody: "fixes",
    CancelBody: "cancel",
    HeartbeatBody: "heartbeat",
    FollowClaim: "follow",
}
_ACCEPTED = b'{"status":"accepted"}'


async def signed(parts: DeviceParts, body: bytes, kind: type[B]) -> tuple[B, Device]:
    """The signed payload of a known device that may send.

    Raises `SignatureRefused`, `DeviceSilenced`, and `BodyInvalid` naming the field.
    """
    message = split_jws(unwrap(body))
    try:
        read = kind.model_validate(read_document(message.payload))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        _not_counted(kind, "unreadable")
        raise BodyInvalid(first["msg"], field=".".join(map(str, first["loc"])) or "body") from None
    device_id: UUID = read.device_id  # type: ignore[attr-defined]  # every signed body has one
    device = await parts.devices.find(device_id)
    claim = Claim(raw=body, device_id=str(device_id), signed=message.signing_input, signature=message.signature)
    if device is None or standing(claim, device) != "good":
        _not_counted(kind, "signature")
        raise SignatureRefused("sign this with the key of the device", field="device_id")
    if device.status in SILENCED:
        _not_counted(kind, "status")
        raise DeviceSilenced("this device is not in use: only a press of it counts", field="device_id")
    return read, device


def _not_counted(kind: type[BaseModel], reason: str) -> None:
    metrics.count(DEVICE_MESSAGE_REFUSED, kind=KINDS[kind], reason=reason)


def accepted() -> Response:
    """The same bytes for everything that was taken."""
    return Response(_ACCEPTED, status_code=202, media_type="application/json")


@router.post("/v1/alarms/{alarm_id}/fixes", status_code=202, openapi_extra=takes("application/jose"))
async def fixes(alarm_id: UUID, request: Request) -> Response:
    """Take further fixes of an open alarm (JWS of device_id, sequence, fixes)."""
    parts: Parts = request.app.state.parts
    body, _ = await signed(parts, await read_body(request), FixesBody)
    await asyncio.to_thread(receive_fixes, parts.database, alarm_id, body)
    return accepted()


@router.post("/v1/alarms/{alarm_id}/cancel", status_code=202, openapi_extra=takes("application/jose"))
async def cancel(alarm_id: UUID, request: Request) -> Response:
    """Take a request to cancel (JWS of device_id, code). The answer never depends on the code or the alarm."""
    parts: Parts = request.app.state.parts
    body, _ = await signed(parts, await read_body(request), CancelBody)
    await asyncio.to_thread(request_cancel, parts.database, alarm_id, body)
    return accepted()
