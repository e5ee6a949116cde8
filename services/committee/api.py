"""HTTP API of the committee."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Query, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis import clock
from chassis.auth import require
from chassis.caller import Caller
from chassis.database import Database, engine_of
from chassis.http import application
from chassis.outbox import Relay
from chassis.publisher import Publisher
from chassis.settings import load
from chassis.vault import Vault
from services.committee import domain, store, usecases
from services.committee.models import ProtocolRow
from services.committee.schemas import (
    ApplicationIn,
    ApplicationOut,
    ApplicationSummary,
    DecisionOut,
    GrantIn,
    ProtocolIn,
    ProtocolOut,
    RefusalIn,
    ReviewOut,
)
from services.committee.settings import CommitteeSettings

Admin = Annotated[Caller, require("admin")]
Committee = Annotated[Caller, require("committee")]
Reviewer = Annotated[Caller, require("committee", "magistrate")]
Partner = Annotated[Caller, require("committee", "file_manager", "follow_up")]
Reader = Annotated[Caller, require("committee", "file_manager", "follow_up", "magistrate")]
ProtocolReader = Annotated[Caller, require("admin", "committee", "file_manager", "follow_up", "magistrate")]


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

    def ready() -> dict[str, bool]:
        # The broker is not needed to take work in: what it cannot have yet waits in the outbox.
        try:
            with database.read() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return {"database": False}
        return {"database": True}

    app = application(
        settings,
        title="Committee",
        description="Who gets a stalkingalarm, on what grounds, and until when people look again.",
        lifespan=lifespan,
        ready=ready,
    )
    vault = Vault(settings.vault_keys.get_secret_value())
    _protocols(app, database)
    _applications(app, database, vault)
    _decisions(app, database, vault, settings)
    _reviews(app, database)
    return app


def _protocols(app: FastAPI, database: Database) -> None:
    @app.put("/v1/protocols/{protocol_id}", tags=["protocols"])
    def put_protocol(protocol_id: UUID, body: ProtocolIn, caller: Admin) -> ProtocolOut:
        """Put a protocol in force as its next version; the same content again changes nothing."""
        with database.transaction() as tx:
            return _protocol(usecases.put_protocol(tx, caller, protocol_id, body.model_dump(mode="json")))

    @app.get("/v1/protocols/{protocol_id}", tags=["protocols"])
    def get_protocol(protocol_id: UUID, _: ProtocolReader) -> ProtocolOut:
        """The version in force."""
        with database.read() as session:
            return _protocol(usecases.protocol(session, protocol_id))


def _applications(app: FastAPI, database: Database, vault: Vault) -> None:
    @app.post("/v1/applications", status_code=201, tags=["applications"])
    def draft(body: ApplicationIn, response: Response, caller: Partner) -> ApplicationOut:
        """Start a draft; it may be incomplete."""
        with database.transaction() as tx:
            filed = usecases.draft(tx, vault, caller, body.model_dump(exclude_unset=True))
        response.headers["Location"] = f"/v1/applications/{filed.row.id}"
        return _filed(filed)

    @app.patch("/v1/applications/{application_id}", tags=["applications"])
    def edit(application_id: UUID, body: ApplicationIn, caller: Partner) -> ApplicationOut:
        """Change a draft; fields that are not sent stay as they are."""
        with database.transaction() as tx:
            changes = body.model_dump(exclude_unset=True)
            return _filed(usecases.edit(tx, vault, caller, application_id, changes))

    @app.post("/v1/applications/{application_id}/submit", tags=["applications"])
    def submit(application_id: UUID, caller: Partner) -> ApplicationOut:
        """Lay it before the committee; 422 names everything that is missing at once."""
        with database.transaction() as tx:
            return _filed(usecases.submit(tx, vault, caller, application_id))

    @app.get("/v1/applications/{application_id}", tags=["applications"])
    def read(application_id: UUID, caller: Reader) -> ApplicationOut:
        """One application; another partner's does not exist for the caller."""
        with database.read() as session:
            return _filed(usecases.read(session, vault, caller, application_id))

    @app.get("/v1/applications", tags=["applications"])
    def listed(
        caller: Reader,
        state: domain.State | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[ApplicationSummary]:
        """The newest applications that the caller may see."""
        with database.read() as session:
            rows = store.applications(session, own=usecases.own_cases(caller), state=state, limit=limit)
        return [ApplicationSummary.model_validate(row, from_attributes=True) for row in rows]


def _decisions(app: FastAPI, database: Database, vault: Vault, settings: CommitteeSettings) -> None:
    def decide(
        caller: Caller, application_id: UUID, move: Literal["grant", "refuse"], said: dict[str, Any]
    ) -> ApplicationOut:
        with database.transaction() as tx:
            return _filed(usecases.decide(tx, vault, settings, caller, application_id, move, said))

    @app.post("/v1/applications/{application_id}/grant", tags=["decisions"])
    def grant(application_id: UUID, body: GrantIn, caller: Committee) -> ApplicationOut:
        """Grant the alarm; the dates of review and end follow from today."""
        return decide(caller, application_id, "grant", body.model_dump(mode="json"))

    @app.post("/v1/applications/{application_id}/refuse", tags=["decisions"])
    def refuse(application_id: UUID, body: RefusalIn, caller: Committee) -> ApplicationOut:
        """Refuse it, with reasons, alternatives and the way to a review."""
        return decide(caller, application_id, "refuse", body.model_dump(mode="json"))


def _reviews(app: FastAPI, database: Database) -> None:
    @app.get("/v1/reviews", tags=["reviews"])
    def reviews(
        _: Reviewer,
        due: bool = False,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[ReviewOut]:
        """Reviews in order of urgency; `due=true`: only those whose moment came."""
        with database.read() as session:
            rows = store.reviews(session, before=clock.now() if due else None, limit=limit)
        return [ReviewOut.model_validate(row, from_attributes=True) for row in rows]


def _protocol(row: ProtocolRow) -> ProtocolOut:
    return ProtocolOut(id=row.id, version=row.version, **row.content)


def _filed(filed: usecases.Filed) -> ApplicationOut:
    row, content, decision = filed.row, filed.content, filed.decision
    return ApplicationOut.model_validate(
        {
            **row.model_dump(exclude={"sealed"}),
            "pv_numbers": content.pv_numbers,
            "elements": content.elements,
            "missing": domain.missing(content),
            "decision": DecisionOut.model_validate({**decision.model_dump(), **filed.said})
            if decision
            else None,
        }
    )
