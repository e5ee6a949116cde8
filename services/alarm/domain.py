"""What a press says and what is wrong with it. Nothing here refuses: whatever is wrong becomes a flag."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from contracts.alarm import alarm_id_of, is_signed_as, unverified_alarm_id_of
from contracts.common import Fix, Lane
from contracts.registry import SILENCED

Standing = Literal["good", "bad_signature", "unsigned", "unknown_device"]
STAGES = ("stored", "routed", "seen", "unit_moving", "on_scene", "closed")
UNTYPED = "signed_without_type"
REUSED = "counter_reused_with_other_content"
LATE = "late"
# It carries others of its device, which came faster than they are taken one by one.
JOINED = "presses_joined"


@dataclass(frozen=True, slots=True)
class Claim:
    """A press as it was read. `flags`: what was broken in it; `signed`/`signature`: None when unsigned."""

    raw: bytes
    device_id: str
    counter: int | None = None
    kind: str | None = None
    pressed_at: datetime | None = None
    sent_at: datetime | None = None
    fix: Fix | None = None
    flags: tuple[str, ...] = ()
    signed: bytes | None = None
    signature: bytes | None = None
    typ: Any = None

    @property
    def uuid(self) -> UUID | None:
        """The device id as the registry gives them out, if it is one."""
        return uuid_of(self.device_id)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a claim is taken for. `content` tells two presses with one counter apart."""

    alarm_id: UUID
    lane: Lane
    flags: tuple[str, ...]
    is_test: bool
    content: str


def uuid_of(text: str) -> UUID | None:
    """A UUID in any of its usual spellings, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def judge(
    claim: Claim,
    standing: Standing,
    status: str | None,
    now: datetime,
    skew_s: float,
    late_s: float,
    *,
    take_untyped: bool = True,
) -> Judged:
    """Decide lane, id and flags of a press. Pure; never refuses.

    What was signed as something else proves nothing but that somebody kept it.
    """
    flags = [*claim.flags, *_time_flags(claim, now, skew_s, late_s)]
    if standing != "good":
        flags.append(standing)
    if status in SILENCED:
        flags.append("suspended_device")
    if claim.counter is None:
        flags.append("counter_missing")
    device = claim.uuid
    said = is_signed_as("press", claim.typ)
    if standing == "good" and not said:
        flags.append(UNTYPED if said is None else "signed_as_something_else")
    verified = standing == "good" and device is not None and (said or (said is None and take_untyped))
    # What the device signed, or all that it sent: a copy has the same bytes, whatever way it took.
    content = sha256(claim.signed or claim.raw).hexdigest()
    if verified and device is not None and claim.counter is not None:
        alarm_id = alarm_id_of(device, claim.counter)
    else:
        alarm_id = unverified_alarm_id_of(claim.device_id, str(claim.counter), content)
    return Judged(
        alarm_id=alarm_id,
        lane="verified" if verified else "unverified",
        flags=tuple(dict.fromkeys(flags)),
        # Only what is proved and whole may be taken for a test: a doubt is a real press.
        is_test=bool(verified) and claim.kind == "test" and claim.counter is not None,
        content=content,
    )


def with_reused_counter(judged: Judged, device_id: str, counter: int | None) -> Judged:
    """The same press under an id of its own: a counter that began anew must not hide it behind an old one."""
    return Judged(
        alarm_id=unverified_alarm_id_of(device_id, str(counter), judged.content),
        lane=judged.lane,
        flags=(*judged.flags, REUSED),
        is_test=judged.is_test,
        content=judged.content,
    )


def _time_flags(claim: Claim, now: datetime, skew_s: float, late_s: float) -> list[str]:
    flags = []
    told = claim.sent_at or claim.pressed_at
    if told and abs(now - told) > timedelta(seconds=skew_s):
        flags.append("clock_skew")
    if claim.pressed_at and now - claim.pressed_at > timedelta(seconds=late_s):
        flags.append(LATE)
    return flags


def checked_fix(fix: Fix | None) -> tuple[Fix | None, tuple[str, ...]]:
    """A fix that may be plotted, or None with the flag that says why."""
    if fix is None:
        return None, ()
    if abs(fix.lat) > 90 or abs(fix.lon) > 180:
        return None, ("fix_invalid",)
    if abs(fix.lat) < 0.01 and abs(fix.lon) < 0.01:
        return None, ("null_island",)
    return fix, ()


def evidence_place(alarm_id: UUID) -> str:
    """Where the sealed fix and body of a press belong."""
    return f"presses:{alarm_id}:evidence"


# What other clocks may be ahead of this one.
_AHEAD_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on a person is told: seconds, percent, days."""

    silence_warning_s: float
    silence_task_s: float
    bluetooth_loss_s: float
    phone_battery_percent: int
    button_battery_percent: int
    battery_task_percent: int
    test_due_days: float
    test_overdue_days: float


@dataclass(frozen=True, slots=True)
class Health:
    """The last that is known of a device in use."""

    device_id: UUID
    enrolment_id: UUID
    contact_at: datetime
    reported_at: datetime | None
    phone_battery: int | None
    button_battery: int | None
    bluetooth_lost_at: datetime | None
    tested_at: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """Something about a device that needs a person."""

    device_id: UUID
    enrolment_id: UUID
    kind: Literal["silent", "phone_battery", "button_battery", "bluetooth", "test_overdue"]
    level: Literal["warning", "task"]
    since: datetime
    detail: tuple[tuple[str, int], ...] = ()


def conditions(health: Health, limits: Limits, now: datetime) -> list[Condition]:
    """Everything about this device that needs a person now."""
    found: list[Condition] = []
    device, file = health.device_id, health.enrolment_id

    def overdue(kind: Any, since: datetime | None, warning_s: float, task_s: float | None) -> None:
        age = (now - since).total_seconds() if since else 0
        if age < -_AHEAD_S:
            # What is said to happen yet is not known: that is not well.
            age = math.inf
        if since and age >= warning_s:
            found.append(Condition(device, file, kind, "warning", since))
        if since and task_s is not None and age >= task_s:
            found.append(Condition(device, file, kind, "task", since))

    def low(kind: Any, percent: int | None, warning: int) -> None:
        at = health.reported_at or now
        if percent is not None and percent < warning:
            found.append(Condition(device, file, kind, "warning", at, (("percent", percent),)))
        if percent is not None and percent < limits.battery_task_percent:
            found.append(Condition(device, file, kind, "task", at, (("percent", percent),)))

    overdue("silent", health.contact_at, limits.silence_warning_s, limits.silence_task_s)
    overdue("bluetooth", health.bluetooth_lost_at, limits.bluetooth_loss_s, None)
    overdue("test_overdue", health.tested_at, limits.test_due_days * 86400, limits.test_overdue_days * 86400)
    low("phone_battery", health.phone_battery, limits.phone_battery_percent)
    low("button_battery", health.button_battery, limits.button_battery_percent)
    return found
