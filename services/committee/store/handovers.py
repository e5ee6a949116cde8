"""Moves to and from the chain approach."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.committee.models import HandoverRow
from services.committee.store.access_scope import AccessScope


def add(session: Session, row: HandoverRow) -> bool:
    """Store one unless its id is known; return whether it is new. Copies that come together are one."""
    added = session.execute(
        insert(HandoverRow).values(**row.model_dump()).on_conflict_do_nothing().returning(col(HandoverRow.id))
    )
    return added.one_or_none() is not None


def handover(
    session: Session, handover_id: UUID, scope: AccessScope | None = None, *, lock: bool = False
) -> HandoverRow | None:
    """Find one hand-over; only within `scope`. `lock` keeps others from answering it."""
    found = select(HandoverRow).where(col(HandoverRow.id) == handover_id)
    if scope is not None:
        found = found.where(scope.about(col(HandoverRow.application_id), col(HandoverRow.enrolment_id)))
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def of_application(session: Session, application_id: UUID) -> Sequence[HandoverRow]:
    """Find all of one case, in order."""
    found = select(HandoverRow).where(col(HandoverRow.application_id) == application_id)
    return session.exec(found.order_by(col(HandoverRow.created_at))).all()


def unanswered(session: Session, scope: AccessScope, direction: str, limit: int) -> Sequence[HandoverRow]:
    """Find what waits for an answer within `scope`, the oldest first."""
    found = select(HandoverRow).where(
        scope.about(col(HandoverRow.application_id), col(HandoverRow.enrolment_id)),
        col(HandoverRow.direction) == direction,
        col(HandoverRow.answered_at).is_(None),
    )
    return session.exec(found.order_by(col(HandoverRow.created_at)).limit(limit)).all()


def add_outgoing(session: Session, row: HandoverRow) -> None:
    """Store what is handed over to the chain approach."""
    session.add(row)
