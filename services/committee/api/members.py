"""Members of a committee: who is invited, who confirmed it."""

from uuid import UUID

from fastapi import APIRouter

from services.committee.api.dependencies import MemberReading, MemberUnitOfWork, SecretariatUnitOfWork
from services.committee.domain.presence import NamedMember
from services.committee.presenters.members import present_member
from services.committee.schemas.member import MemberIn, MemberOut
from services.committee.usecases import members

router = APIRouter(prefix="/v1/protocols/{protocol_id}/members", tags=["members"])


@router.get("")
def listed(protocol_id: UUID, reading: MemberReading) -> list[MemberOut]:
    """List who sits on the committee of a protocol, and who was invited to."""
    return [present_member(row, name) for row, name in members.list_members(reading, protocol_id)]


@router.post("")
def invite(protocol_id: UUID, body: MemberIn, uow: SecretariatUnitOfWork) -> MemberOut:
    """Invite somebody; they count once they confirm it themselves, with a token of that partner."""
    return present_member(members.invite_member(uow, protocol_id, NamedMember(**body.model_dump())), body.name)


@router.post("/confirm")
def confirm(protocol_id: UUID, uow: MemberUnitOfWork) -> MemberOut:
    """Confirm that the caller is the person who was invited; again changes nothing."""
    row = members.confirm_membership(uow, protocol_id)
    return present_member(row, members.read_name(uow, row))


@router.post("/{member_id}/end")
def end(protocol_id: UUID, member_id: UUID, uow: SecretariatUnitOfWork) -> MemberOut:
    """End a membership; what they took part in stays."""
    row = members.end_membership(uow, protocol_id, member_id)
    return present_member(row, members.read_name(uow, row))
