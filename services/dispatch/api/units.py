"""Units, and where they are."""

from typing import Annotated

from fastapi import APIRouter

from chassis.http.bulk import Several, refuse_wrong
from chassis.http.limits import bodies
from chassis.security import audit_context
from chassis.security.auth import require
from chassis.security.principal import Principal
from services.dispatch.api.dependencies import ContextOf, ReadSession, RoomPrincipal, UnitPrincipal
from services.dispatch.presenters.units import limit_units
from services.dispatch.schemas.common import MOST_BYTES
from services.dispatch.schemas.units import PositionIn, UnitIn, UnitOut
from services.dispatch.usecases import units
from services.dispatch.usecases.access_scope import may_be_unit, may_see_room, may_set_up_room, room_of

router = APIRouter(prefix="/v1")
Registrar = Annotated[Principal, require("admin", "gateway")]

# Seconds in which one line says that somebody tells where units are; that one is off duty is always told.
_POSITIONS_S = 3600.0


@router.put("/units", tags=["set-up"], status_code=204)
@bodies(MOST_BYTES)
def put_units(body: Several[UnitIn], context: ContextOf, caller: Registrar) -> None:
    """Register units. Those that are wrong (422) or another room's (409) are named, the others taken."""
    for unit in body:
        may_set_up_room(caller, unit.control_room_id)
    # Some software registers all of them again and again: only what is new is worth a line.
    audit_context.seldom(_POSITIONS_S)
    for unit in body:
        entries = (unit.callsign, unit.zone_id, unit.control_room_id, unit.available)
        audit_context.about(f"unit:{unit.unit_id}", state=entries)
    if body:
        # Stored before any is refused: those that are wrong keep none of the others out.
        with context.database.transaction() as tx:
            stored = units.put_units(tx, context, [unit.record() for unit in body])
        context.situation.refresh_from(context.database)
        units.refuse_others([unit.unit_id for unit in body], stored)
    refuse_wrong(body)


@router.post("/units/positions", tags=["units"], status_code=204)
@bodies(MOST_BYTES)
def positions(body: Several[PositionIn], context: ContextOf, caller: UnitPrincipal) -> None:
    """Record where units are now. The wrong (422) and another room's (409) are named, the others taken."""
    audit_context.seldom(_POSITIONS_S)
    audit_context.about(f"control_room:{caller.cic}")
    for position in body:
        if position.available is not None:
            audit_context.about(f"unit:{position.unit_id}", state=position.available)
    room = room_of(caller) if "gateway" in caller.roles else None
    if room is None:
        for position in body:
            may_be_unit(caller, position.unit_id)
    if body:
        with context.database.transaction() as tx:  # stored before any is refused
            moved = units.move_units(tx, [position.record() for position in body], room)
        units.refuse_others([position.unit_id for position in body], moved)
    refuse_wrong(body)


@router.get("/control-rooms/{control_room_id}/units", tags=["units"])
def seen(
    control_room_id: str, session: ReadSession, context: ContextOf, caller: RoomPrincipal
) -> list[UnitOut]:
    """List the units of a control room, and those of others while they serve an alarm of its own."""
    may_see_room(caller, control_room_id)
    return limit_units(session, context, caller, control_room_id)
