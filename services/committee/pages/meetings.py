"""Pages of meetings: the ones to come, the reviews to be held in them, and one while it sits."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.security.accounts import account
from contracts.common import local_day
from services.committee.domain.application import ELEMENTS, LEVELS, MOVES
from services.committee.domain.presence import sits_on
from services.committee.domain.roles import MEMBERS
from services.committee.pages.context import LINES, Page, conditions_of
from services.committee.presenters.applications import disclose_application
from services.committee.presenters.meetings import present_meeting
from services.committee.presenters.members import present_member
from services.committee.schemas.case import ApplicationOut
from services.committee.schemas.meeting import AgendaOut, MeetingOut
from services.committee.usecases import applications, chain, meetings, members, protocols
from services.committee.usecases import reviews as review_usecases
from services.committee.usecases.agendas import Agendas
from services.committee.usecases.unit_of_work import CaseReading

router = APIRouter(include_in_schema=False)


@router.get("/desk/meetings")
def listed(page: Page) -> Response:
    """Show the last meetings and the ones to come."""
    caller = page.reader(*MEMBERS)
    with page.unit_of_reading(caller) as reading:
        rows = meetings.list_meetings(reading, None, LINES)
        present = protocols.list_in_force(reading)
    return page.show("meetings.html", caller, rows=rows, protocols=present)


@router.get("/desk/reviews")
def reviews(page: Page) -> Response:
    """Show reviews that nobody held yet, the most urgent first, to be put on an agenda."""
    caller = page.reader(*MEMBERS)
    with page.unit_of_reading(caller) as reading:
        waiting = review_usecases.list_to_hold(reading, due_only=False, limit=LINES)
        agendas = Agendas.read(reading)
        rows = [(each, *agendas.of(review_usecases.find_case(reading, each), each.id)) for each in waiting]
    return page.show("reviews.html", caller, rows=rows)


@router.get("/desk/meetings/{meeting_id}")
def meeting(page: Page, meeting_id: UUID, point: int | None = None) -> Response:
    """Show a meeting while it sits: who is there, the quorum, the point in hand, the next."""
    caller = page.reader(*MEMBERS)
    with page.unit_of_reading(caller) as reading:
        seen = meetings.read_meeting(reading, meeting_id)
        whole = present_meeting(seen)
        protocol = protocols.find_version(reading.session, seen.row.protocol_id, seen.row.protocol_version)
        waiting = [item for item in whole.agenda if item.state == "open"]
        chosen = [item for item in whole.agenda if item.position == point]
        item = next(iter(chosen + waiting), None)
        what: dict[str, object] = {"case": None, "review": None}
        if item is not None:
            what = _point(reading, item, linked=page.linked)
        what |= _people(reading, whole)
    what["content"] = protocol.readable_content
    return page.show("meeting.html", caller, meeting=whole, item=item, **what)


def _people(reading: CaseReading, meeting: MeetingOut) -> dict[str, object]:
    """Return members who are not there, and whether the reader may say that they are, or were."""
    there = {who.member_id for who in meeting.attendance if who.left_at is None}
    values = {who.member_id: who.confirmed_at for who in meeting.attendance}
    today = local_day(reading.at)
    # By the row: of what is shown a day that cannot be read is absent.
    listed = [
        (row, present_member(row, name)) for row, name in members.list_members(reading, meeting.protocol_id)
    ]
    known = [each for _, each in listed]
    sit = [each for row, each in listed if sits_on(row, today)]
    me = (account(reading.caller.subject), reading.caller.partner)
    mine = [each.id for each in known if (each.person, each.partner) == me]
    here = [each.id for each in sit if each.id in mine and each.id not in there]
    asked = [each for each in mine if each in values and values[each] is None]
    return {
        "absent": [each for each in sit if each.id not in there],
        "me": bool(asked or (here and meeting.state == "open")),
    }


def _point(reading: CaseReading, item: AgendaOut, *, linked: bool) -> dict[str, object]:
    """Say what the committee looks at, and what it can decide of it."""
    review = review_usecases.find_review(reading, item.review_id) if item.review_id else None
    what: dict[str, object] = {
        "review": review,
        "case": None,
        "sendable": {},
        "moves": (),
        **conditions_of(None),
    }
    case = None
    if item.application_id is not None:
        row = reading.find_case(item.application_id)
        what["case"] = case = disclose_application(reading, applications.describe_application(reading, row))
        what["moves"] = {move for state, move in MOVES if state == row.state}
        what |= conditions_of(protocols.find_for_case(reading, row))
        what["sendable"] = chain.choose_sendable(reading, row)
    outcomes = _outcomes(case, linked=linked) if review else []
    return what | {"outcomes": outcomes, "levels": LEVELS, "elements": ELEMENTS}


def _outcomes(case: ApplicationOut | None, *, linked: bool) -> list[str]:
    """Say what a review can come to, in the order of the form. Without a case there is nothing to refer."""
    if case is None:
        return ["keep", "extend", "lighten", "end"]
    if case.state == "ending":
        last = [each.outcome for each in case.decisions if each.kind == "final"][-1:]
        return ["extend"] if last == ["granted"] else []
    could = {
        "keep": True,
        "extend": case.state != "provisional",
        "lighten": True,
        "end": (case.state, "end") in MOVES,
        "chain_approach": linked,
    }
    return [outcome for outcome, can in could.items() if can]
