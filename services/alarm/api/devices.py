"""What devices send about an open alarm: further fixes, a request to cancel."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.http.application import takes
from services.alarm.api.dependencies import device_intake_of
from services.alarm.api.presses import read_body
from services.alarm.api.signed_messages import accepted, signed
from services.alarm.schemas.device_messages import CancelBody, FixesBody
from services.alarm.usecases.device_messages import receive_fixes, request_cancel

router = APIRouter(tags=["devices"])


@router.post("/v1/alarms/{alarm_id}/fixes", status_code=202, openapi_extra=takes("application/jose"))
async def fixes(alarm_id: UUID, request: Request) -> Response:
    """Take further fixes of an open alarm (JWS of device_id, alarm_id, sequence, fixes).

    `typ` is `stalkingalarm-fixes+jws`. A place without a time does not count where its number, or a later one,
    came before.
    """
    intake = device_intake_of(request)
    body, *_ = await signed(intake, await read_body(request), FixesBody, alarm_id)
    held_as = intake.carrier_of(alarm_id, body.device_id)
    await intake.act(receive_fixes, held_as, body.device_id, body.sequence, body.fixes)
    return accepted()


@router.post("/v1/alarms/{alarm_id}/cancel", status_code=202, openapi_extra=takes("application/jose"))
async def cancel(alarm_id: UUID, request: Request) -> Response:
    """Take a request to cancel (JWS of device_id, alarm_id, code); `typ` is `stalkingalarm-cancel+jws`.

    The answer never depends on the code, or on whether there is such an alarm.
    """
    intake = device_intake_of(request)
    body, *_ = await signed(intake, await read_body(request), CancelBody, alarm_id)
    held_as = intake.carrier_of(alarm_id, body.device_id)
    await intake.act(request_cancel, held_as, body.device_id, body.code)
    return accepted()
