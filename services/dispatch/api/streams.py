"""Streams: what changes, as it changes."""

from collections.abc import Callable
from functools import partial

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from chassis.runtime import clock
from chassis.security.accounts import account
from chassis.security.auth import require
from chassis.security.principal import Caller
from services.dispatch.api.dependencies import ROOM
from services.dispatch.models import IncidentRow
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.push.hub import Hub
from services.dispatch.push.watchers import Watcher
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.store.incidents import load_open_incidents, load_served_incidents
from services.dispatch.usecases.access_scope import may_be_unit, may_see_room
from services.dispatch.usecases.context import Context

Read = Callable[[Session], list[IncidentRow]]


def add(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    """The endpoints."""

    def stream(
        caller: Caller, watcher: Watcher, read: Callable[[Session], list[IncidentRow]]
    ) -> StreamingResponse:
        def first() -> list[IncidentView]:
            with context.database.read() as session:
                found = read(session)
                return load_views(context, session, [i.id for i in found], clock.now())

        watcher.until, watcher.opened_by = caller.exp, caller.opened_by
        hub: Hub = app.state.hub
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(hub.watch(watcher, first), media_type="text/event-stream", headers=headers)

    @app.get("/v1/control-rooms/{cic_id}/stream", tags=["streams"], response_class=StreamingResponse)
    async def room_stream(cic_id: str, caller: Caller = require(*ROOM)) -> StreamingResponse:
        """Server-Sent Events `incident` (IncidentView): first the open ones, then every change."""
        may_see_room(caller, cic_id)
        person = account(caller.subject) if caller.roles & {"operator", "supervisor"} else None
        watcher = Watcher("room", cic_id, partial(disclosures.show, caller), person=person)
        return stream(caller, watcher, lambda session: load_open_incidents(session, cic_id))

    @app.get("/v1/control-rooms/{cic_id}/units/stream", tags=["streams"], response_class=StreamingResponse)
    async def gateway_stream(cic_id: str, caller: Caller = require("gateway")) -> StreamingResponse:
        """Server-Sent Events `order` (OrderView) and `withdrawn` for all units of a control room."""
        may_see_room(caller, cic_id)
        watcher = Watcher("gateway", cic_id, partial(disclosures.show, caller))
        return stream(caller, watcher, lambda session: load_served_incidents(session, cic_id=cic_id))

    @app.get("/v1/units/{unit_id}/stream", tags=["streams"], response_class=StreamingResponse)
    async def unit_stream(unit_id: str, caller: Caller = require("unit")) -> StreamingResponse:
        """Server-Sent Events `order` (OrderView) and `withdrawn` for one unit."""
        may_be_unit(caller, unit_id)
        watcher = Watcher("unit", unit_id, partial(disclosures.show, caller))
        return stream(caller, watcher, lambda session: load_served_incidents(session, unit_id))
