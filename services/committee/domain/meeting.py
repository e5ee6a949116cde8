"""Meetings, the points of their agenda, and decisions that wait for who was there: the life of each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from services.committee.errors import MeetingMoveRefused

MeetingMove = Literal["open", "close"]


class MeetingState(StrEnum):
    """Where a meeting is in its life."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class PointState(StrEnum):
    """What became of a point of the agenda. `WAITING`: decided, until who was there confirms it."""

    OPEN = "open"
    WAITING = "waiting"
    DECIDED = "decided"
    ADJOURNED = "adjourned"


class PendingState(StrEnum):
    """What became of a decision that waits."""

    WAITING = "waiting"
    EFFECTIVE = "effective"
    LAPSED = "lapsed"


TABLE: Mapping[tuple[MeetingState, MeetingMove], MeetingState] = {
    (MeetingState.PLANNED, "open"): MeetingState.OPEN,
    (MeetingState.OPEN, "close"): MeetingState.CLOSED,
}


def meeting_moved(state: MeetingState, move: MeetingMove) -> MeetingState:
    """Return the state after a move; raises `MeetingMoveRefused`."""
    after = TABLE.get((state, move))
    if after is None:
        raise MeetingMoveRefused(f"the meeting is {state}", state=state)
    return after
