"""Puts the application together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.http import application
from chassis.settings import load
from services.alarm.api import devices, ladder, presses
from services.alarm.api.parts import Parts
from services.alarm.settings import AlarmSettings

_DESCRIPTION = (
    "Accepts presses and answers when one of two logs holds them. Devices are authenticated by their "
    "signature only; a press is never refused for what is wrong with it, only where no device id can be read."
)


def create_app(settings: AlarmSettings | None = None) -> FastAPI:
    """The application of the alarm service."""
    settings = settings or load(AlarmSettings)
    held: list[Parts] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        parts = Parts(settings)
        held.append(parts)
        app.state.parts = parts
        await parts.start()
        try:
            yield
        finally:
            await parts.stop()

    def ready() -> dict[str, bool]:
        """Either log suffices to serve, so both are shown and neither stops this process from serving."""
        database = False
        try:
            with held[-1].engine.connect() as connection:
                database = connection.execute(text("SELECT 1")).scalar_one() == 1
        except SQLAlchemyError:
            pass
        broker = held[-1].publisher.connected
        return {"database_or_broker": database or broker}

    app = application(
        settings, title="stalkingalarm: alarm", description=_DESCRIPTION, lifespan=lifespan, ready=ready
    )
    for part in (presses, devices, ladder):
        app.include_router(part.router)
    return app
