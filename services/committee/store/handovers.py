"""Moves to and from the chain approach."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, func, select

from services.committee.models import HandoverRow


def handover(session: Session, handover_id: UUID, *, lock: bool = False) -> HandoverRow | None:
    """One hand-over; `lock` keeps others from answering it."""
    found = select(HandoverRow).where(col(HandoverRow.id) == handover_id)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def of_application(session: Session, application_id: UUID) -> Sequence[HandoverRow]:
    """All of one case, in order."""
    found = select(HandoverRow).where(col(HandoverRow.application_id) == application_id)
    return session.exec(found.order_by(col(HandoverRow.created_at))).all()


def unanswered(session: Session, direction: str, limit: int) -> Sequence[HandoverRow]:
    """What waits for an answer, the oldest first."""
    found = select(HandoverRow).where(
        col(HandoverRow.direction) == direction, col(HandoverRow.answered_at).is_(None)
    )
    return session.exec(found.order_by(col(HandoverRow.created_at)).limit(limit)).all()


def lock_name(session: Session, handover_id: UUID) -> None:
    """Until the transaction ends nobody else asks whether this one is known."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(handover_id), 0))))
