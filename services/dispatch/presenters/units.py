"""Units as a control room sees them."""

from chassis.database import damaged_rows
from chassis.database.database import Session
from chassis.security.accounts import is_one_of
from chassis.security.principal import Principal
from services.dispatch.schemas.units import UnitOut
from services.dispatch.store.rows import SeenUnitRow
from services.dispatch.store.units import units_seen_by
from services.dispatch.usecases.context import Context


def limit_units(session: Session, context: Context, caller: Principal, control_room_id: str) -> list[UnitOut]:
    """List the units that a room may see, each as far as the caller may."""
    return [
        _limit_unit(context, caller, unit, control_room_id) for unit in units_seen_by(session, control_room_id)
    ]


def _limit_unit(context: Context, caller: Principal, unit: SeenUnitRow, control_room_id: str) -> UnitOut:
    """Limit a unit to what the caller may see: the way to an alarm that is withheld from them is withheld too.

    Of one that is only offered its place is not shown yet.
    """
    only_offered = unit.offered_to == control_room_id and control_room_id not in (
        unit.control_room_id,
        unit.lent_to,
    )
    kept = only_offered or is_one_of(caller.subject, unit.withheld_from)
    values = {
        "unit_id": unit.id,
        "callsign": unit.callsign,
        "zone_id": unit.zone_id,
        "in_zone_id": None if kept else context.situation.zone_of(unit.lat, unit.lon, unit.zone_id),
        "control_room_id": unit.control_room_id,
        "lat": None if kept else unit.lat,
        "lon": None if kept else unit.lon,
        "available": unit.available and not kept,
        "seen_at": unit.seen_at,
        "fresh": context.situation.is_fresh(unit.seen_at),
        "lent_to": unit.lent_to,
        "offered_to": unit.offered_to,
        "offered_as": unit.offered_as,
        "order_id": None if kept else unit.order_id,
        "withheld": ["in_zone_id", "lat", "lon", "order_id"] if kept else [],
        "withheld_from": sorted(unit.withheld_from) if "gateway" in caller.roles and not kept else [],
    }
    return damaged_rows.present_row_in_part(UnitOut, values, "unit", unit.id)
