"""Events of alarm, made of rows and of what devices said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.database.damaged_rows import Known, is_known
from chassis.runtime import clock
from chassis.security import jws
from contracts.alarm import AlarmRaised, CanaryRaised, DeviceAttention, RecordedPress, ReportedDevice
from contracts.common import Channel, Fix
from contracts.press import INCOMPLETE
from services.alarm.domain.device_health import Condition
from services.alarm.domain.press import JOINED, Claim, Judged

SOURCE = "/services/alarm"
# What stands for a field of a press that cannot be read: the ledger is told of each, whatever is wrong with it.
_INSTEAD: Mapping[str, Any] = {"lane": "unverified", "channel": "data", "flags": (INCOMPLETE,)}
_TIMES = ("received_at", "stored_at", "deadline_at")


def alarm_raised(
    claim: Claim,
    judged: Judged,
    *,
    channel: Channel,
    source: str | None,
    received_at: datetime,
    deadline_at: datetime,
    joined: bool,
) -> AlarmRaised:
    """Tell of a press; `source`: a pseudonym of who brought it, `joined`: it carries others of its device."""
    return AlarmRaised(
        alarm_id=judged.alarm_id,
        device_id=claim.device_id,
        counter=claim.counter,
        lane=judged.lane,
        channel=channel,
        content=judged.content,
        proof=_proof(claim, judged),
        source=source,
        pressed_at=claim.pressed_at,
        received_at=received_at,
        deadline_at=deadline_at,
        fix=claim.fix,
        flags=(*judged.flags, JOINED) if joined else judged.flags,
        hops={"received": received_at, "published": clock.now()},
    )


def _proof(claim: Claim, judged: Judged) -> str | None:
    """Say what the device signed: dispatch verifies it again before it believes the lane."""
    if judged.lane != "verified" or claim.signed is None or claim.signature is None:
        return None
    return jws.join(claim.signed, claim.signature)


def recorded_press(row: Mapping[str, Any], enrolment_id: UUID | None) -> RecordedPress:
    """Tell the ledger of a press (a row as `store.presses.recorded` gives it)."""
    at = clock.now()
    instead = {**_INSTEAD, **dict.fromkeys(_TIMES, next((row[n] for n in _TIMES if is_known(row[n])), at))}
    values = {**row, "enrolment_id": enrolment_id}
    return Known("press", row["alarm_id"]).shaped(RecordedPress, values, instead)


def canary_raised(control_room_id: str, lat: float, lon: float) -> CanaryRaised:
    """Tell of a synthetic press for one control room."""
    fix = Fix(lat=lat, lon=lon, radius_m=10)
    return CanaryRaised(canary_id=uuid4(), control_room_id=control_room_id, fix=fix, raised_at=clock.now())


def device_attention(condition: Condition) -> DeviceAttention:
    """Tell of a condition of a device that needs a person."""
    return DeviceAttention(
        device_id=condition.device_id,
        enrolment_id=condition.enrolment_id,
        kind=condition.kind,
        level=condition.level,
        since=condition.since,
        detail=dict(condition.detail),
    )


def reported_device(
    heartbeat: Mapping[str, object], enrolment_id: UUID | None, received_at: datetime
) -> ReportedDevice:
    """Tell what a device said of itself in a heartbeat."""
    values = {**heartbeat, "enrolment_id": enrolment_id, "received_at": received_at}
    return ReportedDevice.model_validate(values)
