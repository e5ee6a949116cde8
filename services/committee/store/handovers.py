"""Moves to and from the chain approach."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.committee.models import HandoverRow
from services.committee.store.sight import Sight


def add(session: Session, row: HandoverRow) -> bool:
    """Store one unless its id is known; whether it is new. Copies that come together are one."""
    added = session.execute(
        insert(HandoverRow).values(**row.model_dump()).on_conflict_do_nothing().returning(col(HandoverRow.id))
    )
    return added.one_or_none() is not None


def handover(
    session: Session, handover_id: UUID, sight: Sight | None = None, *, lock: bool = False
) -> HandoverRow | None:
    """One hand-over; only within `sight`. `lock` keeps others from answering it."""
    found = select(HandoverRow).where(col(HandoverRow.id) == handover_id)
    if sight is not None:
        found = found.where(sight.about(col(HandoverRow.application_id), col(HandoverRow.enrolment_id)))
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def of_application(session: Session, application_id: UUID) -> Sequence[HandoverRow]:
    """All of one case, in order."""
    found = select(HandoverRow).where(col(HandoverRow.application_id) == application_id)
    return session.exec(found.order_by(col(HandoverRow.created_at))).all()


def unanswered(session: Session, sight: Sight, direction: str, limit: int) -> Sequence[HandoverRow]:
    """What waits for an answer within `sight`, the oldest first."""
    found = select(HandoverRow).where(
        sight.about(col(HandoverRow.application_id), col(HandoverRow.enrolment_id)),
        col(HandoverRow.direction) == direction,
        col(HandoverRow.answered_at).is_(None),
    )
    return session.exec(found.order_by(col(HandoverRow.created_at)).limit(limit)).all()
