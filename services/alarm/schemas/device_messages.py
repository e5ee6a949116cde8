"""What devices sign besides presses. Only a device id that cannot be read is refused."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator

from contracts.common import Fix
from contracts.values import Moment, read_moment, read_switch, read_text, read_whole
from services.alarm.schemas.device_values import read_device, read_fixes

# A press is some hundred bytes; what comes after this is not read, and the press is accepted all the same.
MAX_BODY = 64 * 1024
# What a device says of itself: what cannot be read is not known, and the message counts all the same.
DeviceId = Annotated[UUID, BeforeValidator(read_device)]
_Percent = Annotated[int | None, BeforeValidator(lambda value: read_whole(value, 0, 100))]
_Switch = Annotated[bool | None, BeforeValidator(read_switch)]


class FixesBody(BaseModel):
    """Where the device was since; `sequence` counts these messages up from 0. Bad fixes are left out."""

    device_id: DeviceId
    alarm_id: UUID | None = None
    sequence: Annotated[int, BeforeValidator(lambda value: read_whole(value) or 0)] = 0
    fixes: Annotated[tuple[Fix, ...], BeforeValidator(read_fixes)] = ()


class CancelBody(BaseModel):
    """The device asks to cancel; people decide. Without a code that can be read it asks all the same."""

    device_id: DeviceId
    alarm_id: UUID | None = None
    code: object = None


class HeartbeatBody(BaseModel):
    """What a device says of itself every quarter of an hour; batteries in percent."""

    device_id: DeviceId
    at: Annotated[datetime | None, BeforeValidator(read_moment)] = None
    phone_battery: _Percent = None
    button_battery: _Percent = None
    bluetooth: _Switch = None
    location_permission: _Switch = None
    app_version: Annotated[str | None, BeforeValidator(lambda value: read_text(value, 40))] = None


class FollowClaim(BaseModel):
    """What a device signs to see its own alarm."""

    device_id: DeviceId
    alarm_id: UUID
    at: Moment
