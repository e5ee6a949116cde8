"""Control rooms and the map."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from chassis.http.limits import bodies
from chassis.security.audit_trail import unlogged
from chassis.security.auth import require
from chassis.security.principal import Principal
from services.dispatch.api.dependencies import Admin, ContextOf, SetUpTx
from services.dispatch.presenters.control_rooms import ZonesJson, present_control_rooms
from services.dispatch.presenters.webhooks import present_proposal
from services.dispatch.schemas.common import MOST_BYTES
from services.dispatch.schemas.control_rooms import ControlRoomIn, ControlRoomOut, Geojson, WebhookProposed
from services.dispatch.usecases import control_rooms as rooms
from services.dispatch.usecases import room_webhooks

router = APIRouter(prefix="/v1", tags=["set-up"])
Anyone = Annotated[Principal, require("admin", "service", "unit", "operator", "supervisor", "gateway")]

_PROPOSED: dict[int | str, dict[str, Any]] = {
    202: {"model": WebhookProposed, "description": "The webhook waits for a supervisor of the room"}
}


@router.get("/control-rooms")
@unlogged
def control_rooms(context: ContextOf, _: Anyone) -> list[ControlRoomOut]:
    """List all control rooms."""
    return present_control_rooms(context)


@router.put("/control-rooms/{control_room_id}", status_code=204, responses=_PROPOSED)
def set_policy(control_room_id: str, body: ControlRoomIn, context: ContextOf, caller: Admin) -> Response:
    """Set how a control room wants its alarms. A webhook waits for a supervisor of the room (202)."""
    wanted, proposed = body.webhook(), None
    if wanted is not None:
        room_webhooks.refuse_wrong(context, wanted)
    with context.database.transaction() as tx:
        rooms.set_policy(tx, context, control_room_id, body.policy, amqp=body.amqp)
    context.situation.refresh_from(context.database)
    if wanted is not None:
        # An act of its own, with its own line in the audit log.
        with context.database.transaction() as tx:
            proposed = room_webhooks.propose(tx, context, control_room_id, wanted, caller)
    if proposed is None:
        return Response(status_code=204)
    return Response(
        present_proposal(proposed).model_dump_json(), status_code=202, media_type="application/json"
    )


@router.get("/zones")
@unlogged
def zones(request: Request, context: ContextOf, _: Anyone) -> Response:
    """Give the zones in force as GeoJSON; stand-ins are marked."""
    made: ZonesJson = request.app.state.zones_json
    # Pages may keep it for a minute.
    headers = {"cache-control": "private, max-age=60"}
    return Response(made.text_of(context.situation.zones), media_type="application/geo+json", headers=headers)


@router.put("/zones")
@bodies(MOST_BYTES)
def import_zones(
    body: Annotated[Geojson, Body()], tx: SetUpTx, context: ContextOf, caller: Admin
) -> dict[str, int]:
    """Import real police zones; everything wrong is listed by feature and field."""
    return {"zones": rooms.put_map(tx, context, body, caller.subject)}
