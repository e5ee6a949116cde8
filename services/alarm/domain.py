"""What a press says and what is wrong with it. Nothing here refuses: whatever is wrong becomes a flag."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from contracts.alarm import alarm_id_of, unverified_alarm_id_of
from contracts.common import Fix, Lane

# A device in another state still raises an alarm, flagged.
IN_ORDER = frozenset({"matched", "active"})
SUSPENDED = frozenset({"suspended", "lost", "returned", "stock"})

Standing = Literal["good", "bad_signature", "unsigned", "unknown_device"]
STAGES = ("stored", "routed", "seen", "unit_moving", "on_scene", "closed")
REUSED = "counter_reused_with_other_content"


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
    claim: Claim, standing: Standing, status: str | None, now: datetime, skew_s: float, late_s: float
) -> Judged:
    """Decide lane, id and flags of a press. Pure; never refuses."""
    flags = [*claim.flags, *_time_flags(claim, now, skew_s, late_s)]
    if standing != "good":
        flags.append(standing)
    if status in SUSPENDED:
        flags.append("suspended_device")
    if claim.counter is None:
        flags.append("counter_missing")
    device = claim.uuid
    verified = standing == "good" and device is not None
    digest = sha256(claim.raw).hexdigest()
    if verified and device is not None and claim.counter is not None:
        alarm_id = alarm_id_of(device, claim.counter)
    else:
        alarm_id = unverified_alarm_id_of(claim.device_id, str(claim.counter), digest)
    return Judged(
        alarm_id=alarm_id,
        lane="verified" if verified else "unverified",
        flags=tuple(dict.fromkeys(flags)),
        # Only what is proved and whole may be taken for a test: a doubt is a real press.
        is_test=verified and claim.kind == "test" and claim.counter is not None,
        content=content_of(claim.pressed_at) or digest[:32],
    )


def content_of(pressed_at: datetime | None) -> str | None:
    """What tells two presses with one counter apart: retransmissions carry the same time of pressing."""
    return str(int(pressed_at.timestamp() * 1000)) if pressed_at else None


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
        flags.append("late")
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
