"""Protocols: the secretariat drafts, the procureur-generaal approves, the procureur des Konings signs."""

from dataclasses import asdict
from typing import cast
from uuid import UUID

from fastapi import APIRouter

from services.committee.api.dependencies import (
    DrafterUnitOfWork,
    ProcureurGeneralUnitOfWork,
    ProcureurUnitOfWork,
    ProtocolKeeperReading,
    ProtocolReaderReading,
)
from services.committee.domain.presence import NamedMember
from services.committee.domain.protocol import ProtocolContent
from services.committee.presenters.history import present_protocol_history
from services.committee.presenters.protocols import present_protocol, present_protocols
from services.committee.schemas.common import Number, RemarksIn
from services.committee.schemas.member import MemberIn
from services.committee.schemas.protocol import HistoryOut, ProtocolIn, ProtocolOut, SignatureIn
from services.committee.usecases import history as history_usecases
from services.committee.usecases import protocols

router = APIRouter(prefix="/v1/protocols", tags=["protocols"])


@router.get("/{protocol_id}/versions/{version}/members")
def named(protocol_id: UUID, version: Number, reading: ProtocolKeeperReading) -> list[MemberIn]:
    """List who sits on the committee by a version's own word, for those who draft, approve, sign or sit."""
    found = protocols.list_members(reading, protocol_id, version)
    return [MemberIn.model_validate(asdict(each)) for each in found]


@router.put("/{protocol_id}/draft")
def draft(protocol_id: UUID, body: ProtocolIn, uow: DrafterUnitOfWork) -> ProtocolOut:
    """Write the next version, or rewrite the one being drafted; the same content changes nothing."""
    content = cast("ProtocolContent", body.model_dump(mode="json", exclude_none=True, exclude={"members"}))
    members = [NamedMember(**each.model_dump()) for each in body.members]
    return present_protocol(protocols.draft_protocol(uow, protocol_id, content, members))


@router.post("/{protocol_id}/versions/{version}/submit")
def submit(protocol_id: UUID, version: Number, uow: DrafterUnitOfWork) -> ProtocolOut:
    """Lay a draft before the procureur-generaal."""
    return present_protocol(protocols.move_version(uow, protocol_id, version, "submit"))


@router.post("/{protocol_id}/versions/{version}/approve")
def approve(protocol_id: UUID, version: Number, uow: ProcureurGeneralUnitOfWork) -> ProtocolOut:
    """Approve a version, as the procureur-generaal."""
    return present_protocol(protocols.move_version(uow, protocol_id, version, "approve"))


@router.post("/{protocol_id}/versions/{version}/send-back")
def send_back(
    protocol_id: UUID, version: Number, body: RemarksIn, uow: ProcureurGeneralUnitOfWork
) -> ProtocolOut:
    """Send a version back to be changed, as the procureur-generaal."""
    return present_protocol(protocols.move_version(uow, protocol_id, version, "send_back", body.remarks))


@router.post("/{protocol_id}/versions/{version}/sign")
def sign(protocol_id: UUID, version: Number, body: SignatureIn, uow: ProcureurUnitOfWork) -> ProtocolOut:
    """Sign, as the procureur des Konings: it binds from its day, and the version before it no longer does."""
    return present_protocol(protocols.sign_version(uow, protocol_id, version, body.in_force_from))


@router.get("")
def in_force(reading: ProtocolReaderReading) -> list[ProtocolOut]:
    """List the versions that bind now."""
    return present_protocols(protocols.list_in_force(reading))


@router.get("/{protocol_id}")
def read(protocol_id: UUID, reading: ProtocolReaderReading) -> ProtocolOut:
    """Read the version in force."""
    return present_protocol(protocols.find_in_force(reading.session, protocol_id))


@router.get("/{protocol_id}/versions")
def versions(protocol_id: UUID, reading: ProtocolReaderReading) -> list[ProtocolOut]:
    """List all versions, the newest first."""
    return present_protocols(protocols.list_versions(reading, protocol_id))


@router.get("/{protocol_id}/history")
def history(protocol_id: UUID, reading: ProtocolReaderReading) -> list[HistoryOut]:
    """List who moved which version, with the remarks."""
    return present_protocol_history(reading, history_usecases.list_of_protocol(reading, protocol_id))
