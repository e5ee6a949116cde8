"""What devices sign besides presses: whether it is what it should be, theirs, and new."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from chassis.runtime import clock
from chassis.telemetry import metrics
from contracts.alarm import SIGNED_AS, is_signed_as
from contracts.registry import SILENCED
from contracts.telemetry import DEVICE_MESSAGE_REFUSED, DEVICE_MESSAGE_UNTYPED
from services.alarm.api.dependencies import HeartbeatIntake
from services.alarm.domain.press import Claim
from services.alarm.errors import BodyInvalid, DeviceSilenced, SignatureRefused
from services.alarm.schemas.device_messages import CancelBody, FixesBody, FollowClaim, HeartbeatBody
from services.alarm.schemas.signed_message import read_document, split_jws, unwrap
from services.alarm.usecases.devices import Device, standing

B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a device signs besides presses: `needs` stands in what says so by its `typ`.

    What an old client signs can only be told by what stands in it: `has`, and nothing of `never`.
    """

    name: str
    needs: frozenset[str]
    has: frozenset[str]
    never: frozenset[str]


_ABOUT, _NOW = frozenset({"alarm_id"}), frozenset({"at"})
_FIXES, _CODE = frozenset({"fixes"}), frozenset({"code"})
_PRESS = frozenset({"kind", "pressed_at", "fix"})
KINDS: dict[type[BaseModel], Kind] = {
    FixesBody: Kind("fixes", needs=_ABOUT | {"sequence"}, has=_FIXES, never=_CODE),
    CancelBody: Kind("cancel", needs=_ABOUT, has=_CODE, never=_FIXES),
    FollowClaim: Kind("follow", needs=_ABOUT | _NOW, has=_ABOUT | _NOW, never=_CODE | _FIXES),
    HeartbeatBody: Kind("heartbeat", needs=_NOW, has=frozenset(), never=_ABOUT | _CODE | _FIXES | _PRESS),
}
_ACCEPTED = b'{"status":"accepted"}'


async def signed(
    intake: HeartbeatIntake, body: bytes, kind: type[B], alarm_id: UUID | None = None
) -> tuple[B, Device, bool]:
    """Give the signed payload of a known device that may send, and whether an old client signed it.

    `alarm_id`: the alarm that it must be about.

    Raises `SignatureRefused`, `DeviceSilenced`, and `BodyInvalid` naming the field.
    """
    message = split_jws(unwrap(body))
    document = read_document(message.payload)
    try:
        read = kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        _not_counted(kind, "unreadable")
        raise BodyInvalid(first["msg"], field=".".join(map(str, first["loc"])) or "body") from None
    device_id: UUID = read.device_id  # type: ignore[attr-defined]  # every signed body has one
    device = await intake.devices.find(device_id)
    claim = Claim(raw=body, device_id=str(device_id), signed=message.signing_input, signature=message.signature)
    if device is None or standing(claim, device) != "good":
        _not_counted(kind, "signature")
        raise SignatureRefused("sign this with the key of the device", field="device_id")
    if device.status in SILENCED:
        _not_counted(kind, "status")
        raise DeviceSilenced("this device is not in use: only a press of it counts", field="device_id")
    _check_kind(intake, kind, message.header.get("typ"), document)
    about = getattr(read, "alarm_id", None)
    if alarm_id is not None and about is not None and about != alarm_id:
        raise _refused(kind, "other_alarm", "signed for another alarm", "alarm_id")
    return read, device, message.header.get("typ") not in SIGNED_AS.values()


def _check_kind(intake: HeartbeatIntake, kind: type[BaseModel], typ: object, document: object) -> None:
    """Raise `SignatureRefused` for what was signed as something else, or may have been."""
    wanted, stands = KINDS[kind], frozenset(document) if isinstance(document, dict) else frozenset()
    is_kind = is_signed_as(wanted.name, typ)
    if is_kind is None and intake.settings.take_untyped:
        metrics.count(DEVICE_MESSAGE_UNTYPED, kind=wanted.name)
        is_kind = wanted.has <= stands and not wanted.never & stands
    if not is_kind:
        raise _refused(kind, "type", f"sign this as {SIGNED_AS[wanted.name]}", "typ")
    if typ in SIGNED_AS.values() and (missing := sorted(wanted.needs - stands)):
        raise _refused(kind, "type", "say what this is about, and when", missing[0])


def refuse_stale(intake: HeartbeatIntake, read: HeartbeatBody | FollowClaim) -> None:
    """Raise `SignatureRefused` for what was signed too long ago: somebody may have kept it."""
    fresh = timedelta(seconds=intake.settings.fresh_s)
    if read.at is None or abs(clock.now() - read.at) > fresh:
        raise _refused(type(read), "stale", "signed too long ago", "at")


def _refused(kind: type[BaseModel], reason: str, detail: str, field: str) -> SignatureRefused:
    _not_counted(kind, reason)
    return SignatureRefused(detail, field=field)


def _not_counted(kind: type[BaseModel], reason: str) -> None:
    metrics.count(DEVICE_MESSAGE_REFUSED, kind=KINDS[kind].name, reason=reason)


def accepted() -> Response:
    """Answer everything that was taken with the same bytes."""
    return Response(_ACCEPTED, status_code=202, media_type="application/json")
