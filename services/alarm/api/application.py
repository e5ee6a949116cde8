"""Puts the applications together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from chassis.database.reconciliation import Book
from chassis.http import audit_api, keys_api, reconciliation_api
from chassis.http.application import application
from chassis.runtime.settings import load
from services.alarm.api import devices, heartbeats, ladder, presses, redelivery
from services.alarm.api.parts import DeviceParts, Parts
from services.alarm.settings import AlarmSettings
from services.alarm.store.encrypted_columns import SEALED
from services.alarm.store.presses import BOOK

_DESCRIPTION = (
    "Accepts presses and answers when one of two logs holds them. Devices are authenticated by their "
    "signature only; a press is never refused for what is wrong with it, only where no device id can be read."
)


def create_app(settings: AlarmSettings | None = None) -> FastAPI:
    """The whole application of the alarm service."""
    routers = (presses.router, devices.router, heartbeats.router, ladder.router, redelivery.router)
    app, parts = _made_of(Parts, settings, "stalkingalarm: alarm", _DESCRIPTION, *routers)
    whole = app.state.settings
    audit_api.add(app, lambda: parts[-1].database, whole.service)
    keys_api.add(app, lambda: parts[-1].database, whole.vault_keys, SEALED)
    reconciliation_api.add(app, lambda: Book(parts[-1].database, BOOK))
    return app


def create_heartbeats_app(settings: AlarmSettings | None = None) -> FastAPI:
    """Heartbeats alone, for a process that runs when no press needs the processor.

    A proxy sends `/v1/heartbeats` here; where none does, the whole application takes them too.
    """
    title, told = "stalkingalarm: heartbeats", "What devices say of themselves every quarter of an hour."
    app, _ = _made_of(DeviceParts, settings, title, told, heartbeats.router, process="heartbeats", traced=False)
    app.router.routes.insert(0, heartbeats.straight)
    return app


def _made_of(
    make: Callable[[AlarmSettings], DeviceParts],
    settings: AlarmSettings | None,
    title: str,
    description: str,
    *routers: APIRouter,
    process: str = "api",
    traced: bool = True,
) -> tuple[FastAPI, list[DeviceParts]]:
    """The application, and its parts once it runs."""
    settings = settings or load(AlarmSettings)
    held: list[DeviceParts] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = make(settings)
        held.append(parts)
        app.state.parts = parts
        await parts.start()
        try:
            yield
        finally:
            await parts.stop()

    def ready() -> dict[str, bool]:
        """Either log suffices to serve, so both are shown and neither stops this process from serving."""
        parts = held[-1]
        return {"database_or_broker": parts.database.answers() or parts.publisher.connected}

    app = application(
        settings,
        title=title,
        description=description,
        lifespan=lifespan,
        ready=ready,
        process=process,
        traced=traced,
        # Nothing that a device sends is refused for its length: `read_body` takes the beginning.
        most_bytes=None,
    )
    for router in routers:
        app.include_router(router)
    return app, held
