"""Units, and where they are."""

from fastapi import FastAPI

from chassis.auth import require
from chassis.caller import Caller
from chassis.edge import bodies
from services.dispatch import access, store
from services.dispatch.schemas import MOST_BYTES, PositionIn, UnitIn, UnitOut
from services.dispatch.usecases import rooms
from services.dispatch.usecases.context import Context


def add(app: FastAPI, context: Context) -> None:
    """The endpoints."""

    @app.put("/v1/units", tags=["set-up"], status_code=204)
    @bodies(MOST_BYTES)
    def put_units(body: list[UnitIn], caller: Caller = require("admin", "gateway")) -> None:
        """Register units (many at once)."""
        for unit in body:
            access.may_see_room(caller, unit.control_room_id)
        rooms.put_units(context, body)

    @app.post("/v1/units/positions", tags=["units"], status_code=204)
    @bodies(MOST_BYTES)
    def positions(body: list[PositionIn], caller: Caller = require(*access.UNIT)) -> None:
        """Where units are now (many at once)."""
        if "gateway" not in caller.roles:
            for position in body:
                access.may_be_unit(caller, position.unit_id)
        rooms.move_units(context, body, None if "gateway" not in caller.roles else caller.cic)

    @app.get("/v1/control-rooms/{cic_id}/units", tags=["units"])
    def units(cic_id: str, caller: Caller = require(*access.ROOM)) -> list[UnitOut]:
        """The units of a control room."""
        access.may_see_room(caller, cic_id)
        with context.database.read() as session:
            found = store.units(session, cic_id=cic_id)
        return [
            UnitOut.model_validate({**unit.model_dump(), "unit_id": unit.id, "control_room_id": unit.cic_id})
            for unit in found
        ]
