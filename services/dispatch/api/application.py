"""The application: what it needs, and its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

from chassis.database.database import Database, engine_of
from chassis.database.reconciliation import Book
from chassis.http import audit_api, keys_api, reconciliation_api
from chassis.http.application import application
from chassis.messaging.outbox import Relay
from chassis.messaging.publisher import Publisher
from chassis.runtime.settings import load
from chassis.security.signouts import SignOuts
from chassis.security.vault import Vault
from contracts import topology
from services.dispatch.api import (
    control_rooms,
    incidents,
    intake,
    lending,
    orders,
    photos,
    streams,
    units,
    unproved,
    webhooks,
)
from services.dispatch.pages import console
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.push.hub import Hub
from services.dispatch.push.webhooks import Courier
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.encrypted_columns import ENCRYPTED
from services.dispatch.store.reconciliation import BOOK
from services.dispatch.store.situation import Board
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.control_rooms import refresh
from services.dispatch.usecases.units import connected


def create_app(settings: DispatchSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless given."""
    settings = settings or load(DispatchSettings)
    database = Database(engine_of(settings), "/services/dispatch")
    context = Context(database, Board(settings), Vault(settings.vault_keys.get_secret_value()), settings)
    disclosures, signed_out = Disclosures(database), SignOuts(database)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        publisher = Publisher(settings.broker_url.get_secret_value())
        await publisher.start()
        database.relay = Relay(database.engine, publisher)
        database.relay.start()
        courier = Courier(context)
        hub = Hub(context, courier.wake, signed_out)
        app.state.hub = hub
        publisher.subscribe_transient(topology.DISPATCH_LIVE, ["#"], hub.rung)
        hub.start()
        courier.start()
        disclosures.start()
        beside = [asyncio.create_task(_keep_fresh(context)), asyncio.create_task(_keep_seen(context, hub))]
        yield
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await courier.stop()
        await hub.stop()
        await disclosures.stop()
        await asyncio.to_thread(database.relay.stop)
        await publisher.stop()
        database.engine.dispose()

    app = application(
        settings,
        title="Dispatch",
        description="From an alarm to the patrol: control rooms, zones, units, orders, escalation.",
        lifespan=lifespan,
        # The broker is not needed to take presses in: the intake is the way round it.
        ready=lambda: {"database": database.answers()},
    )

    intake.add_intake(app, context)
    for told in (streams, incidents, orders, photos):
        told.add(app, context, disclosures)
    orders.add_on_behalf(app, context, disclosures)
    for set_up in (control_rooms, webhooks, units, lending, unproved):
        set_up.add(app, context)
    console.add_pages(app, settings, context.vault, signed_out)
    audit_api.add(app, lambda: database, settings.service)
    keys_api.add(app, lambda: database, settings.vault_keys, ENCRYPTED)
    reconciliation_api.add(app, lambda: Book(database, BOOK))
    return app


async def _keep_fresh(context: Context) -> None:
    """Units and policies in memory, for presses that come by the intake."""
    while True:
        with suppress(SQLAlchemyError):  # what is in memory still serves; the next second tries again
            await asyncio.to_thread(refresh, context)
        await asyncio.sleep(1)


async def _keep_seen(context: Context, hub: Hub) -> None:
    """A connected terminal is a sign of life of its unit: at once when it comes, and as long as it is."""
    every_s, told = context.settings.unit_fresh_s / 4, dict[str, float]()
    while True:
        now = asyncio.get_running_loop().time()
        told = {unit: at for unit, at in told.items() if now - at < every_s}
        if new := hub.connected_units() - told.keys():
            with suppress(SQLAlchemyError):  # the next second tries again
                await asyncio.to_thread(connected, context, new)
                told |= dict.fromkeys(new, now)
        await asyncio.sleep(1)
