"""Protocols: the secretariat drafts, the procureur-generaal approves, the procureur des Konings signs."""

from uuid import UUID

from fastapi import FastAPI

from services.committee.api.dependencies import (
    AnyReader,
    Drafter,
    Parts,
    Procureur,
    ProcureurGeneral,
    ProtocolKeeper,
)
from services.committee.presenters import shown
from services.committee.schemas.common import Number, RemarksIn
from services.committee.schemas.member import MemberIn
from services.committee.schemas.protocol import HistoryOut, ProtocolIn, ProtocolOut, SignatureIn
from services.committee.store import cases
from services.committee.store import protocols as store
from services.committee.usecases import protocols as usecases


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about protocols."""
    _add_members(app, parts)

    @app.put("/v1/protocols/{protocol_id}/draft", tags=["protocols"])
    def draft(protocol_id: UUID, body: ProtocolIn, caller: Drafter) -> ProtocolOut:
        """Write the next version, or rewrite the one being drafted; the same content changes nothing."""
        with parts.work(caller) as work:
            content = body.model_dump(mode="json", exclude_none=True, exclude={"members"})
            named = [each.model_dump() for each in body.members]
            return shown.protocol(usecases.draft(work, protocol_id, content, named))

    @app.post("/v1/protocols/{protocol_id}/versions/{version}/submit", tags=["protocols"])
    def submit(protocol_id: UUID, version: Number, caller: Drafter) -> ProtocolOut:
        """Lay a draft before the procureur-generaal."""
        with parts.work(caller) as work:
            return shown.protocol(usecases.move(work, protocol_id, version, "submit"))

    @app.post("/v1/protocols/{protocol_id}/versions/{version}/approve", tags=["protocols"])
    def approve(protocol_id: UUID, version: Number, caller: ProcureurGeneral) -> ProtocolOut:
        """The procureur-generaal approves it."""
        with parts.work(caller) as work:
            return shown.protocol(usecases.move(work, protocol_id, version, "approve"))

    @app.post("/v1/protocols/{protocol_id}/versions/{version}/send-back", tags=["protocols"])
    def send_back(protocol_id: UUID, version: Number, body: RemarksIn, caller: ProcureurGeneral) -> ProtocolOut:
        """The procureur-generaal wants it otherwise."""
        with parts.work(caller) as work:
            return shown.protocol(usecases.move(work, protocol_id, version, "send_back", body.remarks))

    @app.post("/v1/protocols/{protocol_id}/versions/{version}/sign", tags=["protocols"])
    def sign(protocol_id: UUID, version: Number, body: SignatureIn, caller: Procureur) -> ProtocolOut:
        """The procureur des Konings signs; it binds from its day, and the version before it no longer."""
        with parts.work(caller) as work:
            return shown.protocol(usecases.sign(work, protocol_id, version, body.in_force_from))

    @app.get("/v1/protocols", tags=["protocols"])
    def in_force(_: AnyReader) -> list[ProtocolOut]:
        """The versions that bind now."""
        with parts.database.read() as session:
            return [shown.protocol(row) for row in store.all_in_force(session)]

    @app.get("/v1/protocols/{protocol_id}", tags=["protocols"])
    def read(protocol_id: UUID, _: AnyReader) -> ProtocolOut:
        """The version in force."""
        with parts.database.read() as session:
            return shown.protocol(usecases.in_force(session, protocol_id))

    @app.get("/v1/protocols/{protocol_id}/versions", tags=["protocols"])
    def versions(protocol_id: UUID, _: AnyReader) -> list[ProtocolOut]:
        """All versions, the newest first."""
        with parts.database.read() as session:
            return [shown.protocol(row) for row in store.versions(session, protocol_id)]

    @app.get("/v1/protocols/{protocol_id}/history", tags=["protocols"])
    def history(protocol_id: UUID, caller: AnyReader) -> list[HistoryOut]:
        """Who moved which version, with the remarks."""
        with parts.reading(caller) as reading:
            usecases.known(reading.session, protocol_id)
            return shown.history(reading, cases.history(reading.session, [protocol_id]))


def _add_members(app: FastAPI, parts: Parts) -> None:
    @app.get("/v1/protocols/{protocol_id}/versions/{version}/members", tags=["protocols"])
    def named(protocol_id: UUID, version: Number, caller: ProtocolKeeper) -> list[MemberIn]:
        """Who sits on the committee by a version's own word, for who drafts, approves, signs or sits there."""
        with parts.reading(caller) as reading:
            found = usecases.members_of(reading, protocol_id, version)
            return [MemberIn.model_validate(each) for each in found]
