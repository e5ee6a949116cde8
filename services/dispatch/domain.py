"""Pure rules of dispatch: the life of an order, urgency, the escalation ladder. No clock, no I/O."""

import hmac
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from contracts.alarm import digest_code
from contracts.common import Fix, Lane
from contracts.dispatch import OrderState

# One transition table: from state to the states that may follow. Any other move is an error.
ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    "proposed": frozenset({"sent", "withdrawn", "closed"}),
    "sent": frozenset({"received", "acknowledged", "en_route", "on_scene", "declined", "withdrawn", "closed"}),
    "received": frozenset({"acknowledged", "en_route", "on_scene", "declined", "withdrawn", "closed"}),
    "acknowledged": frozenset({"en_route", "on_scene", "declined", "withdrawn", "closed"}),
    "en_route": frozenset({"on_scene", "declined", "withdrawn", "closed"}),
    "on_scene": frozenset({"closed", "withdrawn"}),
    "closed": frozenset(),
    "declined": frozenset(),
    "withdrawn": frozenset(),
}
# The column that holds when an order reached a state.
STAMPS: dict[str, str] = {
    "sent": "sent_at",
    "received": "received_at",
    "acknowledged": "acknowledged_at",
    "en_route": "en_route_at",
    "on_scene": "on_scene_at",
    "closed": "closed_at",
}
# The unit holds the order (and sees the card) in these.
LIVE: frozenset[OrderState] = frozenset({"sent", "received", "acknowledged", "en_route", "on_scene"})
ANSWERED: frozenset[OrderState] = frozenset({"acknowledged", "en_route", "on_scene", "closed"})
# No free unit gave a sign of life: the nearest that is known goes all the same.
UNIT_SILENT = "unit_no_sign_of_life"
# Reasons that the system gives itself; what a crew writes stays in dispatch.
SYSTEM_REASONS = frozenset({"unit_silent", "unit_taken", "nearer_unit", "recalled", "tie", UNIT_SILENT})
# Due rows of an incident. `find_unit` does what the room's policy says; `send_unit` sends, whatever it says.
ABOUT_INCIDENTS = ("acknowledge", "unsent", "find_unit", "send_unit", "re_press", "proof", "linked")
OVER: frozenset[OrderState] = frozenset({"closed", "declined", "withdrawn"})

_PROGRESS: tuple[OrderState, ...] = get_args(OrderState)[:7]

# The flag of a press whose device is not known here yet, and all that stand for want of proof.
PENDING, BROKEN = "proof_pending", "proof_broken"
PROOF_FLAGS = frozenset({PENDING, BROKEN, "proof_missing", "unverified"})

# Flags that say something of one place: a newer one brings its own.
FLAGS_OF_A_PLACE = frozenset(
    {
        *("no_location", "null_island", "invalid_coordinates", "swapped_coordinates", "place_as_signed"),
        *("fix_invalid", "fix_time_unknown", "border", "abroad", "far"),
    }
)

Escalation = Literal["all_positions", "supervisor", "neighbour"]
LADDER: tuple[Escalation, ...] = ("all_positions", "supervisor", "neighbour")

Cancel = Literal["requested", "duress"]

# What makes an alarm urgent. Whatever comes to it, one that nobody proved stays below every proved one; and of
# further presses so many count that they do not reach duress.
URGENCY_OF_LANE: dict[Lane, int] = {"verified": 100, "unverified": 0}
URGENCY_OF_DURESS = 50
# Above all that is unproved for good, which is never under duress: nobody knows whose code it would be.
URGENCY_OF_PENDING = 50
RE_PRESSES_THAT_COUNT = 40
# So many wrong codes are no slip of the finger any more: the room is told that somebody tries them.
WRONG_CODES_THAT_TELL = 3


def can_move(current: OrderState, target: OrderState) -> bool:
    """Whether the transition table allows the move."""
    return target in ORDER_MOVES[current]


def already_there(current: OrderState, target: OrderState) -> bool:
    """A repeated or overtaken report of progress: harmless."""
    if current == target:
        return True
    if current in _PROGRESS and target in _PROGRESS and target not in ("closed", "sent"):
        return _PROGRESS.index(current) > _PROGRESS.index(target)
    return False


def subject_of(device_id: str, enrolment_id: UUID | None, lane: Lane) -> str:
    """What an incident is about: presses of one subject join its open incident.

    Unproved presses never share a subject with proved ones: they could otherwise hide or touch a real alarm.
    """
    if lane == "unverified":
        return f"unverified:{device_id}"
    return f"enrolment:{enrolment_id}" if enrolment_id else f"device:{device_id}"


def urgency_of(lane: Lane, presses: int, cancel: Cancel | None, *, pending: bool = False) -> int:
    """Order of alarms on screen: higher first. Proved before unproved, then duress, then further presses.

    `pending`: unproved for want of the registry's word only.
    """
    duress = URGENCY_OF_DURESS if cancel == "duress" else 0
    waiting = URGENCY_OF_PENDING if pending else 0
    return URGENCY_OF_LANE[lane] + waiting + duress + min(presses - 1, RE_PRESSES_THAT_COUNT)


def ladder_of(lane: str, flags: Collection[str] = ()) -> tuple[Escalation, ...]:
    """Who is told, step by step, while nobody acknowledges. Unproved presses never load a neighbour.

    One that may yet be proved does: it waits for the registry, not for the victim.
    """
    return LADDER if lane == "verified" or PENDING in flags else LADDER[:2]


def fix_time(fix: Fix, received_at: datetime) -> datetime:
    """When the device was there (UTC). A clock that runs ahead would hide every later place: when it came."""
    return min(fix.at or received_at, received_at)


def judge_cancel(alarm_id: UUID, digest: str, cancel_code: str, duress_code: str) -> tuple[Cancel, bool]:
    """What a cancel request means, and whether its code was right. Both codes are always compared."""
    normal = hmac.compare_digest(digest_code(alarm_id, cancel_code), digest)
    duress = hmac.compare_digest(digest_code(alarm_id, duress_code), digest)
    return ("duress" if duress else "requested"), normal or duress


def flags_of_wrong_codes(wrong: int) -> list[str]:
    """What the room is shown after so many wrong codes; who asks is told nothing, and is never refused."""
    told = {"cancel_code_wrong": 1, "cancel_codes_tried": WRONG_CODES_THAT_TELL}
    return [flag for flag, least in told.items() if wrong >= least]


def measured_at(fix: Fix, fix_at: datetime, skew_s: float) -> datetime | None:
    """When the place was measured (UTC), as far as that is known.

    None without a time, or where the device's clock is over `skew_s` seconds ahead of `fix_at` (`fix_time`).
    """
    if fix.at is None or fix.at - fix_at > timedelta(seconds=skew_s):
        return None
    return fix_at


def merged(*flags: Iterable[str]) -> list[str]:
    """Flags without repetition, first mention first."""
    return list(dict.fromkeys(flag for group in flags for flag in group))
