"""Decisions that wait until members confirm that they were there."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from services.committee.domain.meeting import PendingState
from services.committee.models import AttendanceRow, MeetingRow, PendingDecisionRow
from services.committee.store.access_scope import AccessScope


def waiting(session: Session, meeting_id: UUID | None = None) -> Sequence[PendingDecisionRow]:
    """Find all that wait, or those of one meeting, in order."""
    found = (
        select(PendingDecisionRow)
        .where(col(PendingDecisionRow.state) == PendingState.WAITING)
        .order_by(col(PendingDecisionRow.recorded_at))
    )
    if meeting_id is not None:
        found = found.where(col(PendingDecisionRow.meeting_id) == meeting_id)
    return session.exec(found).all()


def of_case(
    session: Session, application_id: UUID | None, review_id: UUID | None = None
) -> Sequence[PendingDecisionRow]:
    """Find what waits about a case itself, or about a review."""
    found = select(PendingDecisionRow).where(
        col(PendingDecisionRow.review_id).is_not_distinct_from(review_id),
        col(PendingDecisionRow.state) == PendingState.WAITING,
    )
    if review_id is None:
        found = found.where(col(PendingDecisionRow.application_id) == application_id)
    return session.exec(found).all()


def earlier_reviews(
    session: Session, application_id: UUID, meeting_id: UUID, before: datetime
) -> Sequence[PendingDecisionRow]:
    """Find what waits about any review of a case, recorded before a moment in another meeting."""
    found = select(PendingDecisionRow).where(
        col(PendingDecisionRow.application_id) == application_id,
        col(PendingDecisionRow.review_id).is_not(None),
        col(PendingDecisionRow.meeting_id) != meeting_id,
        col(PendingDecisionRow.recorded_at) < before,
        col(PendingDecisionRow.state) == PendingState.WAITING,
    )
    return session.exec(found).all()


def one(session: Session, waiting_id: UUID, *, lock: bool = False) -> PendingDecisionRow | None:
    """Find one of them; `lock` keeps others from settling it."""
    found = select(PendingDecisionRow).where(col(PendingDecisionRow.id) == waiting_id)
    found = found.execution_options(populate_existing=True)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def unconfirmed(
    session: Session, scope: AccessScope, person: str
) -> Sequence[tuple[MeetingRow, AttendanceRow]]:
    """Find meetings at which one person was recorded, by somebody else, and did not confirm it."""
    found = (
        select(MeetingRow, AttendanceRow)
        .join(AttendanceRow, col(AttendanceRow.meeting_id) == col(MeetingRow.id))
        .where(
            col(MeetingRow.protocol_id).in_(scope.protocols),
            col(AttendanceRow.subject) == person,
            col(AttendanceRow.member_id).is_not(None),
            col(AttendanceRow.confirmed_at).is_(None),
        )
    )
    return session.exec(found.order_by(col(MeetingRow.starts_at))).all()


def add_waiting(session: Session, row: PendingDecisionRow) -> None:
    """Store a decision that waits for the confirmation of presences."""
    session.add(row)
