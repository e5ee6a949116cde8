"""Meetings: agenda, attendance, and whether there is a quorum."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Response

from services.committee.api.dependencies import Member, Parts, Secretariat
from services.committee.presenters import shown
from services.committee.schemas.common import Moment
from services.committee.schemas.meeting import (
    AgendaIn,
    AttendanceIn,
    MeetingIn,
    MeetingOut,
    MeetingSummary,
)
from services.committee.store import meetings as store
from services.committee.usecases import meetings, presence
from services.committee.usecases.access_scope import scope_of
from services.committee.usecases.pending_settlement import settle


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about meetings."""
    _prepare(app, parts)
    _run(app, parts)


def _prepare(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/meetings", status_code=201, tags=["meetings"])
    def plan(body: MeetingIn, response: Response, caller: Secretariat) -> MeetingOut:
        """Call a meeting of the committee of a protocol in force."""
        with parts.work(caller) as work:
            seen = meetings.plan(work, body.protocol_id, body.starts_at, body.language)
        response.headers["Location"] = f"/v1/meetings/{seen.row.id}"
        return shown.meeting(seen)

    @app.post("/v1/meetings/{meeting_id}/agenda", tags=["meetings"])
    def put_on_agenda(meeting_id: UUID, body: AgendaIn, caller: Secretariat) -> MeetingOut:
        """An application to decide upon, or a review to hold; the same again changes nothing."""
        with parts.work(caller) as work:
            seen = meetings.put_on_agenda(work, meeting_id, body.application_id, body.review_id)
            return shown.meeting(seen)

    @app.get("/v1/meetings", tags=["meetings"])
    def listed(
        caller: Member,
        since: Moment | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[MeetingSummary]:
        """Meetings in order of their beginning."""
        with parts.database.read() as session:
            rows = store.meetings(session, scope_of(session, caller), since=since, limit=limit)
        return [shown.row(MeetingSummary, each) for each in rows]

    @app.get("/v1/meetings/{meeting_id}", tags=["meetings"])
    def read(meeting_id: UUID, caller: Member) -> MeetingOut:
        """One meeting; points that the caller has a tie to are left out."""
        with parts.reading(caller) as reading:
            return shown.meeting(meetings.read(reading, meeting_id))


def _run(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/meetings/{meeting_id}/open", tags=["meetings"])
    def begin(meeting_id: UUID, caller: Secretariat) -> MeetingOut:
        """It begins: people come in, and decisions can be taken."""
        with parts.work(caller) as work:
            return shown.meeting(meetings.move(work, meeting_id, "open"))

    @app.post("/v1/meetings/{meeting_id}/attendance", tags=["meetings"])
    def attend(meeting_id: UUID, body: AttendanceIn, caller: Secretariat) -> MeetingOut:
        """A member is in the room: it counts once they confirm it at their own desk."""
        within = timedelta(hours=parts.settings.presence_confirmed_within_h)
        with parts.work(caller) as work:
            return shown.meeting(presence.record(work, meeting_id, body.member_id, within))

    @app.post("/v1/meetings/{meeting_id}/presence", tags=["meetings"])
    def confirm(meeting_id: UUID, caller: Member) -> MeetingOut:
        """The caller is there, or was where it was recorded; decisions that waited for it take effect."""
        with parts.work(caller) as work:
            presence.confirm(work, meeting_id)
        settle(parts.database, parts.vault, meeting_id)
        with parts.reading(caller) as reading:
            return shown.meeting(meetings.read(reading, meeting_id))

    @app.post("/v1/meetings/{meeting_id}/attendance/leave", tags=["meetings"])
    def leave(meeting_id: UUID, body: AttendanceIn, caller: Secretariat) -> MeetingOut:
        """Somebody goes, and counts no longer."""
        with parts.work(caller) as work:
            return shown.meeting(presence.leave(work, meeting_id, body.member_id))

    @app.post("/v1/meetings/{meeting_id}/close", tags=["meetings"])
    def close(meeting_id: UUID, caller: Secretariat) -> MeetingOut:
        """It ends; what was not decided stands adjourned."""
        with parts.work(caller) as work:
            return shown.meeting(meetings.move(work, meeting_id, "closed"))
