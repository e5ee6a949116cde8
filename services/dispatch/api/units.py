"""Units, and where they are."""

from typing import Any

from fastapi import FastAPI

from chassis.database import damaged_rows
from chassis.http.bulk import Several, refuse_wrong
from chassis.http.limits import bodies
from chassis.security import audit_context
from chassis.security.accounts import is_one_of
from chassis.security.auth import require
from chassis.security.principal import Caller
from services.dispatch.api.dependencies import ROOM, UNIT
from services.dispatch.schemas.common import MOST_BYTES
from services.dispatch.schemas.units import PositionIn, UnitIn, UnitOut
from services.dispatch.store.units import units_seen_by
from services.dispatch.usecases import units
from services.dispatch.usecases.access_scope import may_be_unit, may_see_room, may_set_up_room, room_of
from services.dispatch.usecases.context import Context

# Seconds in which one line says that somebody tells where units are; that one is off duty is always told.
_POSITIONS_S = 3600.0


def add(app: FastAPI, context: Context) -> None:
    """The endpoints."""

    @app.put("/v1/units", tags=["set-up"], status_code=204)
    @bodies(MOST_BYTES)
    def put_units(body: Several[UnitIn], caller: Caller = require("admin", "gateway")) -> None:
        """Register units. Those that are wrong (422) or another room's (409) are named, the others taken."""
        for unit in body:
            may_set_up_room(caller, unit.control_room_id)
        # Some software registers all of them again and again: only what is new is worth a line.
        audit_context.seldom(_POSITIONS_S)
        for unit in body:
            told = (unit.callsign, unit.zone_id, unit.control_room_id, unit.available)
            audit_context.about(f"unit:{unit.unit_id}", state=told)
        units.put_units(context, body)
        refuse_wrong(body)

    @app.post("/v1/units/positions", tags=["units"], status_code=204)
    @bodies(MOST_BYTES)
    def positions(body: Several[PositionIn], caller: Caller = require(*UNIT)) -> None:
        """Where units are now. The wrong (422) and another room's (409) are named, the others taken."""
        audit_context.seldom(_POSITIONS_S)
        audit_context.about(f"control_room:{caller.cic}")
        for position in body:
            if position.available is not None:
                audit_context.about(f"unit:{position.unit_id}", state=position.available)
        room = room_of(caller) if "gateway" in caller.roles else None
        if room is None:
            for position in body:
                may_be_unit(caller, position.unit_id)
        units.move_units(context, body, room)
        refuse_wrong(body)

    @app.get("/v1/control-rooms/{cic_id}/units", tags=["units"])
    def seen(cic_id: str, caller: Caller = require(*ROOM)) -> list[UnitOut]:
        """The units of a control room, and those of others while they serve an alarm of its own."""
        may_see_room(caller, cic_id)
        with context.database.read() as session:
            found = units_seen_by(session, cic_id)
        return [_shown(context, caller, unit, cic_id) for unit in found]


def _shown(context: Context, caller: Caller, unit: Any, cic_id: str) -> UnitOut:
    """A unit as the caller may see it: the way to somebody whose alarm is kept from them is kept too.

    Of one that is only offered its place is not shown yet.
    """
    only_offered = unit.offered_to == cic_id and cic_id not in (unit.cic_id, unit.lent_to)
    kept = only_offered or is_one_of(caller.subject, unit.kept_from)
    values = {
        "unit_id": unit.id,
        "callsign": unit.callsign,
        "zone_id": unit.zone_id,
        "in_zone_id": None if kept else context.board.zone_of(unit.lat, unit.lon, unit.zone_id),
        "control_room_id": unit.cic_id,
        "lat": None if kept else unit.lat,
        "lon": None if kept else unit.lon,
        "available": unit.available and not kept,
        "seen_at": unit.seen_at,
        "fresh": context.board.is_fresh(unit.seen_at),
        "lent_to": unit.lent_to,
        "offered_to": unit.offered_to,
        "offered_as": unit.offered_as,
        "order_id": None if kept else unit.order_id,
        "withheld": ["in_zone_id", "lat", "lon", "order_id"] if kept else [],
        "kept_from": sorted(unit.kept_from) if "gateway" in caller.roles and not kept else [],
    }
    return damaged_rows.shown(UnitOut, values, "unit", unit.id)
