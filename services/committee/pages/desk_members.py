"""The page of a committee's members: who sits on it, who was invited, and who is asked to confirm it."""

from uuid import UUID

from fastapi import Request, Response

from chassis.runtime import clock
from chassis.security.accounts import account
from services.committee.api.dependencies import MEMBERS
from services.committee.pages.desk_common import Desk
from services.committee.presenters import shown
from services.committee.usecases import members, protocols


def add(desk: Desk) -> None:
    """The members of one protocol's committee."""

    @desk.app.get("/desk/protocols/{protocol_id}/members", include_in_schema=False)
    def listed(request: Request, protocol_id: UUID) -> Response:
        """Who sits there; the secretariat invites, and each confirms."""
        caller = desk.pages.reader(request, *MEMBERS)
        with desk.parts.reading(caller) as reading:
            found = [shown.member(row, name) for row, name in members.listed(reading, protocol_id)]
            content = protocols.in_force(reading.session, protocol_id).said
        me = (account(caller.subject), caller.partner, "invited")
        mine = [each.id for each in found if (each.person, each.partner, each.state) == me]
        return desk.show(
            request,
            "members.html",
            caller,
            protocol_id=protocol_id,
            members=found,
            content=content,
            mine=next(iter(mine), None),
            today=clock.today(),
        )
