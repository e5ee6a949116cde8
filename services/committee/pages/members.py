"""The page of a committee's members: who sits on it, who was invited, and who is asked to confirm it."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.runtime import clock
from chassis.security.accounts import account
from services.committee.domain.roles import MEMBERS
from services.committee.pages.context import Page
from services.committee.presenters.members import present_member
from services.committee.usecases import members, protocols

router = APIRouter(include_in_schema=False)


@router.get("/desk/protocols/{protocol_id}/members")
def listed(page: Page, protocol_id: UUID) -> Response:
    """Show who sits there; the secretariat invites, and each confirms."""
    caller = page.reader(*MEMBERS)
    with page.unit_of_reading(caller) as reading:
        found = [present_member(row, name) for row, name in members.list_members(reading, protocol_id)]
        content = protocols.find_in_force(reading.session, protocol_id).readable_content
    me = (account(caller.subject), caller.partner, "invited")
    mine = [each.id for each in found if (each.person, each.partner, each.state) == me]
    return page.show(
        "members.html",
        caller,
        protocol_id=protocol_id,
        members=found,
        content=content,
        mine=next(iter(mine), None),
        today=clock.today(),
    )
