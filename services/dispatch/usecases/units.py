"""Units as their control room tells of them: which there are, where they are, whether they are on duty."""

from collections.abc import Collection, Sequence

from chassis.database.database import Transaction
from chassis.runtime import clock
from services.dispatch.domain.units import NewUnit, Position
from services.dispatch.errors import ControlRoomUnknown, UnitOfAnotherRoom
from services.dispatch.store.units import note_sign_of_life, store_positions, store_units
from services.dispatch.usecases.context import Context


def put_units(tx: Transaction, context: Context, units: Sequence[NewUnit]) -> set[str]:
    """Register units; of several with one id the last counts. Returns those that are now as `units` say.

    Raises `ControlRoomUnknown` naming the unit's position in the list.
    """
    for number, unit in enumerate(units):
        if unit.control_room_id not in context.situation.rooms:
            raise ControlRoomUnknown("no such control room", field=f"{number}.control_room_id")
    return store_units(tx.session, list({unit.unit_id: unit for unit in units}.values()), clock.now())


def move_units(tx: Transaction, positions: Sequence[Position], control_room_id: str | None) -> set[str]:
    """Move units of one control room (None: of any); of several positions of one unit the last counts.

    Returns those that are where `positions` say.
    """
    last = {position.unit_id: position for position in positions}
    return store_positions(tx.session, list(last.values()), control_room_id, clock.now())


def connected(tx: Transaction, unit_ids: Collection[str]) -> None:
    """Note that the terminals of these units are connected: a sign of life."""
    note_sign_of_life(tx.session, unit_ids, clock.now())


def refuse_others(reported: Sequence[str], taken: Collection[str]) -> None:
    """Refuse units of another room, once the others are stored; raises `UnitOfAnotherRoom` naming them."""
    refused = list(dict.fromkeys(unit_id for unit_id in reported if unit_id not in taken))
    if refused:
        raise UnitOfAnotherRoom(
            f"not units of this control room: {', '.join(refused[:20])}; the others were taken",
            field=f"{reported.index(refused[0])}.unit_id",
            refused=refused,
        )
