"""Deadlines."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, or_, select

from services.committee.domain.deadlines import DeadlineState
from services.committee.models import DeadlineRow
from services.committee.store.access_scope import AccessScope
from services.committee.store.conflicts import conflicted_enrolments


def add_deadline(session: Session, row: DeadlineRow) -> bool:
    """Store a deadline unless the same is waited for already; return whether it is new."""
    added = session.execute(
        insert(DeadlineRow)
        .values(**row.model_dump())
        .on_conflict_do_nothing(
            # In words: as a parameter it would match the index only until the statement is prepared for good.
            index_elements=["kind", "subject_id"],
            index_where=text("state = 'open'"),
        )
        .returning(col(DeadlineRow.id))
    )
    return added.one_or_none() is not None


def open_deadlines_of(session: Session, subject_id: UUID, *, lock: bool = False) -> Sequence[DeadlineRow]:
    """Find what waits for an application or a review."""
    found = select(DeadlineRow).where(
        col(DeadlineRow.subject_id) == subject_id, col(DeadlineRow.state) == DeadlineState.OPEN
    )
    found = found.order_by(col(DeadlineRow.id))
    return session.exec(found.with_for_update() if lock else found).all()


def deadline_reached(session: Session, deadline_id: UUID) -> DeadlineRow | None:
    """Find a deadline that is still open, locked."""
    found = select(DeadlineRow).where(
        col(DeadlineRow.id) == deadline_id, col(DeadlineRow.state) == DeadlineState.OPEN
    )
    return session.exec(found.with_for_update()).one_or_none()


def deadlines_of(session: Session, application_id: UUID) -> Sequence[DeadlineRow]:
    """Find all deadlines of one case, met ones too."""
    found = select(DeadlineRow).where(
        or_(col(DeadlineRow.application_id) == application_id, col(DeadlineRow.subject_id) == application_id)
    )
    return session.exec(found.order_by(col(DeadlineRow.due_at))).all()


def list_due(session: Session, scope: AccessScope, *, limit: int) -> Sequence[DeadlineRow]:
    """Find what is to be done within `scope`, the loudest and then the nearest first; a conflict hides it."""
    found = select(DeadlineRow).where(
        col(DeadlineRow.state) == DeadlineState.OPEN,
        scope.about(col(DeadlineRow.application_id), col(DeadlineRow.enrolment_id)),
        col(DeadlineRow.enrolment_id).not_in(conflicted_enrolments(scope.subject)),
    )
    found = found.order_by(col(DeadlineRow.reminder_step).desc(), col(DeadlineRow.due_at)).limit(limit)
    return session.exec(found).all()
