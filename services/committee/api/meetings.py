"""Meetings: agenda, attendance, and whether there is a quorum."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from services.committee.api.dependencies import (
    Limit,
    Member,
    MemberReading,
    Process,
    SecretariatUnitOfWork,
    SettingsOf,
)
from services.committee.bootstrap import unit_of_reading, unit_of_work
from services.committee.presenters.meetings import present_meeting
from services.committee.presenters.rows import present_rows
from services.committee.schemas.common import Moment
from services.committee.schemas.meeting import AgendaIn, AttendanceIn, MeetingIn, MeetingOut, MeetingSummary
from services.committee.usecases import meetings, presence
from services.committee.usecases.pending_settlement import settle_decisions

router = APIRouter(prefix="/v1/meetings", tags=["meetings"])


@router.post("", status_code=201)
def plan(body: MeetingIn, response: Response, uow: SecretariatUnitOfWork) -> MeetingOut:
    """Call a meeting of the committee of a protocol in force."""
    seen = meetings.plan_meeting(uow, body.protocol_id, body.starts_at, body.language)
    response.headers["Location"] = f"/v1/meetings/{seen.row.id}"
    return present_meeting(seen)


@router.post("/{meeting_id}/agenda")
def put_on_agenda(meeting_id: UUID, body: AgendaIn, uow: SecretariatUnitOfWork) -> MeetingOut:
    """Put an application to decide, or a review to hold, on the agenda; the same again changes nothing."""
    return present_meeting(meetings.put_on_agenda(uow, meeting_id, body.application_id, body.review_id))


@router.get("")
def listed(reading: MemberReading, since: Moment | None = None, limit: Limit = 100) -> list[MeetingSummary]:
    """List meetings in order of their beginning."""
    return present_rows(MeetingSummary, meetings.list_meetings(reading, since, limit))


@router.get("/{meeting_id}")
def read(meeting_id: UUID, reading: MemberReading) -> MeetingOut:
    """Read one meeting, without the points in which the caller has a conflict of interest."""
    return present_meeting(meetings.read_meeting(reading, meeting_id))


@router.post("/{meeting_id}/open")
def begin(meeting_id: UUID, uow: SecretariatUnitOfWork) -> MeetingOut:
    """Open the meeting: people come in, and decisions can be taken."""
    return present_meeting(meetings.move_meeting(uow, meeting_id, "open"))


@router.post("/{meeting_id}/attendance")
def attend(
    meeting_id: UUID, body: AttendanceIn, uow: SecretariatUnitOfWork, settings: SettingsOf
) -> MeetingOut:
    """Record that a member is in the room: it counts once they confirm it at their own desk."""
    within = timedelta(hours=settings.presence_confirmed_within_h)
    return present_meeting(presence.record_arrival(uow, meeting_id, body.member_id, within))


@router.post("/{meeting_id}/presence")
def confirm(meeting_id: UUID, caller: Member, process: Process) -> MeetingOut:
    """Confirm that the caller is, or was, there as recorded; decisions that waited for it take effect."""
    with unit_of_work(process.database, process.vault, caller) as uow:
        presence.confirm_presence(uow, meeting_id)
    settle_decisions(process.database, process.vault, meeting_id)
    with unit_of_reading(process.database, process.vault, caller) as reading:
        return present_meeting(meetings.read_meeting(reading, meeting_id))


@router.post("/{meeting_id}/attendance/leave")
def leave(meeting_id: UUID, body: AttendanceIn, uow: SecretariatUnitOfWork) -> MeetingOut:
    """Record that somebody goes; they no longer count."""
    return present_meeting(presence.record_departure(uow, meeting_id, body.member_id))


@router.post("/{meeting_id}/close")
def close(meeting_id: UUID, uow: SecretariatUnitOfWork) -> MeetingOut:
    """Close the meeting; what was not decided stands adjourned."""
    return present_meeting(meetings.move_meeting(uow, meeting_id, "close"))
