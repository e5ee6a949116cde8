"""Meetings with who is there and what is to be decided, and reviews; nothing here is personal by the policy."""

from dataclasses import asdict

from services.committee.domain.presence import Counted
from services.committee.domain.protocol import CORE
from services.committee.models import AgendaRow, ReviewRow
from services.committee.presenters.disclosure import log_write
from services.committee.presenters.rows import present_row
from services.committee.schemas.meeting import AgendaOut, AttendanceOut, MeetingOut, ReviewOut
from services.committee.usecases.meetings import Seen
from services.committee.usecases.unit_of_work import CaseUnitOfWork


def present_meeting(seen: Seen) -> MeetingOut:
    """Present a meeting with who is there and what is to be decided."""
    return present_row(
        MeetingOut,
        seen.row,
        attendance=tuple(present_row(AttendanceOut, each, name=name) for each, name in seen.attendance),
        agenda=tuple(_point(item, counted) for item, counted in seen.agenda),
    )


def confirm_held(uow: CaseUnitOfWork, row: ReviewRow) -> ReviewOut:
    """Log that the caller wrote to the case of a review that was just held, or waits, and show it."""
    if row.application_id is not None:
        log_write(uow, row.application_id, ("review",))
    return ReviewOut.model_validate(row, from_attributes=True)


def _point(item: AgendaRow, counted: Counted | None) -> AgendaOut:
    """Present a point. Where it cannot be read who counts, nobody does: nothing is decided of it."""
    whole = present_row(AgendaOut, item, **asdict(counted or Counted(missing=[*CORE])))
    if counted is not None:
        return whole
    return whole.model_copy(update={"unreadable": (*whole.unreadable, "present")})
