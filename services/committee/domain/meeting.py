"""Meetings, the points of their agenda, and decisions that wait for who was there: the life of each."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from services.committee.errors import MeetingMoveRefused

MeetingMove = Literal["open", "close"]
PointMove = Literal["decide", "wait", "confirm", "adjourn", "lapse"]
PendingMove = Literal["take_effect", "lapse"]


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
POINT_TABLE: Mapping[tuple[PointState, PointMove], PointState] = {
    (PointState.OPEN, "decide"): PointState.DECIDED,
    (PointState.OPEN, "wait"): PointState.WAITING,
    (PointState.OPEN, "adjourn"): PointState.ADJOURNED,
    (PointState.WAITING, "confirm"): PointState.DECIDED,
    (PointState.WAITING, "lapse"): PointState.ADJOURNED,
}
PENDING_TABLE: Mapping[tuple[PendingState, PendingMove], PendingState] = {
    (PendingState.WAITING, "take_effect"): PendingState.EFFECTIVE,
    (PendingState.WAITING, "lapse"): PendingState.LAPSED,
}


def meeting_moved(state: MeetingState, move: MeetingMove) -> MeetingState:
    """Return the state after a move; raises `MeetingMoveRefused`."""
    after = TABLE.get((state, move))
    if after is None:
        raise MeetingMoveRefused(f"the meeting is {state}", state=state)
    return after


def point_moved(state: PointState, move: PointMove) -> PointState:
    """Return the state after a move; raises `MeetingMoveRefused`."""
    after = POINT_TABLE.get((state, move))
    if after is None:
        raise MeetingMoveRefused(f"the point is {state}", state=state)
    return after


def pending_moved(state: PendingState, move: PendingMove) -> PendingState:
    """Return the state after a move; raises `MeetingMoveRefused`."""
    after = PENDING_TABLE.get((state, move))
    if after is None:
        raise MeetingMoveRefused(f"this decision is {state}", state=state)
    return after
