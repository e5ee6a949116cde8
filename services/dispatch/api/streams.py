"""Streams: what changes, as it changes."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from chassis.security.accounts import account
from chassis.security.auth import require
from chassis.security.principal import Principal
from services.dispatch.api.dependencies import ContextOf, DisclosuresOf, HubOf, RoomPrincipal
from services.dispatch.presenters.incident_list import open_views, served_views
from services.dispatch.push.hub import First, Hub
from services.dispatch.push.watchers import Watcher
from services.dispatch.usecases.access_scope import may_be_unit, may_see_room

router = APIRouter(prefix="/v1", tags=["streams"])
Gateway = Annotated[Principal, require("gateway")]
Unit = Annotated[Principal, require("unit")]


@router.get("/control-rooms/{control_room_id}/stream", response_class=StreamingResponse)
async def room_stream(
    control_room_id: str, hub: HubOf, context: ContextOf, disclosures: DisclosuresOf, caller: RoomPrincipal
) -> StreamingResponse:
    """Stream Server-Sent Events `incident` (IncidentView): first the open ones, then every change."""
    may_see_room(caller, control_room_id)
    person = account(caller.subject) if caller.roles & {"operator", "supervisor"} else None
    watcher = Watcher("room", control_room_id, partial(disclosures.disclose, caller), person=person)
    return _stream(hub, caller, watcher, partial(open_views, context=context, control_room_id=control_room_id))


@router.get("/control-rooms/{control_room_id}/units/stream", response_class=StreamingResponse)
async def gateway_stream(
    control_room_id: str, hub: HubOf, context: ContextOf, disclosures: DisclosuresOf, caller: Gateway
) -> StreamingResponse:
    """Stream Server-Sent Events `order` (OrderView) and `withdrawn` for all units of a control room."""
    may_see_room(caller, control_room_id)
    watcher = Watcher("gateway", control_room_id, partial(disclosures.disclose, caller))
    return _stream(
        hub, caller, watcher, partial(served_views, context=context, control_room_id=control_room_id)
    )


@router.get("/units/{unit_id}/stream", response_class=StreamingResponse)
async def unit_stream(
    unit_id: str, hub: HubOf, context: ContextOf, disclosures: DisclosuresOf, caller: Unit
) -> StreamingResponse:
    """Stream Server-Sent Events `order` (OrderView) and `withdrawn` for one unit."""
    may_be_unit(caller, unit_id)
    watcher = Watcher("unit", unit_id, partial(disclosures.disclose, caller))
    return _stream(hub, caller, watcher, partial(served_views, context=context, unit_id=unit_id))


def _stream(hub: Hub, caller: Principal, watcher: Watcher, first: First) -> StreamingResponse:
    watcher.until, watcher.opened_by = caller.exp, caller.opened_by
    headers = {"x-accel-buffering": "no"}
    return StreamingResponse(hub.watch(watcher, first), media_type="text/event-stream", headers=headers)
