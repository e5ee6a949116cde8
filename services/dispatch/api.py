"""HTTP API of dispatch: intake, streams, what operators and units do, set-up of control rooms and units."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, FastAPI, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import audit_api, clock, keys_api
from chassis.auth import require
from chassis.caller import Caller
from chassis.database import Database, engine_of
from chassis.edge import bodies
from chassis.http import application
from chassis.outbox import Relay
from chassis.people import is_one_of
from chassis.publisher import Publisher
from chassis.settings import load
from chassis.vault import Vault
from contracts import topology
from contracts.dispatch import OrderState
from services.dispatch import access, console, intake, store, views
from services.dispatch.board import Board
from services.dispatch.disclosures import Disclosures, V
from services.dispatch.models import OrderRow
from services.dispatch.schemas import (
    ControlRoomIn,
    ControlRoomOut,
    DeclineIn,
    Geojson,
    IncidentCloseIn,
    IncidentView,
    OrderCloseIn,
    OrderView,
    PositionIn,
    SendIn,
    UnitIn,
    UnitOut,
)
from services.dispatch.settings import DispatchSettings
from services.dispatch.streams import Hub, Watcher
from services.dispatch.usecases import moving, rooms, sending
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.sealed import SEALED
from services.dispatch.webhooks import Courier

UNIT = ("unit", "gateway")
# The whole country at once: its zones as GeoJSON, its patrols.
_MOST_BYTES = 32 * 1024 * 1024
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}


def _picture(context: Context, disclosures: Disclosures, caller: Caller, view: V, photo_id: UUID) -> Response:
    """A photo of the card that this view shows; nothing of it stays anywhere."""
    picture = access.photo(context, disclosures.show(caller, view), photo_id)
    disclosures.picture(caller, view)
    return Response(picture, media_type="image/jpeg")


def create_app(settings: DispatchSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless given."""
    settings = settings or load(DispatchSettings)
    database = Database(engine_of(settings), "/services/dispatch")
    context = Context(database, Board(settings), Vault(settings.vault_keys.get_secret_value()), settings)
    disclosures = Disclosures(database)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        publisher = Publisher(settings.broker_url.get_secret_value())
        await publisher.start()
        database.relay = Relay(database.engine, publisher)
        database.relay.start()
        courier = Courier(context)
        hub = Hub(context, courier.wake)
        app.state.hub = hub
        publisher.subscribe_transient(topology.DISPATCH_LIVE, ["#"], hub.rung)
        hub.start()
        courier.start()
        disclosures.start()
        refreshing = asyncio.create_task(_keep_fresh(context))
        yield
        refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await refreshing
        await courier.stop()
        await hub.stop()
        await disclosures.stop()
        await asyncio.to_thread(database.relay.stop)
        await publisher.stop()
        database.engine.dispose()

    def ready() -> dict[str, bool]:
        # The broker is not needed to take presses in: the intake is the way round it.
        try:
            with database.read() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return {"database": False}
        return {"database": True}

    app = application(
        settings,
        title="Dispatch",
        description="From an alarm to the patrol: control rooms, zones, units, orders, escalation.",
        lifespan=lifespan,
        ready=ready,
    )

    intake.add_intake(app, context)
    _streams(app, context, disclosures)
    _incidents(app, context, disclosures)
    _orders(app, context, disclosures)
    _photos(app, context, disclosures)
    _rooms(app, context)
    _units(app, context)
    console.add_pages(app, settings, context.vault)
    audit_api.add(app, lambda: database, settings.service)
    keys_api.add(app, lambda: database, settings.vault_keys, SEALED)
    return app


async def _keep_fresh(context: Context) -> None:
    """Units and policies in memory, for presses that come by the intake."""
    while True:
        with suppress(SQLAlchemyError):  # what is in memory still serves; the next second tries again
            await asyncio.to_thread(rooms.refresh, context)
        await asyncio.sleep(1)


def _streams(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    def stream(watcher: Watcher, cic_id: str | None, unit_id: str | None) -> StreamingResponse:
        def first() -> list[IncidentView]:
            with context.database.read() as session:
                found = store.open_incidents(session, cic_id, unit_id)
                return views.load_views(context, session, [i.id for i in found], clock.now())

        hub: Hub = app.state.hub
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(hub.watch(watcher, first), media_type="text/event-stream", headers=headers)

    @app.get("/v1/control-rooms/{cic_id}/stream", tags=["streams"], response_class=StreamingResponse)
    async def room_stream(cic_id: str, caller: Caller = require(*access.ROOM)) -> StreamingResponse:
        """Server-Sent Events `incident` (IncidentView): first the open ones, then every change."""
        access.may_see_room(caller, cic_id)
        return stream(Watcher("room", cic_id, partial(disclosures.show, caller)), cic_id, None)

    @app.get("/v1/control-rooms/{cic_id}/units/stream", tags=["streams"], response_class=StreamingResponse)
    async def gateway_stream(cic_id: str, caller: Caller = require("gateway")) -> StreamingResponse:
        """Server-Sent Events `order` (OrderView) and `withdrawn` for all units of a control room."""
        access.may_see_room(caller, cic_id)
        return stream(Watcher("gateway", cic_id, partial(disclosures.show, caller)), cic_id, None)

    @app.get("/v1/units/{unit_id}/stream", tags=["streams"], response_class=StreamingResponse)
    async def unit_stream(unit_id: str, caller: Caller = require("unit")) -> StreamingResponse:
        """Server-Sent Events `order` (OrderView) and `withdrawn` for one unit."""
        access.may_be_unit(caller, unit_id)
        return stream(Watcher("unit", unit_id, partial(disclosures.show, caller)), None, unit_id)


def _incidents(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    operator, supervisor = ("operator", "supervisor", "gateway"), ("supervisor",)

    def seen(caller: Caller, incident_id: UUID) -> IncidentView:
        return disclosures.show(caller, access.incident_for(context, caller, incident_id))

    def untied(caller: Caller, incident_id: UUID) -> None:
        """For what only somebody without a tie may do; raises `Tied`."""
        view = access.incident_for(context, caller, incident_id)
        access.refuse_tied(tied=is_one_of(caller.subject, view.kept_from))

    @app.get("/v1/control-rooms/{cic_id}/incidents", tags=["incidents"])
    def open_incidents(cic_id: str, caller: Caller = require(*access.ROOM)) -> list[IncidentView]:
        """Open incidents, most urgent first."""
        access.may_see_room(caller, cic_id)
        with context.database.read() as session:
            found = store.open_incidents(session, cic_id)
            whole = views.load_views(context, session, [i.id for i in found], clock.now())
        return [disclosures.show(caller, view) for view in whole]

    @app.get("/v1/incidents/{incident_id}", tags=["incidents"])
    def incident(incident_id: UUID, caller: Caller = require(*access.ROOM)) -> IncidentView:
        """One incident; the card only while it is open."""
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/display", tags=["incidents"])
    def display(incident_id: UUID, caller: Caller = require(*operator)) -> IncidentView:
        """It stands on a screen of the control room."""
        access.incident_for(context, caller, incident_id)
        moving.display(context, incident_id)
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/acknowledge", tags=["incidents"])
    def acknowledge(incident_id: UUID, caller: Caller = require(*operator)) -> IncidentView:
        """An operator of the room that answers for it takes it; the escalation ladder stops."""
        untied(caller, incident_id)
        moving.acknowledge(context, incident_id, caller.subject, caller.cic or "")
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/take-over", tags=["incidents"])
    def take_over(incident_id: UUID, caller: Caller = require(*operator)) -> IncidentView:
        """The caller's control room accepts the hand-over."""
        untied(caller, incident_id)
        moving.take_over(context, incident_id, caller.subject, caller.cic or "")
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/send", tags=["incidents"])
    def send(
        incident_id: UUID, body: SendIn | None = None, caller: Caller = require(*operator)
    ) -> IncidentView:
        """Send a unit; without one, the proposed unit: that may also who has a tie."""
        unit_id = body.unit_id if body else None
        view = access.incident_for(context, caller, incident_id)
        access.refuse_tied(tied=unit_id is not None and is_one_of(caller.subject, view.kept_from))
        sending.send(context, incident_id, unit_id)
        return seen(caller, incident_id)

    @app.post("/v1/incidents/{incident_id}/close", tags=["incidents"])
    def close(incident_id: UUID, body: IncidentCloseIn, caller: Caller = require(*supervisor)) -> IncidentView:
        """A supervisor closes, with a reason."""
        untied(caller, incident_id)
        moving.close(
            context,
            incident_id,
            body.outcome,
            by="supervisor",
            person=caller.subject,
            reason=body.reason,
            cic_id=caller.cic,
        )
        return seen(caller, incident_id)


def _photos(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    @app.get(
        "/v1/incidents/{incident_id}/photos/{photo_id}",
        tags=["incidents"],
        response_class=Response,
        responses=_JPEG,
    )
    def photo_in_room(incident_id: UUID, photo_id: UUID, caller: Caller = require(*access.ROOM)) -> Response:
        """A photo of the card, while the alarm is open."""
        return _picture(
            context, disclosures, caller, access.incident_for(context, caller, incident_id), photo_id
        )

    @app.get(
        "/v1/orders/{order_id}/photos/{photo_id}",
        tags=["orders"],
        response_class=Response,
        responses=_JPEG,
    )
    def photo_at_unit(order_id: UUID, photo_id: UUID, caller: Caller = require(*UNIT)) -> Response:
        """A photo of the card, while the order is the unit's."""
        order = access.own_order(context, caller, order_id)
        view = access.order_for(context, order.id, order.incident_id)
        return _picture(context, disclosures, caller, view, photo_id)


def _orders(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    def seen(caller: Caller, order: OrderRow) -> OrderView:
        return disclosures.show(caller, access.order_for(context, order.id, order.incident_id))

    def moved(caller: Caller, order_id: UUID, target: OrderState, reason: str | None = None) -> OrderView:
        order = access.own_order(context, caller, order_id)
        moving.move_order(context, order_id, caller.subject, target, reason)
        return seen(caller, order)

    @app.post("/v1/orders/{order_id}/receipt", tags=["orders"])
    def receipt(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit's terminal has the order."""
        return moved(caller, order_id, "received")

    @app.post("/v1/orders/{order_id}/acknowledge", tags=["orders"])
    def acknowledge(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The crew takes it."""
        return moved(caller, order_id, "acknowledged")

    @app.post("/v1/orders/{order_id}/en-route", tags=["orders"])
    def en_route(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit moves."""
        return moved(caller, order_id, "en_route")

    @app.post("/v1/orders/{order_id}/on-scene", tags=["orders"])
    def on_scene(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit is there."""
        return moved(caller, order_id, "on_scene")

    @app.post("/v1/orders/{order_id}/decline", tags=["orders"])
    def decline(order_id: UUID, body: DeclineIn, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit cannot go; another one is looked for at once."""
        return moved(caller, order_id, "declined", body.reason)

    @app.post("/v1/orders/{order_id}/close", tags=["orders"])
    def close(order_id: UUID, body: OrderCloseIn, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit sees the victim safe: the incident ends with an outcome. Only from on scene."""
        order = access.own_order(context, caller, order_id)
        access.refuse_tied(tied=access.has_tie(context, caller, order))
        moving.close_from_scene(context, order_id, body.outcome, caller.subject)
        return seen(caller, order)


def _rooms(app: FastAPI, context: Context) -> None:
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
    @bodies(_MOST_BYTES)
    def import_zones(body: Annotated[Geojson, Body()], caller: Caller = require("admin")) -> dict[str, int]:
        """Import real police zones; everything wrong is listed by feature and field."""
        return {"zones": rooms.put_map(context, body, caller.subject)}


def _units(app: FastAPI, context: Context) -> None:
    @app.put("/v1/units", tags=["set-up"], status_code=204)
    @bodies(_MOST_BYTES)
    def put_units(body: list[UnitIn], caller: Caller = require("admin", "gateway")) -> None:
        """Register units (many at once)."""
        for unit in body:
            access.may_see_room(caller, unit.control_room_id)
        rooms.put_units(context, body)

    @app.post("/v1/units/positions", tags=["units"], status_code=204)
    @bodies(_MOST_BYTES)
    def positions(body: list[PositionIn], caller: Caller = require(*UNIT)) -> None:
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
