"""Pages of meetings: the ones to come, the reviews to be held in them, and one while it sits."""

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import Session

from chassis.security.accounts import account
from contracts.common import local_day
from services.committee.api.dependencies import MEMBERS
from services.committee.domain.application import ELEMENTS, LEVELS, MOVES
from services.committee.domain.presence import sits_on
from services.committee.models import ApplicationRow, ReviewRow
from services.committee.pages.desk_cases import protocol_of, sendable
from services.committee.pages.desk_common import LINES, Agendas, Desk, conditions_of
from services.committee.presenters import shown
from services.committee.schemas.case import ApplicationOut
from services.committee.schemas.meeting import AgendaOut, MeetingOut
from services.committee.store import cases, due
from services.committee.store import meetings as meeting_store
from services.committee.store import protocols as protocol_store
from services.committee.usecases import applications, meetings, members, protocols
from services.committee.usecases.access_scope import Reading, scope_of


def add(desk: Desk) -> None:
    """Meetings, reviews, one meeting."""
    _meetings(desk)
    _reviews(desk)
    _meeting(desk)


def _meetings(desk: Desk) -> None:
    @desk.app.get("/desk/meetings", include_in_schema=False)
    def listed(request: Request) -> Response:
        """The last meetings and the ones to come."""
        caller = desk.pages.reader(request, *MEMBERS)
        with desk.parts.database.read() as session:
            rows = meeting_store.meetings(session, scope_of(session, caller), since=None, limit=LINES)
            present = protocol_store.all_in_force(session)
        return desk.show(request, "meetings.html", caller, rows=rows, protocols=present)


def _reviews(desk: Desk) -> None:
    @desk.app.get("/desk/reviews", include_in_schema=False)
    def reviews(request: Request) -> Response:
        """Reviews that nobody held yet, the most urgent first, to be put on an agenda."""
        caller = desk.pages.reader(request, *MEMBERS)
        with desk.parts.database.read() as session:
            scope = scope_of(session, caller)
            waiting = due.reviews(session, scope, limit=LINES)
            agendas = Agendas.read(session, scope)
            rows = [(each, *agendas.of(_case_of(session, each), each.id)) for each in waiting]
        return desk.show(request, "reviews.html", caller, rows=rows)


def _case_of(session: Session, review: ReviewRow) -> ApplicationRow | None:
    return cases.application(session, review.application_id) if review.application_id else None


def _meeting(desk: Desk) -> None:
    @desk.app.get("/desk/meetings/{meeting_id}", include_in_schema=False)
    def meeting(request: Request, meeting_id: UUID, point: int | None = None) -> Response:
        """A meeting while it sits: who is there, the quorum, the point in hand, the next."""
        caller = desk.pages.reader(request, *MEMBERS)
        with desk.parts.reading(caller) as reading:
            seen = meetings.read(reading, meeting_id)
            whole = shown.meeting(seen)
            protocol = protocols.version(reading.session, seen.row.protocol_id, seen.row.protocol_version)
            waiting = [item for item in whole.agenda if item.state == "open"]
            chosen = [item for item in whole.agenda if item.position == point]
            item = next(iter(chosen + waiting), None)
            what: dict[str, Any] = {"case": None, "review": None}
            if item is not None:
                what = _point(reading, item, linked=desk.linked)
            what |= _people(reading, whole)
        what["content"] = protocol.said
        return desk.show(request, "meeting.html", caller, meeting=whole, item=item, **what)


def _people(reading: Reading, meeting: MeetingOut) -> dict[str, Any]:
    """Members who are not there, and whether the reader may say that they are, or were."""
    there = {who.member_id for who in meeting.attendance if who.left_at is None}
    said = {who.member_id: who.confirmed_at for who in meeting.attendance}
    today = local_day(reading.at)
    # By the row: of what is shown a day that cannot be read is absent.
    listed = [(row, shown.member(row, name)) for row, name in members.listed(reading, meeting.protocol_id)]
    known = [each for _, each in listed]
    sit = [each for row, each in listed if sits_on(row, today)]
    me = (account(reading.caller.subject), reading.caller.partner)
    mine = [each.id for each in known if (each.person, each.partner) == me]
    here = [each.id for each in sit if each.id in mine and each.id not in there]
    asked = [each for each in mine if each in said and said[each] is None]
    return {
        "absent": [each for each in sit if each.id not in there],
        "me": bool(asked or (here and meeting.state == "open")),
    }


def _point(reading: Reading, item: AgendaOut, *, linked: bool) -> dict[str, Any]:
    """What the committee looks at, and what it can decide of it."""
    review = due.review(reading.session, item.review_id) if item.review_id else None
    what: dict[str, Any] = {"review": review, "case": None, "sendable": {}, "moves": (), **conditions_of(None)}
    if item.application_id is not None:
        row = reading.visible(item.application_id)
        what["case"] = shown.filed(reading, applications.filed(reading, row))
        what["moves"] = {move for state, move in MOVES if state == row.state}
        what |= conditions_of(protocol_of(reading, row))
        what["sendable"] = sendable(reading, row)
    outcomes = _outcomes(what["case"], linked=linked) if review else []
    return what | {"outcomes": outcomes, "levels": LEVELS, "elements": ELEMENTS}


def _outcomes(case: ApplicationOut | None, *, linked: bool) -> list[str]:
    """What a review can come to, in the order of the form. Without a case there is nothing to refer."""
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
