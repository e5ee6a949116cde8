"""Members of a committee: who is invited, who confirmed it."""

from uuid import UUID

from fastapi import FastAPI

from services.committee.api.dependencies import Member, Parts, Secretariat
from services.committee.presenters import shown
from services.committee.schemas.member import MemberIn, MemberOut
from services.committee.usecases import members


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about members."""

    @app.get("/v1/protocols/{protocol_id}/members", tags=["members"])
    def listed(protocol_id: UUID, caller: Member) -> list[MemberOut]:
        """Who sits on the committee of a protocol, and who was invited to."""
        with parts.reading(caller) as reading:
            return [shown.member(row, name) for row, name in members.listed(reading, protocol_id)]

    @app.post("/v1/protocols/{protocol_id}/members", tags=["members"])
    def invite(protocol_id: UUID, body: MemberIn, caller: Secretariat) -> MemberOut:
        """Invite somebody; they count once they confirm it themselves, with a token of that partner."""
        with parts.work(caller) as work:
            return shown.member(members.invite(work, protocol_id, body.model_dump()), body.name)

    @app.post("/v1/protocols/{protocol_id}/members/confirm", tags=["members"])
    def confirm(protocol_id: UUID, caller: Member) -> MemberOut:
        """The caller is who was invited; again changes nothing."""
        with parts.work(caller) as work:
            row = members.confirm(work, protocol_id)
            return shown.member(row, members.name(work, row))

    @app.post("/v1/protocols/{protocol_id}/members/{member_id}/end", tags=["members"])
    def end(protocol_id: UUID, member_id: UUID, caller: Secretariat) -> MemberOut:
        """They are a member no longer; what they took part in stays."""
        with parts.work(caller) as work:
            row = members.end(work, protocol_id, member_id)
            return shown.member(row, members.name(work, row))
