"""Reviews."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.committee.domain.review import TO_HOLD, TO_MISS, ReviewState
from services.committee.models import ReviewRow
from services.committee.store.access_scope import AccessScope
from services.committee.store.conflicts import conflicted_enrolments


def add_review(session: Session, row: ReviewRow) -> bool:
    """Store a review unless its cause already has one; return whether it is new."""
    added = session.execute(
        insert(ReviewRow)
        .values(**row.model_dump())
        .on_conflict_do_nothing(index_elements=["cause", "cause_id"])
        .returning(col(ReviewRow.id))
    )
    return added.one_or_none() is not None


def review(
    session: Session, review_id: UUID, scope: AccessScope | None = None, *, lock: bool = False
) -> ReviewRow | None:
    """Find one review; only within `scope`."""
    found = select(ReviewRow).where(col(ReviewRow.id) == review_id)
    if scope is not None:
        found = found.where(scope.about(col(ReviewRow.application_id), col(ReviewRow.enrolment_id)))
    if lock:
        # As it is now, whatever was read of it before somebody else let go of it.
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.exec(found).one_or_none()


def reviews(
    session: Session,
    scope: AccessScope,
    *,
    enrolment_id: UUID | None = None,
    before: datetime | None = None,
    limit: int = 500,
) -> Sequence[ReviewRow]:
    """Find reviews within `scope` that nobody held, most urgent first, without conflicts; of one enrolment."""
    found = select(ReviewRow).where(
        scope.about(col(ReviewRow.application_id), col(ReviewRow.enrolment_id)),
        col(ReviewRow.enrolment_id).not_in(conflicted_enrolments(scope.subject)),
    )
    found = found.order_by(col(ReviewRow.due_at)).limit(limit)
    if enrolment_id is not None:
        return session.exec(found.where(col(ReviewRow.enrolment_id) == enrolment_id)).all()
    found = found.where(col(ReviewRow.state).in_(TO_HOLD))
    if before is not None:
        found = found.where(col(ReviewRow.due_at) <= before)
    return session.exec(found).all()


def reviews_of(session: Session, application_id: UUID) -> Sequence[ReviewRow]:
    """Find all reviews of one case, in the order of their moments."""
    found = select(ReviewRow).where(col(ReviewRow.application_id) == application_id)
    return session.exec(found.order_by(col(ReviewRow.due_at))).all()


def mark_overdue(session: Session, review_ids: Collection[UUID]) -> None:
    """Mark reviews whose moment came while they were open."""
    overdue = update(ReviewRow).where(col(ReviewRow.id).in_(review_ids), col(ReviewRow.state).in_(TO_MISS))
    session.execute(overdue.values(state=ReviewState.OVERDUE))
