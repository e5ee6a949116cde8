"""HTTP bodies: what devices send and get. Only a device id that cannot be read is refused."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from contracts.common import Fix
from contracts.values import Incoming, Moment, read_moment, read_switch, read_text, read_whole
from services.alarm.reading import read_device, read_fixes

# A press is some hundred bytes; what comes after this is not read, and the press is accepted all the same.
MAX_BODY = 64 * 1024

# What a device says of itself: what cannot be read is not known, and the message counts all the same.
DeviceId = Annotated[UUID, BeforeValidator(read_device)]
_Percent = Annotated[int | None, BeforeValidator(lambda value: read_whole(value, 0, 100))]
_Switch = Annotated[bool | None, BeforeValidator(read_switch)]


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


class Redelivered(BaseModel):
    """What came of handing a press over once more.

    `routed`: dispatch had it before, in `incident_id`. `taken`: dispatch has it now. `published`: dispatch does
    not answer, the broker has it. `failed`: neither; it is tried again by itself. `handed_over`: attempts.
    """

    alarm_id: UUID
    outcome: Literal["routed", "taken", "published", "failed"]
    incident_id: UUID | None
    handed_over: int


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
    code: Any = None


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


class CanaryBody(Incoming):
    """A synthetic press for one control room, at a public place of its area."""

    control_room_id: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
