"""Events of the alarm service.

What carries a location goes to `alarm.urgent`, which only dispatch and the alarm service's own
recorder read; `alarm.events` never holds one.
"""

import hashlib
from typing import Annotated, ClassVar, Literal
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PrivateAttr

from contracts.common import Channel, Fix, Lane
from contracts.envelope import Payload
from contracts.policy import Group, Personal
from contracts.topology import ALARM_EVENTS, ALARM_URGENT
from contracts.values import Moment, read_code

_LOCATION, _DEVICE = Personal(Group.LOCATION), Personal(Group.DEVICE)
_VERIFIED = UUID("6f1d1f0e-8f0b-5c55-9f57-3a8a57a1a4d1")
_UNVERIFIED = UUID("b5f8a9c3-0d3e-5a54-8a7e-3b1f0c9d7e21")


def alarm_id_of(device_id: UUID, counter: int) -> UUID:
    """The id of an authenticated press: every copy over every channel gives the same one."""
    return uuid5(_VERIFIED, f"{device_id}:{counter}")


def unverified_alarm_id_of(device_id: str, counter: str, digest: str) -> UUID:
    """The id of an unverified press: of its own name space, so that it can never mask a real one."""
    return uuid5(_UNVERIFIED, f"{device_id}:{counter}:{digest}")


def digest_code(alarm_id: UUID, code: object) -> str:
    """How a cancel code travels: SHA-256 hex of alarm id and the value of the code, however it was typed."""
    return hashlib.sha256(f"{alarm_id}:{read_code(code)}".encode()).hexdigest()


# `typ` in the protected header of what a device signs: what it is, so that it can be nothing else. Old clients
# send none, or what their library puts there.
SIGNED_AS = {kind: f"stalkingalarm-{kind}+jws" for kind in ("press", "fixes", "cancel", "heartbeat", "follow")}


def is_signed_as(kind: str, typ: object) -> bool | None:
    """Whether something was signed as what it is sent as; None where its signer did not say."""
    return typ == SIGNED_AS[kind] if typ in SIGNED_AS.values() else None


class _Urgent(Payload):
    EXCHANGE = ALARM_URGENT


class AlarmRaised(_Urgent):
    """A press was accepted. `deadline_at`: when the order must be at a unit; `hops`: server times by stage.

    `content`: SHA-256 of what the device sent, which every copy shares and no other press does. `proof`: what
    it signed, as a compact JWS, a letter a byte; dispatch believes that, not `lane`. `source`: of a press that
    nobody verified, a pseudonym of the network address that it came from; None where that says nothing.
    """

    TYPE = "alarm.raised.v1"

    alarm_id: UUID
    device_id: str
    counter: int | None
    lane: Lane
    channel: Channel = "data"
    content: str | None = None
    proof: Annotated[str | None, _LOCATION] = None
    source: str | None = None
    pressed_at: Moment | None = None
    received_at: AwareDatetime
    deadline_at: AwareDatetime
    fix: Annotated[Fix | None, _LOCATION] = None
    flags: tuple[str, ...] = ()
    hops: dict[str, AwareDatetime] = Field(default_factory=dict)
    # Of the press as it was read: a copy of this that has another id, or less in it, is still that press.
    _came_as: UUID = PrivateAttr()
    _digest: str = PrivateAttr()

    def model_post_init(self, _: object) -> None:
        """Keep what press this is."""
        self._came_as = self.alarm_id
        self._digest = hashlib.sha256(f"{self.content} {self.proof}".encode(errors="replace")).hexdigest()

    @property
    def came_as(self) -> UUID:
        """The id under which it came."""
        return self._came_as

    @property
    def digest(self) -> str:
        """What its copies share, and no other press has, even under the same id: SHA-256, hexadecimal.

        With the signature in it, so that nobody can try out places until one fits.
        """
        return self._digest

    @property
    def subject(self) -> str:
        """The alarm."""
        return str(self.alarm_id)

    @property
    def routing_key(self) -> str:
        """One lane for what is verified, one for the rest: a flood of the latter delays nothing."""
        return f"{self.TYPE}.{self.lane}"


class AlarmLocated(_Urgent):
    """A further fix of the device while its alarm is open."""

    TYPE = "alarm.located.v1"

    alarm_id: UUID
    device_id: UUID
    sequence: int
    fix: Annotated[Fix, _LOCATION]
    received_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The alarm."""
        return str(self.alarm_id)


class CancelRequested(_Urgent):
    """The device asks to cancel. `code_digest`: see `digest_code`; dispatch alone judges it."""

    TYPE = "alarm.cancel_requested.v1"

    alarm_id: UUID
    device_id: UUID
    code_digest: str
    received_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The alarm."""
        return str(self.alarm_id)


class TestRaised(_Urgent):
    """A test press: goes the way of a real one as far as routing, and is never dispatched."""

    TYPE = "test.raised.v1"
    __test__: ClassVar[bool] = False

    test_id: UUID
    device_id: UUID
    counter: int
    received_at: AwareDatetime
    fix: Annotated[Fix | None, _LOCATION] = None

    @property
    def subject(self) -> str:
        """The test."""
        return str(self.test_id)


class CanaryRaised(_Urgent):
    """The synthetic press of one control room, every minute, on the lane of real presses."""

    TYPE = "canary.raised.v1"

    canary_id: UUID
    control_room_id: str
    # A public place.
    fix: Fix
    raised_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The control room."""
        return self.control_room_id


class RecordedPress(BaseModel):
    """What the ledger needs of one stored press: no location."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    alarm_id: UUID
    device_id: str
    enrolment_id: UUID | None = None
    counter: int | None
    lane: Lane
    channel: Channel
    pressed_at: AwareDatetime | None
    received_at: AwareDatetime
    stored_at: AwareDatetime
    deadline_at: AwareDatetime
    flags: tuple[str, ...] = ()


class _AlarmFact(Payload):
    EXCHANGE = ALARM_EVENTS


class PressesRecorded(_AlarmFact):
    """Presses are in the alarm service's database; some at a time, because one event each would cost twice."""

    TYPE = "presses.recorded.v1"

    presses: tuple[RecordedPress, ...]

    @property
    def subject(self) -> str:
        """The first press."""
        return str(self.presses[0].alarm_id)


class ReportedDevice(BaseModel):
    """What one device said of itself: batteries in percent, Bluetooth and permissions."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    device_id: UUID
    enrolment_id: UUID | None = None
    received_at: AwareDatetime
    phone_battery: Annotated[int | None, _DEVICE] = None
    button_battery: Annotated[int | None, _DEVICE] = None
    bluetooth: Annotated[bool | None, _DEVICE] = None
    location_permission: Annotated[bool | None, _DEVICE] = None
    app_version: Annotated[str | None, _DEVICE] = None


class DevicesReported(_AlarmFact):
    """Heartbeats: of each device one an hour, and at once what a person would act on."""

    TYPE = "devices.reported.v1"

    devices: tuple[ReportedDevice, ...]

    @property
    def subject(self) -> str:
        """The first device."""
        return str(self.devices[0].device_id)


class DeviceAttention(_AlarmFact):
    """Something about a device needs a person: silence, battery, Bluetooth, an overdue test."""

    TYPE = "device.attention.v1"

    device_id: UUID
    enrolment_id: UUID | None = None
    kind: Literal["silent", "phone_battery", "button_battery", "bluetooth", "test_overdue"]
    level: Literal["warning", "task"]
    since: AwareDatetime
    detail: Annotated[dict[str, object], _DEVICE] = Field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The device."""
        return str(self.device_id)


class TestReceived(_AlarmFact):
    """A test press came in; `test.routed.v1` of dispatch tells that it went all the way."""

    TYPE = "test.received.v1"
    __test__: ClassVar[bool] = False

    test_id: UUID
    device_id: UUID
    enrolment_id: UUID | None = None
    received_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The device."""
        return str(self.device_id)


EVENTS = (
    AlarmRaised,
    AlarmLocated,
    CancelRequested,
    TestRaised,
    CanaryRaised,
    PressesRecorded,
    DevicesReported,
    DeviceAttention,
    TestReceived,
)
