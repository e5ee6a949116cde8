"""The life of an order: its states, and which may follow which."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

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
SYSTEM_REASONS = frozenset(
    {"unit_silent", "unit_taken", "nearer_unit", "recalled", "conflict_of_interest", UNIT_SILENT}
)

OVER: frozenset[OrderState] = frozenset({"closed", "declined", "withdrawn"})

_PROGRESS: tuple[OrderState, ...] = get_args(OrderState)[:7]


def can_move(current: OrderState, target: OrderState) -> bool:
    """Say whether the transition table allows the move."""
    return target in ORDER_MOVES[current]


def already_there(current: OrderState, target: OrderState) -> bool:
    """Say whether a report of progress is repeated or overtaken: harmless."""
    if current == target:
        return True
    if current in _PROGRESS and target in _PROGRESS and target not in ("closed", "sent"):
        return _PROGRESS.index(current) > _PROGRESS.index(target)
    return False


@dataclass(slots=True)
class NewOrder:
    """An order as it is born; the same names as its row, and what is shown of its unit."""

    id: UUID
    incident_id: UUID
    unit_id: str
    unit_control_room_id: str
    unit_seen_at: datetime | None
    callsign: str
    control_room_id: str
    state: OrderState
    automatic: bool
    distance_m: float | None
    search_basis: str
    created_at: datetime
    sent_at: datetime | None
    reason: str | None = None
    by_radio: bool = False
    silent: bool = False
