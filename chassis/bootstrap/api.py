"""The API process of a service: FastAPI over the service's database, with its outbox relayed to the broker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request

from chassis.bootstrap.service import S, Service, vault_of
from chassis.database.database import Database
from chassis.http import audit_api, keys_api
from chassis.http.application import application
from chassis.http.limits import MOST_BYTES
from chassis.messaging.outbox import Relay
from chassis.messaging.publisher import Publisher
from chassis.runtime.settings import Settings
from chassis.security.auth import require
from chassis.security.principal import Principal
from chassis.security.vault import Vault

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class ApiProcess(Generic[S]):
    """What the endpoints of one application share; `publisher` connects while the application runs."""

    settings: S
    database: Database
    vault: Vault
    publisher: Publisher


@asynccontextmanager
async def _relayed(process: ApiProcess[S]) -> AsyncIterator[None]:
    """Send what transactions publish, for as long as this lasts."""
    await process.publisher.start()
    relay = process.database.relay = Relay(process.database.engine, process.publisher)
    relay.start()
    try:
        yield
    finally:
        await asyncio.to_thread(relay.stop)
        await process.publisher.stop()


def _nothing(_: FastAPI) -> AbstractAsyncContextManager[None]:
    return nullcontext()


def create_api(
    service: Service[S],
    settings: S | None,
    routers: Sequence[APIRouter],
    *,
    title: str,
    description: str,
    beside: Callable[[FastAPI], AbstractAsyncContextManager[None]] = _nothing,
    ready: Callable[[ApiProcess[S]], dict[str, bool]] | None = None,
    process: str = "api",
    traced: bool = True,
    audited: bool = True,
    publishes: bool = True,
    most_bytes: int | None = MOST_BYTES,
) -> FastAPI:
    """Put the application of a service together; settings come from the environment unless given.

    `beside`: what else runs while the application does, entered when the relay runs and left before it stops.
    `ready`: what must be there to serve (default: the database; what the broker cannot have yet waits in the
    outbox). `audited` False: no audit log, where nobody reads or changes what is personal.
    `publishes` False: no connection to the broker, where no endpoint has anything to publish.
    """
    settings = settings or service.load()
    publisher = Publisher(settings.broker_url.get_secret_value(), f"{service.name} {process}")
    shared = ApiProcess(settings, service.database(settings), vault_of(settings), publisher)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with _relayed(shared) if publishes else nullcontext(), beside(app):
                yield
        finally:
            shared.database.engine.dispose()

    app = application(
        settings,
        title=title,
        description=description,
        lifespan=lifespan,
        ready=(lambda: ready(shared)) if ready else (lambda: {"database": shared.database.answers()}),
        process=process,
        traced=traced,
        most_bytes=most_bytes,
    )
    app.state.process = shared
    for router in routers:
        app.include_router(router)
    if audited:
        audit_api.add(app, lambda: shared.database, service.name)
        keys_api.add(app, lambda: shared.database, settings.vault_keys, service.encrypted)
    return app


def process_of(request: Request) -> ApiProcess[S]:
    """Give what the endpoints of the application share that a request came to."""
    shared: ApiProcess[S] = request.app.state.process
    return shared


def at_hand(read: Callable[[Request], T]) -> T:
    """Ask for what the application has at hand, read on the event loop: a thread would take longer."""

    async def given(request: Request) -> T:
        return read(request)

    # As `Depends` itself, typed as what the endpoint is given.
    found: T = Depends(given)
    return found


def unit_of(unit: Callable[[Database, Vault, Principal], AbstractContextManager[U]], *roles: str) -> U:
    """Ask for what `unit` opens for a caller with one of `roles`; it commits before the answer leaves."""

    def opened(request: Request, caller: Principal = require(*roles)) -> Iterator[U]:
        shared: ApiProcess[Settings] = process_of(request)
        with unit(shared.database, shared.vault, caller) as found:
            yield found

    # As `Depends` itself, typed as what the endpoint is given.
    given: U = Depends(opened, scope="function")
    return given
