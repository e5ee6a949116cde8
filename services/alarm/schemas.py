"""HTTP bodies: what devices send and get. Presses are read leniently, everything else strictly."""

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from chassis import metrics
from contracts.common import NO_NUL, Fix
from contracts.telemetry import PRESS_REFUSED
from services.alarm.domain import Claim, checked_fix
from services.alarm.errors import DeviceUnreadable

# A press is some hundred bytes; what comes after this is not read, and the press is accepted all the same.
MAX_BODY = 64 * 1024
_MAX_ID = 100
_ID_IN_RUINS = re.compile(rb'"device_id"\s*:\s*"?([\w.:@-]{1,100})')
_MOMENT: TypeAdapter[datetime] = TypeAdapter(datetime)


class _PressBody(BaseModel):
    """The payload of a press that is in order; anything else takes the slow way."""

    model_config = ConfigDict(extra="ignore")

    device_id: str = Field(min_length=1, max_length=_MAX_ID, pattern=r"^[\w.:@-]+$")
    counter: int = Field(ge=0, lt=2**63)
    kind: str | None = None
    pressed_at: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None
    fix: Fix | None = None


class Receipt(BaseModel):
    """The press is held. `stored_in`: by whom; any one of them suffices."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "alarm_id": "3f0d2c5e-52fb-5b07-9be9-21b56a3c9d50",
                    "received_at": "2026-11-23T22:00:00.120Z",
                    "deadline_at": "2026-11-23T22:00:05.120Z",
                    "stored_in": ["database", "broker"],
                }
            ]
        }
    )

    alarm_id: UUID
    received_at: AwareDatetime
    deadline_at: AwareDatetime
    stored_in: tuple[Literal["database", "broker", "dispatch"], ...]


class StageAt(BaseModel):
    """A stage of the receipt ladder and when it was reached (UTC)."""

    stage: Literal["stored", "routed", "seen", "unit_moving", "on_scene", "closed"]
    at: AwareDatetime


class Ladder(BaseModel):
    """How far an alarm has come. The names are discreet: somebody else may see the screen."""

    alarm_id: UUID
    stage: str | None
    stages: tuple[StageAt, ...]


class FixesBody(BaseModel):
    """Where the device was since; `sequence` counts these messages up from 0."""

    device_id: UUID
    sequence: int = Field(ge=0)
    fixes: tuple[Fix, ...] = Field(min_length=1, max_length=500)


class CancelBody(BaseModel):
    """The device asks to cancel; people decide."""

    device_id: UUID
    code: str = Field(min_length=1, max_length=32)


class HeartbeatBody(BaseModel):
    """What a device says of itself every quarter of an hour; batteries in percent."""

    device_id: UUID
    at: AwareDatetime | None = None
    phone_battery: int | None = Field(default=None, ge=0, le=100)
    button_battery: int | None = Field(default=None, ge=0, le=100)
    bluetooth: bool | None = None
    location_permission: bool | None = None
    app_version: str | None = Field(default=None, max_length=40, pattern=NO_NUL)


class FollowClaim(BaseModel):
    """What a device signs to see its own alarm."""

    device_id: UUID
    alarm_id: UUID
    at: AwareDatetime


class CanaryBody(BaseModel):
    """A synthetic press for one control room, at a public place of its area."""

    control_room_id: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


def split_jws(body: bytes) -> tuple[dict[str, Any], bytes, bytes | None, bytes | None]:
    """Header, payload, signing input and signature of a compact JWS, as far as each can be read."""
    parts = body.strip().split(b".")
    if len(parts) != 3:
        return {}, body, None, None
    header = _json(_decoded(parts[0]) or b"")
    signature = _decoded(parts[2])
    algorithm_known = header.get("alg") in ("EdDSA", "Ed25519") if isinstance(header, dict) else False
    signed = parts[0] + b"." + parts[1] if algorithm_known and signature else None
    return (
        header if isinstance(header, dict) else {},
        _decoded(parts[1]) or b"",
        signed,
        signature,
    )


def read_press(body: bytes) -> Claim:
    """Read a press, signed or not. Raises `DeviceUnreadable` only where no device id can be found."""
    plain = body.lstrip()[:1] == b"{"
    header, payload, signed, signature = ({}, body, None, None) if plain else split_jws(body)
    try:
        read = _PressBody.model_validate_json(payload)
    except ValidationError:
        read = None
    if read is None or not _plausible(read.pressed_at) or not _plausible(read.sent_at):
        return _read_leniently(body, header, payload, signed, signature)
    fix, flags = checked_fix(read.fix)
    return Claim(
        raw=body,
        device_id=_canonical(read.device_id),
        counter=read.counter,
        kind=read.kind,
        pressed_at=read.pressed_at,
        sent_at=read.sent_at,
        fix=fix,
        flags=flags,
        signed=signed,
        signature=signature,
    )


def _read_leniently(
    body: bytes, header: dict[str, Any], payload: bytes, signed: bytes | None, signature: bytes | None
) -> Claim:
    """Field by field: what cannot be read is left out and flagged."""
    document = _json(payload)
    fields = document if isinstance(document, dict) else {}
    device_id = _id_of(fields.get("device_id")) or _id_of(header.get("kid"))
    if device_id is None and document is None and (found := _ID_IN_RUINS.search(payload)):
        device_id = _id_of(found[1].decode(errors="replace"))
    if device_id is None:
        metrics.count(PRESS_REFUSED, reason="unreadable")
        raise DeviceUnreadable("no device id can be read from this body", field="device_id")
    flags = [] if isinstance(document, dict) else ["body_broken"]
    moments = {}
    for name in ("pressed_at", "sent_at"):
        moments[name] = _moment_of(fields.get(name))
        if fields.get(name) is not None and moments[name] is None:
            flags.append(f"{name}_invalid")
    fix, fix_flags = _fix_of(fields.get("fix"))
    kind = fields.get("kind")
    return Claim(
        raw=body,
        device_id=device_id,
        counter=_counter_of(fields.get("counter")),
        kind=kind if isinstance(kind, str) else None,
        fix=fix,
        flags=(*flags, *fix_flags),
        signed=signed,
        signature=signature,
        **moments,
    )


def _decoded(part: bytes) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None


def _json(text: bytes) -> Any:
    try:
        return json.loads(text.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def _id_of(value: Any) -> str | None:
    """A device id in text that any database takes."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        text = str(value)[:_MAX_ID]
    except ValueError:  # an integer of thousands of digits
        return None
    cleaned = "".join(c for c in text if c.isprintable()).strip()
    return _canonical(cleaned) if cleaned else None


def _canonical(device_id: str) -> str:
    try:
        return str(UUID(device_id))
    except ValueError:
        return device_id


def _counter_of(value: Any) -> int | None:
    """A counter, also where it came as text or as 5.0."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < 2**63 else None


def _moment_of(value: Any) -> datetime | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        moment = _MOMENT.validate_python(value)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValidationError, OverflowError, ValueError):
        return None
    return moment if _plausible(moment) else None


def _plausible(moment: datetime | None) -> bool:
    """A clock that was never set tells nothing, and years far off break databases."""
    return moment is None or 2000 < moment.year < 2200


def _fix_of(value: Any) -> tuple[Fix | None, tuple[str, ...]]:
    """The fix, without what is broken in it as long as there is a place."""
    if value is None:
        return None, ()
    fields = value if isinstance(value, dict) else {}
    for names in (("lat", "lon", "radius_m", "at"), ("lat", "lon", "radius_m"), ("lat", "lon")):
        try:
            fix = Fix.model_validate({name: fields.get(name) for name in names})
        except (ValidationError, OverflowError):
            continue
        plotted, flags = checked_fix(fix)
        return plotted, flags or (() if len(names) == 4 else ("fix_invalid",))
    return None, ("fix_invalid",)
