"""Meetings: agenda and attendance."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, extract, func
from sqlmodel import Session, col, select

from contracts.values import EARLIEST, LATEST
from services.committee.domain.meeting import MeetingState
from services.committee.models import AgendaRow, AttendanceRow, MeetingRow, PendingDecisionRow
from services.committee.store.access_scope import AccessScope


def meeting(session: Session, scope: AccessScope, meeting_id: UUID, *, lock: bool = False) -> MeetingRow | None:
    """Find one meeting of the caller's; `lock` keeps others from changing it, its agenda and its attendance."""
    found = select(MeetingRow).where(_within(scope), col(MeetingRow.id) == meeting_id)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def _within(scope: AccessScope) -> ColumnElement[bool]:
    return col(MeetingRow.protocol_id).in_(scope.protocols)


def meetings(
    session: Session, scope: AccessScope, *, since: datetime | None, limit: int
) -> Sequence[MeetingRow]:
    """Find the caller's next meetings since a moment, in order; without one the last, the newest first."""
    found = select(MeetingRow).where(_within(scope)).limit(limit)
    if since is None:
        return session.exec(found.order_by(col(MeetingRow.starts_at).desc())).all()
    return session.exec(
        found.where(col(MeetingRow.starts_at) >= since).order_by(col(MeetingRow.starts_at))
    ).all()


def open_meetings(session: Session, scope: AccessScope) -> Sequence[MeetingRow]:
    """Find the caller's meetings that are planned or sit: those nearest to now, however many nobody closed."""
    found = select(MeetingRow).where(
        _within(scope), col(MeetingRow.state).in_((MeetingState.PLANNED, MeetingState.OPEN))
    )
    # Of what PostgreSQL reckons with: one meeting at no time must not hide the others.
    starts = func.greatest(func.least(col(MeetingRow.starts_at), LATEST), EARLIEST)
    away = func.abs(extract("epoch", starts - func.now()))
    return sorted(session.exec(found.order_by(away).limit(20)), key=lambda row: row.starts_at)


def agenda(session: Session, meeting_id: UUID) -> Sequence[AgendaRow]:
    """Find the points in order."""
    found = select(AgendaRow).where(col(AgendaRow.meeting_id) == meeting_id)
    return session.exec(found.order_by(col(AgendaRow.position))).all()


def point(session: Session, item_id: UUID) -> AgendaRow | None:
    """Find one point, by its id."""
    return session.get(AgendaRow, item_id)


def meeting_of(session: Session, row: PendingDecisionRow) -> MeetingRow | None:
    """Find the meeting at which a decision was taken that waits."""
    return session.get(MeetingRow, row.meeting_id)


def next_position(session: Session, meeting_id: UUID) -> int:
    """Return the place of a further point."""
    highest = select(func.max(AgendaRow.position)).where(col(AgendaRow.meeting_id) == meeting_id)
    return (session.exec(highest).one() or 0) + 1


def item(
    session: Session, meeting_id: UUID, application_id: UUID | None, review_id: UUID | None
) -> AgendaRow | None:
    """Find the point of a meeting about an application itself, or about a review."""
    found = select(AgendaRow).where(
        col(AgendaRow.meeting_id) == meeting_id, col(AgendaRow.review_id).is_not_distinct_from(review_id)
    )
    if review_id is None:
        found = found.where(col(AgendaRow.application_id) == application_id)
    return session.exec(found).one_or_none()


def attendance(session: Session, meeting_id: UUID) -> Sequence[AttendanceRow]:
    """Find who came, in order of arrival."""
    found = select(AttendanceRow).where(col(AttendanceRow.meeting_id) == meeting_id)
    return session.exec(found.order_by(col(AttendanceRow.arrived_at), col(AttendanceRow.subject))).all()


def add_meeting(session: Session, row: MeetingRow) -> None:
    """Store a meeting."""
    session.add(row)
    session.flush()


def add_item(session: Session, row: AgendaRow) -> None:
    """Store a point of the agenda."""
    session.add(row)
    session.flush()


def add_attendance(session: Session, row: AttendanceRow) -> None:
    """Store that somebody is there."""
    session.add(row)
    session.flush()
