"""The application: what it needs, and its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from chassis.database.database import Database, engine_of
from chassis.http import audit_api, keys_api
from chassis.http.application import application
from chassis.messaging.outbox import Relay
from chassis.messaging.publisher import Publisher
from chassis.runtime.settings import load
from chassis.security import signin
from chassis.security.vault import Vault
from services.committee.api import cases, chain, decisions, meetings, members, papers, protocols
from services.committee.api.dependencies import Parts
from services.committee.pages import desk
from services.committee.settings import CommitteeSettings
from services.committee.store.encrypted_columns import ENCRYPTED


def create_app(settings: CommitteeSettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless given."""
    settings = settings or load(CommitteeSettings)
    database = Database(engine_of(settings), "/services/committee")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        publisher = Publisher(settings.broker_url.get_secret_value())
        await publisher.start()
        database.relay = Relay(database.engine, publisher)
        database.relay.start()
        yield
        database.relay.stop()
        await publisher.stop()
        database.engine.dispose()

    app = application(
        settings,
        title="Committee",
        description="Who gets a stalkingalarm, on what grounds, and until when people look again.",
        lifespan=lifespan,
        # The broker is not needed to take work in: what it cannot have yet waits in the outbox.
        ready=lambda: {"database": database.answers()},
    )
    parts = Parts(database, Vault(settings.vault_keys.get_secret_value()), settings)
    for each in (protocols, members, cases, decisions, meetings, papers, chain):
        each.add(app, parts)
    audit_api.add(app, lambda: database, settings.service)
    keys_api.add(app, lambda: database, settings.vault_keys, ENCRYPTED)
    signin.add(app, settings, parts.vault)
    desk.add(app, parts)
    return app
