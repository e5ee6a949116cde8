"""Control rooms and the map."""

from typing import Annotated, Any

from fastapi import Body, FastAPI, Response

from chassis.http.limits import bodies
from chassis.security.audit_trail import unlogged
from chassis.security.auth import require
from chassis.security.principal import Caller
from services.dispatch.api.dependencies import ROOM
from services.dispatch.pages import console
from services.dispatch.schemas.common import MOST_BYTES
from services.dispatch.schemas.control_rooms import ControlRoomIn, ControlRoomOut, Geojson, WebhookProposed
from services.dispatch.usecases import room_webhooks
from services.dispatch.usecases.context import Context

_PROPOSED: dict[int | str, dict[str, Any]] = {
    202: {"model": WebhookProposed, "description": "The webhook waits for a supervisor of the room"}
}


def add(app: FastAPI, context: Context) -> None:
    """The endpoints."""

    anyone = require("admin", "service", "unit", *ROOM)

    @app.get("/v1/control-rooms", tags=["set-up"])
    @unlogged
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

    @app.put("/v1/control-rooms/{cic_id}", tags=["set-up"], status_code=204, responses=_PROPOSED)
    def set_policy(cic_id: str, body: ControlRoomIn, caller: Caller = require("admin")) -> Response:
        """How a control room wants its alarms. A webhook waits for a supervisor of the room (202)."""
        room_webhooks.refuse_wrong(context, body)
        control_rooms.set_policy(context, cic_id, body)
        proposed = room_webhooks.propose(context, cic_id, body, caller)
        if proposed is None:
            return Response(status_code=204)
        return Response(proposed.model_dump_json(), status_code=202, media_type="application/json")

    zones_json = console.ZonesJson()

    @app.get("/v1/zones", tags=["set-up"])
    @unlogged
    def zones(_: Caller = anyone) -> Response:
        """The zones in force as GeoJSON; stand-ins say so."""
        return zones_json.answer(context.board.zones)

    @app.put("/v1/zones", tags=["set-up"])
    @bodies(MOST_BYTES)
    def import_zones(body: Annotated[Geojson, Body()], caller: Caller = require("admin")) -> dict[str, int]:
        """Import real police zones; everything wrong is listed by feature and field."""
        return {"zones": control_rooms.put_map(context, body, caller.subject)}
