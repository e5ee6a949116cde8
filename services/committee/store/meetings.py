"""Meetings: agenda and attendance."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from services.committee.models import AgendaRow, AttendanceRow, MeetingRow


def meeting(session: Session, meeting_id: UUID, *, lock: bool = False) -> MeetingRow | None:
    """One meeting; `lock` keeps others from changing it, its agenda and its attendance."""
    found = select(MeetingRow).where(col(MeetingRow.id) == meeting_id)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def meetings(session: Session, *, since: datetime | None, limit: int) -> Sequence[MeetingRow]:
    """Meetings in order of their beginning."""
    found = select(MeetingRow).order_by(col(MeetingRow.starts_at)).limit(limit)
    if since is not None:
        found = found.where(col(MeetingRow.starts_at) >= since)
    return session.exec(found).all()


def agenda(session: Session, meeting_id: UUID) -> Sequence[AgendaRow]:
    """The points in order."""
    found = select(AgendaRow).where(col(AgendaRow.meeting_id) == meeting_id)
    return session.exec(found.order_by(col(AgendaRow.position))).all()


def next_position(session: Session, meeting_id: UUID) -> int:
    """The place of a further point."""
    highest = select(func.max(AgendaRow.position)).where(col(AgendaRow.meeting_id) == meeting_id)
    return (session.exec(highest).one() or 0) + 1


def item(
    session: Session, meeting_id: UUID, application_id: UUID | None, review_id: UUID | None
) -> AgendaRow | None:
    """The point of a meeting about an application itself, or about a review."""
    found = select(AgendaRow).where(
        col(AgendaRow.meeting_id) == meeting_id, col(AgendaRow.review_id).is_not_distinct_from(review_id)
    )
    if review_id is None:
        found = found.where(col(AgendaRow.application_id) == application_id)
    return session.exec(found).one_or_none()


def on_open_agendas(session: Session, application_id: UUID) -> Sequence[AgendaRow]:
    """Where an application itself is still to be decided upon."""
    found = select(AgendaRow).where(
        col(AgendaRow.application_id) == application_id,
        col(AgendaRow.review_id).is_(None),
        col(AgendaRow.state) == "open",
    )
    return session.exec(found).all()


def attendance(session: Session, meeting_id: UUID) -> Sequence[AttendanceRow]:
    """Who came, in order of arrival."""
    found = select(AttendanceRow).where(col(AttendanceRow.meeting_id) == meeting_id)
    return session.exec(found.order_by(col(AttendanceRow.arrived_at), col(AttendanceRow.subject))).all()
