"""Units as their control room tells of them: which there are, where they are, whether they are on duty."""

from collections.abc import Collection, Sequence

from chassis.runtime import clock
from services.dispatch.errors import ControlRoomUnknown, UnitOfAnotherRoom
from services.dispatch.schemas.units import PositionIn, UnitIn
from services.dispatch.store.units import note_sign_of_life, store_positions, store_units
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.control_rooms import refresh


def put_units(context: Context, units: Sequence[UnitIn]) -> None:
    """Register units; of several with one id the last counts.

    Raises `ControlRoomUnknown` naming the unit's position in the list, and `UnitOfAnotherRoom` naming those
    that another room has: the others are taken all the same.
    """
    for number, unit in enumerate(units):
        if unit.control_room_id not in context.situation.rooms:
            raise ControlRoomUnknown("no such control room", field=f"{number}.control_room_id")
    now = clock.now()
    rows = [
        {
            "id": unit.unit_id,
            "callsign": unit.callsign,
            "zone_id": unit.zone_id,
            "cic_id": unit.control_room_id,
            # Half a place is none; without one the last that is known stays.
            "lat": unit.lat if unit.lon is not None else None,
            "lon": unit.lon if unit.lat is not None else None,
            "available": unit.available,
            "seen_at": now,
            "changed_at": now,
        }
        for unit in {unit.unit_id: unit for unit in units}.values()
    ]
    if not rows:
        return
    with context.database.transaction() as tx:
        stored = store_units(tx.session, rows)
    refresh(context)
    _refuse_others([unit.unit_id for unit in units], stored)


def move_units(context: Context, positions: Sequence[PositionIn], cic_id: str | None) -> None:
    """Move units of one control room (None: of any); of several positions of one unit the last counts.

    Raises `UnitOfAnotherRoom` naming those that are not this room's: the others are taken all the same.
    """
    rows = {position.unit_id: position.model_dump() for position in positions}
    if not rows:
        return
    with context.database.transaction() as tx:
        moved = store_positions(tx.session, list(rows.values()), cic_id, clock.now())
    _refuse_others([position.unit_id for position in positions], moved)


def connected(context: Context, unit_ids: Collection[str]) -> None:
    """Note that the terminals of these units are connected: a sign of life."""
    with context.database.transaction() as tx:
        note_sign_of_life(tx.session, unit_ids, clock.now())


def _refuse_others(told: Sequence[str], taken: Collection[str]) -> None:
    refused = list(dict.fromkeys(unit_id for unit_id in told if unit_id not in taken))
    if refused:
        raise UnitOfAnotherRoom(
            f"not units of this control room: {', '.join(refused[:20])}; the others were taken",
            field=f"{told.index(refused[0])}.unit_id",
            refused=refused,
        )
