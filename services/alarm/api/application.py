"""Put the applications together."""

from fastapi import FastAPI

from chassis.bootstrap.api import ApiProcess, create_api
from chassis.http import reconciliation_api
from services.alarm.api import devices, heartbeats, ladder, presses, redelivery
from services.alarm.api.dependencies import taking_heartbeats, taking_presses
from services.alarm.bootstrap import ALARM, records_of
from services.alarm.settings import AlarmSettings

_DESCRIPTION = (
    "Accepts presses and answers when one of two logs holds them. Devices are authenticated by their "
    "signature only; a press is never refused for what is wrong with it, only where no device id can be read."
)


def create_app(settings: AlarmSettings | None = None) -> FastAPI:
    """Make the whole application of the alarm service."""
    app = create_api(
        ALARM,
        settings,
        (presses.router, devices.router, heartbeats.router, ladder.router, redelivery.router),
        title="stalkingalarm: alarm",
        description=_DESCRIPTION,
        beside=taking_presses,
        ready=_ready,
        # Nothing that a device sends is refused for its length: `read_body` takes the beginning.
        most_bytes=None,
    )
    reconciliation_api.add(app, lambda: records_of(app.state.process.database))
    return app


def create_heartbeats_app(settings: AlarmSettings | None = None) -> FastAPI:
    """Make the application of heartbeats alone, for a process that runs when no press needs the processor.

    A proxy sends `/v1/heartbeats` here; where none does, the whole application takes them too.
    """
    app = create_api(
        ALARM,
        settings,
        (heartbeats.router,),
        title="stalkingalarm: heartbeats",
        description="What devices say of themselves every quarter of an hour.",
        beside=taking_heartbeats,
        ready=_ready,
        process="heartbeats",
        traced=False,
        audited=False,
        most_bytes=None,
    )
    app.router.routes.insert(0, heartbeats.straight)
    return app


def _ready(process: ApiProcess[AlarmSettings]) -> dict[str, bool]:
    """Check that a log answers: either suffices, so neither alone stops this process from serving."""
    return {"database_or_broker": process.database.answers() or process.publisher.connected}
