"""The committee's pages: what is due, and lists; each other subject has a file. Changes go over the API."""

from datetime import datetime, timedelta
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from chassis.http.pages import Pages
from chassis.runtime import clock
from chassis.security.accounts import account
from services.committee.api.dependencies import READERS, Parts
from services.committee.domain.application import State
from services.committee.pages import desk_cases, desk_chain, desk_meetings, desk_members, desk_protocols
from services.committee.pages.desk_common import LINES, Desk, is_member
from services.committee.pages.words import WORDS
from services.committee.store import cases, due, members, pending_decisions
from services.committee.store import meetings as meeting_store
from services.committee.store import protocols as protocol_store
from services.committee.usecases.access_scope import scope_of

_FOLDER = Path(__file__).parent
# Before a deadline, from when it stands out.
_SOON = timedelta(hours=48)


def add(app: FastAPI, parts: Parts) -> None:
    """The pages under /desk."""
    desk = Desk(app, parts, Pages(app, "/desk", _FOLDER, WORDS))
    _board(desk)
    for each in (desk_cases, desk_meetings, desk_members, desk_chain, desk_protocols):
        each.add(desk)


def _board(desk: Desk) -> None:
    @desk.app.get("/desk", include_in_schema=False)
    def board(request: Request) -> Response:
        """What is due, the loudest first."""
        caller = desk.pages.reader(request, *READERS)
        if not is_member(caller):
            return RedirectResponse("/desk/applications", 303)
        now = clock.now()
        with desk.parts.database.read() as session:
            scope = scope_of(session, caller)
            rows = due.board(session, scope, limit=LINES)
            coming = meeting_store.meetings(session, scope, since=now, limit=5)
            asked = pending_decisions.unconfirmed(session, scope, account(caller.subject))
            invited = members.invitations(session, scope.protocols, account(caller.subject))
            names = {row.id: row.said["name"] for row in protocol_store.all_in_force(session)}
            said = cases.said_of(session, caller.subject)
        urgency = [(row, _urgency(row.due_at, now)) for row in rows]
        mine = {
            "said_of_you": [row.declared_at for row in said],
            "asked": {meeting.id: meeting for meeting, stay in asked if stay.partner == caller.partner},
            "invited": [row for row in invited if row.partner == caller.partner and row.protocol_id in names],
        }
        return desk.show(request, "board.html", caller, deadlines=urgency, coming=coming, names=names, **mine)

    @desk.app.get("/desk/applications", include_in_schema=False)
    def listed(request: Request, state: State | None = None) -> Response:
        """The newest cases that the caller may see."""
        caller = desk.pages.reader(request, *READERS)
        with desk.parts.database.read() as session:
            rows = cases.applications(session, scope_of(session, caller), state=state, limit=LINES)
            contents = {each.id: each.said for each in protocol_store.all_in_force(session)}
        return desk.show(request, "applications.html", caller, rows=rows, state=state, contents=contents)


def _urgency(due_at: datetime, now: datetime) -> str:
    if due_at < now:
        return "late"
    return "soon" if due_at - now < _SOON else ""
