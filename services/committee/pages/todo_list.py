"""The first pages: what is due, and the list of cases."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from services.committee.domain.application import State
from services.committee.domain.roles import READERS
from services.committee.pages.context import LINES, Page, is_member
from services.committee.usecases import (
    applications,
    conflicts_of_interest,
    deadlines,
    meetings,
    members,
    presence,
    protocols,
)

# Before a deadline, from when it stands out.
_SOON = timedelta(hours=48)

router = APIRouter(include_in_schema=False)


@router.get("/desk")
def todo_list(page: Page) -> Response:
    """Show what is due, the highest step first."""
    caller = page.reader(*READERS)
    if not is_member(caller):
        return RedirectResponse("/desk/applications", 303)
    with page.unit_of_reading(caller) as reading:
        now = reading.at
        rows = deadlines.list_due(reading, LINES)
        coming = meetings.list_meetings(reading, now, 5)
        asked = presence.list_to_confirm(reading)
        invited = members.list_invitations(reading)
        names = {row.id: row.readable_content["name"] for row in protocols.list_in_force(reading)}
        conflicts = conflicts_of_interest.list_declared_by_others(reading)
    urgency = [(row, _urgency(row.due_at, now)) for row in rows]
    mine = {
        "said_of_you": [row.declared_at for row in conflicts],
        "asked": {meeting.id: meeting for meeting, stay in asked if stay.partner == caller.partner},
        "invited": [row for row in invited if row.partner == caller.partner and row.protocol_id in names],
    }
    return page.show("todo_list.html", caller, deadlines=urgency, coming=coming, names=names, **mine)


@router.get("/desk/applications")
def listed(page: Page, state: State | None = None) -> Response:
    """Show the newest cases that the caller may see."""
    caller = page.reader(*READERS)
    with page.unit_of_reading(caller) as reading:
        rows = applications.list_applications(reading, state, LINES)
        contents = {each.id: each.readable_content for each in protocols.list_in_force(reading)}
    return page.show("applications.html", caller, rows=rows, state=state, contents=contents)


def _urgency(due_at: datetime, now: datetime) -> str:
    if due_at < now:
        return "late"
    return "soon" if due_at - now < _SOON else ""
