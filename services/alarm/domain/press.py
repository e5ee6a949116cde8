"""What a press says and what is wrong with it. Nothing here refuses: whatever is wrong becomes a flag."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from contracts.alarm import alarm_id_of, is_signed_as, unverified_alarm_id_of
from contracts.common import Fix, Lane
from contracts.registry import SILENCED

Standing = Literal["good", "bad_signature", "unsigned", "unknown_device"]
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
    typ: object = None

    @property
    def uuid(self) -> UUID | None:
        """Give the device id as the registry gives them out; None if it is not one."""
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
    """Read a UUID in any of its usual spellings; None if it is not one."""
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
    signed_as_press = is_signed_as("press", claim.typ)
    if standing == "good" and not signed_as_press:
        flags.append(UNTYPED if signed_as_press is None else "signed_as_something_else")
    verified = (
        standing == "good"
        and device is not None
        and (signed_as_press or (signed_as_press is None and take_untyped))
    )
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
        # Only what is verified and whole may be taken for a test: a doubt is a real press.
        is_test=bool(verified) and claim.kind == "test" and claim.counter is not None,
        content=content,
    )


def with_reused_counter(judged: Judged, device_id: str, counter: int | None) -> Judged:
    """Give the press an id of its own, so that a counter that began anew does not hide it behind an old one."""
    return Judged(
        alarm_id=unverified_alarm_id_of(device_id, str(counter), judged.content),
        lane=judged.lane,
        flags=(*judged.flags, REUSED),
        is_test=judged.is_test,
        content=judged.content,
    )


def _time_flags(claim: Claim, now: datetime, skew_s: float, late_s: float) -> list[str]:
    flags = []
    stated_at = claim.sent_at or claim.pressed_at
    if stated_at and abs(now - stated_at) > timedelta(seconds=skew_s):
        flags.append("clock_skew")
    if claim.pressed_at and now - claim.pressed_at > timedelta(seconds=late_s):
        flags.append(LATE)
    return flags
