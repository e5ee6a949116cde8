"""HTTP API of the registry: for file managers, each in the files of the own zone."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.auth import require
from chassis.caller import Caller
from chassis.database import Database, engine_of
from chassis.http import application
from chassis.outbox import Relay
from chassis.publisher import Publisher
from chassis.settings import load
from chassis.vault import Vault
from services.registry import store, usecases
from services.registry.domain import DeviceMove
from services.registry.models import DeviceRow
from services.registry.schemas import (
    CardIn,
    CardOut,
    ConventionIn,
    DeviceIn,
    DeviceOut,
    EnrolmentOut,
    EnrolmentSummary,
    PoliceReportIn,
    PreconditionsOut,
)
from services.registry.settings import RegistrySettings

FileManager = Annotated[Caller, require("file_manager")]
# Path segment of each move of a device.
DEVICE_ACTIONS: dict[str, DeviceMove] = {
    "suspend": "suspend",
    "report-lost": "report_lost",
    "return": "return",
    "reactivate": "reactivate",
}


def create_app(settings: RegistrySettings | None = None) -> FastAPI:
    """The application; settings come from the environment unless given."""
    settings = settings or load(RegistrySettings)
    database = Database(engine_of(settings), "/services/registry")

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
        title="Registry",
        description="Victims' files, intervention cards and devices, kept by the managing police zone.",
        lifespan=lifespan,
        ready=ready,
    )
    vault = Vault(settings.vault_keys.get_secret_value())
    _files(app, database, vault)
    _papers(app, database, vault)
    _card(app, database, vault, settings.pseudonym_key.get_secret_value().encode())
    _devices(app, database, vault)
    _switching(app, database, vault)
    return app


def _files(app: FastAPI, database: Database, vault: Vault) -> None:
    @app.post("/v1/enrolments", status_code=201, tags=["files"])
    def enrol(response: Response, caller: FileManager) -> EnrolmentOut:
        """Open a file; the managing zone is the caller's."""
        with database.transaction() as tx:
            file = usecases.enrol(tx, vault, caller)
        response.headers["Location"] = f"/v1/enrolments/{file.row.id}"
        return _file(file)

    @app.get("/v1/enrolments", tags=["files"])
    def listed(caller: FileManager, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[EnrolmentSummary]:
        """The newest files of the caller's zone."""
        with database.read() as session:
            rows = store.enrolments(session, usecases.zone_of(caller), limit)
        return [EnrolmentSummary.model_validate(row, from_attributes=True) for row in rows]

    @app.get("/v1/enrolments/{enrolment_id}", tags=["files"])
    def read(enrolment_id: UUID, caller: FileManager) -> EnrolmentOut:
        """One file, with the preconditions of activation."""
        with database.read() as session:
            return _file(usecases.read(session, vault, caller, enrolment_id))


def _papers(app: FastAPI, database: Database, vault: Vault) -> None:
    @app.put("/v1/enrolments/{enrolment_id}/police-report", tags=["papers"])
    def police_report(enrolment_id: UUID, body: PoliceReportIn, caller: FileManager) -> EnrolmentOut:
        """Record the number of the police report."""
        with database.transaction() as tx:
            return _file(usecases.put_police_report(tx, vault, caller, enrolment_id, body.pv_number))

    @app.post("/v1/enrolments/{enrolment_id}/convention", tags=["papers"])
    def convention(enrolment_id: UUID, body: ConventionIn, caller: FileManager) -> EnrolmentOut:
        """Record the signature under the convention."""
        with database.transaction() as tx:
            return _file(usecases.sign_convention(tx, vault, caller, enrolment_id, body.signed_on, body.by))


def _card(app: FastAPI, database: Database, vault: Vault, pseudonym_key: bytes) -> None:
    @app.put("/v1/enrolments/{enrolment_id}/card", tags=["card"])
    def put_card(enrolment_id: UUID, body: CardIn, caller: FileManager) -> CardOut:
        """Record the next version of the card; dispatch gets it at once."""
        with database.transaction() as tx:
            usecases.put_card(tx, vault, pseudonym_key, caller, enrolment_id, body.model_dump(mode="json"))
        return get_card(enrolment_id, caller)

    @app.get("/v1/enrolments/{enrolment_id}/card", tags=["card"])
    def get_card(enrolment_id: UUID, caller: FileManager) -> CardOut:
        """The card as it stands, without the codes."""
        with database.read() as session:
            version, card = usecases.read_card(session, vault, caller, enrolment_id)
        return CardOut(version=version, card=card)


def _devices(app: FastAPI, database: Database, vault: Vault) -> None:
    @app.post("/v1/enrolments/{enrolment_id}/devices", status_code=201, tags=["devices"])
    def issue(enrolment_id: UUID, body: DeviceIn, caller: FileManager) -> DeviceOut:
        """Issue a button with the phone it was matched to."""
        with database.transaction() as tx:
            device = usecases.issue_device(
                tx, vault, caller, enrolment_id, body.public_key, body.button_serial, body.phone_number
            )
            return _device(device)

    for action, move in DEVICE_ACTIONS.items():
        app.post(f"/v1/devices/{{device_id}}/{action}", tags=["devices"], summary=f"{action} a device")(
            _mover(database, move)
        )


def _mover(database: Database, move: DeviceMove) -> Callable[..., DeviceOut]:
    def endpoint(device_id: UUID, caller: FileManager) -> DeviceOut:
        with database.transaction() as tx:
            return _device(usecases.move_device(tx, caller, device_id, move))

    endpoint.__name__ = f"{move}_device"
    return endpoint


def _switching(app: FastAPI, database: Database, vault: Vault) -> None:
    @app.post("/v1/enrolments/{enrolment_id}/activate", tags=["switching"])
    def activate(enrolment_id: UUID, caller: FileManager) -> EnrolmentOut:
        """Switch the alarm on; 409 names each missing precondition in `missing`."""
        with database.transaction() as tx:
            return _file(usecases.activate(tx, vault, caller, enrolment_id))

    @app.post("/v1/enrolments/{enrolment_id}/suspend", tags=["switching"])
    def suspend(enrolment_id: UUID, caller: FileManager) -> EnrolmentOut:
        """Switch it off for a while; its devices must be reactivated and tested again."""
        with database.transaction() as tx:
            return _file(usecases.suspend(tx, vault, caller, enrolment_id))

    @app.post("/v1/enrolments/{enrolment_id}/end", tags=["switching"])
    def end(enrolment_id: UUID, caller: FileManager) -> EnrolmentOut:
        """Close a file; 409 names in `missing` what it needs first: the committee's decision, the device."""
        with database.transaction() as tx:
            return _file(usecases.end(tx, vault, caller, enrolment_id))


def _device(row: DeviceRow) -> DeviceOut:
    return DeviceOut.model_validate(row, from_attributes=True)


def _file(file: usecases.File) -> EnrolmentOut:
    return EnrolmentOut.model_validate(
        {
            **file.row.model_dump(),
            "pv_number": file.pv_number,
            "convention_by": file.convention_by,
            "preconditions": PreconditionsOut(**asdict(file.preconditions)),
            "missing": file.preconditions.missing,
            "to_end": file.to_end,
            "devices": [_device(device) for device in file.devices],
        }
    )
