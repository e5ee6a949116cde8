"""Deadlines: when people are reminded, who hears of it when it is missed, and ever louder from then on.

A deadline that passes changes no state: nothing is granted, refused or switched off by time alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, get_args

from contracts.common import local_day, morning
from services.committee.domain import calendar
from services.committee.domain.protocol import Delays

Kind = Literal[
    "provisional_decision", "ratification", "decision", "review", "end", "review_after_alarm",
    "draft_approval", "handover", "device", "protection", "installation", "urgent_installation", "suspension",
]  # fmt: skip
Stage = Literal["first", "last", "missed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STAGES: tuple[Stage, ...] = get_args(Stage)
# The urgent ones are counted by the hour, day and night; a reminder of the others comes on a working day.
BY_THE_HOUR: frozenset[Kind] = frozenset(
    {
        *("provisional_decision", "ratification", "review_after_alarm", "handover"),
        *("protection", "urgent_installation", "suspension"),
    }
)
LOUDER_EVERY = timedelta(days=1)
_APPROVAL_DAYS = 7
_HANDOVER = timedelta(hours=48)
# An alarm that is to end: until the device is handed in, and somebody looks for it.
_DEVICE_DAYS = 14
# An urgent case outside any protocol, for which no magistrate on duty may act alone.
URGENT_OUTSIDE = timedelta(hours=48)


class DeadlineState(StrEnum):
    """Whether something is still waited for."""

    OPEN = "open"
    MET = "met"


@dataclass(frozen=True, slots=True)
class Ladder:
    """How long before the moment people are reminded, by role, and which role hears that it passed."""

    first: timedelta
    last: timedelta
    reminds: str
    escalates_to: str


LADDERS: Mapping[Kind, Ladder] = {
    "provisional_decision": Ladder(timedelta(hours=2), timedelta(minutes=30), "magistrate", "procureur"),
    "ratification": Ladder(timedelta(days=4), timedelta(days=1), "secretariat", "procureur"),
    "decision": Ladder(timedelta(days=7), timedelta(days=2), "secretariat", "procureur"),
    "draft_approval": Ladder(timedelta(days=3), timedelta(days=1), "procureur_general", "procureur"),
    "handover": Ladder(timedelta(hours=24), timedelta(hours=4), "secretariat", "procureur"),
    "device": Ladder(timedelta(days=7), timedelta(days=2), "secretariat", "procureur"),
    # Granted, and nobody made it work yet.
    "installation": Ladder(timedelta(days=3), timedelta(days=1), "secretariat", "procureur"),
    "urgent_installation": Ladder(timedelta(hours=12), timedelta(hours=4), "secretariat", "procureur"),
    # The registry ended or suspended what the committee wants to live: nobody waits for that.
    "protection": Ladder(timedelta(0), timedelta(0), "secretariat", "procureur"),
    "suspension": Ladder(timedelta(0), timedelta(0), "secretariat", "procureur"),
    "review": Ladder(timedelta(days=14), timedelta(days=3), "secretariat", "procureur"),
    "end": Ladder(timedelta(days=30), timedelta(days=7), "secretariat", "procureur"),
    "review_after_alarm": Ladder(timedelta(hours=48), timedelta(hours=12), "secretariat", "procureur"),
}


def due_at(kind: Kind, begun: datetime, delays: Delays) -> datetime:
    """Say when what begins at `begun` must be done; the dates of `review` and `end` at eight in the morning."""
    today = local_day(begun)
    moments: dict[Kind, Callable[[], datetime]] = {
        "provisional_decision": lambda: begun + timedelta(hours=delays.provisional_hours),
        "ratification": lambda: begun + timedelta(days=delays.ratification_days),
        "review_after_alarm": lambda: begun + timedelta(hours=delays.review_after_alarm_hours),
        "handover": lambda: begun + _HANDOVER,
        "protection": lambda: begun,
        "suspension": lambda: begun,
        "urgent_installation": lambda: begun + timedelta(hours=delays.installation_hours),
        "installation": lambda: calendar.end_of(today + timedelta(days=delays.installation_days)),
        "device": lambda: calendar.end_of(today + timedelta(days=_DEVICE_DAYS)),
        "draft_approval": lambda: calendar.end_of(today + timedelta(days=_APPROVAL_DAYS)),
        "decision": lambda: calendar.end_of(_decided_by(today, delays)),
        "review": lambda: morning(calendar.months_after(today, delays.review_months)),
        "end": lambda: morning(calendar.months_after(today, delays.end_months)),
    }
    return moments[kind]()


def _decided_by(today: date, delays: Delays) -> date:
    if delays.decision_counts == "working":
        return calendar.working_days_after(today, delays.decision_days)
    return today + timedelta(days=delays.decision_days)


def moment_of(kind: Kind, stage: Stage, due: datetime) -> datetime:
    """Say when a stage is reached; reminders of what is not urgent come on the morning of a working day."""
    ladder = LADDERS[kind]
    if stage == "missed":
        return due
    moment = due - (ladder.first if stage == "first" else ladder.last)
    if kind in BY_THE_HOUR:
        return moment
    return morning(calendar.working_day_until(local_day(moment)))


def next_stage(kind: Kind, due: datetime, now: datetime, after: Stage | None = None) -> tuple[Stage, datetime]:
    """Return the stage that comes next and its moment; one that is over is passed by, but `missed` never is."""
    left = STAGES[STAGES.index(after) + 1 :] if after else STAGES
    to_come = [(moment_of(kind, stage, due), STAGES.index(stage)) for stage in left]
    to_come = [(moment, place) for moment, place in to_come if moment > now]
    if not to_come:
        return "missed", max(due, now)
    # Two that fall on one morning are one: the later.
    soonest = min(moment for moment, _ in to_come)
    return STAGES[max(place for moment, place in to_come if moment == soonest)], soonest


def reminder_step(due: datetime, now: datetime) -> int:
    """Return 0 until the deadline, then 1, and one more each day."""
    return 0 if now < due else 1 + (now - due) // LOUDER_EVERY
