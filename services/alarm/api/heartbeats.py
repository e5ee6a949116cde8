"""What devices say of themselves. Nothing of it may ever stand in the way of a press."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chassis.database.group_commit import NotWritten
from chassis.errors import Retryable
from chassis.http.application import takes
from chassis.runtime import clock
from services.alarm.api.dependencies import HeartbeatIntake, heartbeat_intake_of
from services.alarm.api.presses import read_body
from services.alarm.api.signed_messages import accepted, refuse_stale, signed
from services.alarm.schemas.device_messages import HeartbeatBody
from services.alarm.usecases.device_messages import Heartbeat

router = APIRouter(tags=["devices"])

_PATH = "/v1/heartbeats"


async def take(intake: HeartbeatIntake, body: bytes) -> None:
    """Store a heartbeat; raises what `signed` raises, and `Retryable` while the database is away."""
    read, device, is_old = await signed(intake, body, HeartbeatBody)
    if not is_old:
        refuse_stale(intake, read)
    try:
        await intake.heartbeats.submit(
            Heartbeat(read.device_id, read.model_dump(exclude={"at"}), device.enrolment_id, clock.now())
        )
    except NotWritten:
        raise Retryable("the heartbeat could not be stored yet") from None


@router.post(_PATH, status_code=202, openapi_extra=takes("application/jose"))
async def heartbeat(request: Request) -> Response:
    """Take a heartbeat (JWS of device_id, at, batteries, Bluetooth, permissions).

    `typ` is `stalkingalarm-heartbeat+jws`. One that was signed more than minutes ago is no sign of life.
    """
    await take(heartbeat_intake_of(request.scope), await read_body(request))
    return accepted()


class _Straight:
    """The same past the framework's dependencies and response models, which cost more than the heartbeat."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await take(heartbeat_intake_of(scope), await read_body(Request(scope, receive)))
        await accepted()(scope, receive, send)


straight = Route(_PATH, _Straight(), methods=["POST"])
