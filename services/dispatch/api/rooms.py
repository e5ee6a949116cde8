"""Control rooms and the map."""

from typing import Annotated

from fastapi import Body, FastAPI, Response

from chassis.auth import require
from chassis.caller import Caller
from chassis.edge import bodies
from services.dispatch import access, console
from services.dispatch.schemas import MOST_BYTES, ControlRoomIn, ControlRoomOut, Geojson
from services.dispatch.usecases import rooms
from services.dispatch.usecases.context import Context


def add(app: FastAPI, context: Context) -> None:
    """The endpoints."""

    anyone = require("admin", "service", "unit", *access.ROOM)

    @app.get("/v1/control-rooms", tags=["set-up"])
    def control_rooms(_: Caller = anyone) -> list[ControlRoomOut]:
        """All control rooms."""
        board = context.board
        return [
            ControlRoomOut(
                id=room.id,
                names={"nl": room.names.nl, "fr": room.names.fr, "de": room.names.de},
                policy=board.rooms[room.id].policy,
                amqp=board.rooms[room.id].amqp,
                webhook=board.rooms[room.id].webhook,
                neighbours=list(room.neighbours),
                lat=room.seat.lat,
                lon=room.seat.lon,
            )
            for room in board.control_rooms.values()
        ]

    @app.put("/v1/control-rooms/{cic_id}", tags=["set-up"], status_code=204)
    def set_policy(cic_id: str, body: ControlRoomIn, _: Caller = require("admin")) -> None:
        """How a control room wants its alarms."""
        rooms.set_policy(context, cic_id, body)

    zones_json = console.ZonesJson()

    @app.get("/v1/zones", tags=["set-up"])
    def zones(_: Caller = anyone) -> Response:
        """The zones in force as GeoJSON; stand-ins say so."""
        return zones_json.answer(context.board.zones)

    @app.put("/v1/zones", tags=["set-up"])
    @bodies(MOST_BYTES)
    def import_zones(body: Annotated[Geojson, Body()], caller: Caller = require("admin")) -> dict[str, int]:
        """Import real police zones; everything wrong is listed by feature and field."""
        return {"zones": rooms.put_map(context, body, caller.subject)}
