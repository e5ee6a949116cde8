"""The application: what it needs, its parts, and what runs beside them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from chassis.bootstrap.api import ApiProcess, create_api
from chassis.database.database import SQLAlchemyError
from chassis.http import reconciliation_api
from chassis.security.signouts import SignOuts
from contracts import topology
from services.dispatch.api import (
    control_rooms,
    crews,
    incidents,
    intake,
    lending,
    orders,
    photos,
    streams,
    units,
    unverified_floods,
    webhooks,
)
from services.dispatch.bootstrap import DISPATCH, context_of, records_of
from services.dispatch.pages import console
from services.dispatch.presenters.control_rooms import ZonesJson
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.presenters.incident_list import served_views
from services.dispatch.push.hub import Hub
from services.dispatch.push.webhooks import Courier
from services.dispatch.settings import DispatchSettings
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.units import connected

_PARTS = (
    intake,
    streams,
    incidents,
    orders,
    photos,
    crews,
    control_rooms,
    webhooks,
    units,
    lending,
    unverified_floods,
)


def create_app(settings: DispatchSettings | None = None) -> FastAPI:
    """Put the application together; settings come from the environment unless given."""
    app = create_api(
        DISPATCH,
        settings,
        [part.router for part in _PARTS],
        title="Dispatch",
        description="From an alarm to the patrol: control rooms, zones, units, orders, escalation.",
        beside=_beside,
    )
    process: ApiProcess[DispatchSettings] = app.state.process
    app.state.context = context_of(process.settings, process.database, process.vault)
    app.state.disclosures = Disclosures(process.database)
    app.state.signed_out = SignOuts(process.database)
    app.state.zones_json = ZonesJson()
    console.add_pages(app, process.settings, process.vault, app.state.signed_out)
    reconciliation_api.add(app, lambda: records_of(process.database))
    return app


@asynccontextmanager
async def _beside(app: FastAPI) -> AsyncIterator[None]:
    """Push what changes to streams and webhooks, write what was disclosed, and keep the situation fresh."""
    context: Context = app.state.context
    process: ApiProcess[DispatchSettings] = app.state.process
    disclosures: Disclosures = app.state.disclosures
    courier = Courier(context)
    app.state.hub = hub = Hub(context, courier.wake, app.state.signed_out)
    await asyncio.to_thread(_warm_up, context)
    process.publisher.subscribe_transient(topology.DISPATCH_LIVE, ["#"], hub.take_notifications)
    hub.start()
    courier.start()
    disclosures.start()
    tasks = [asyncio.create_task(_keep_fresh(context)), asyncio.create_task(_keep_seen(context, hub))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await courier.stop()
        await hub.stop()
        await disclosures.stop()


def _warm_up(context: Context) -> None:
    """Connect, and compile what every stream begins with: crews come back at once after a start."""
    # Readiness says that the database is away.
    with suppress(SQLAlchemyError), context.database.read() as session:
        served_views(session, context, control_room_id="")


async def _keep_fresh(context: Context) -> None:
    """Keep units and policies fresh in memory, for presses that come by the intake."""
    while True:
        with suppress(SQLAlchemyError):  # what is in memory still serves; the next second tries again
            await asyncio.to_thread(context.situation.refresh_from, context.database)
        await asyncio.sleep(1)


def _note_connected(context: Context, units: Collection[str]) -> None:
    with context.database.transaction() as tx:
        connected(tx, units)


async def _keep_seen(context: Context, hub: Hub) -> None:
    """Note a sign of life of each unit whose terminal is connected: when it connects, and as long as it is."""
    every_s, values = context.settings.unit_fresh_s / 4, dict[str, float]()
    while True:
        now = asyncio.get_running_loop().time()
        values = {unit: at for unit, at in values.items() if now - at < every_s}
        if new := hub.connected_units() - values.keys():
            with suppress(SQLAlchemyError):  # the next second tries again
                await asyncio.to_thread(_note_connected, context, new)
                values |= dict.fromkeys(new, now)
        await asyncio.sleep(1)
