"""SQL of the committee."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from services.committee.models import ApplicationRow, DecisionRow, ProtocolRow, ReviewRow

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def protocol_in_force(session: Session, protocol_id: UUID) -> ProtocolRow | None:
    """The version of a protocol that applications are measured by now."""
    found = select(ProtocolRow).where(col(ProtocolRow.id) == protocol_id, col(ProtocolRow.in_force))
    return session.exec(found).one_or_none()


def add_protocol(session: Session, row: ProtocolRow) -> ProtocolRow:
    """Put a new version in force in place of the present one; it gets the next version number."""
    session.execute(
        update(ProtocolRow)
        .where(col(ProtocolRow.id) == row.id, col(ProtocolRow.in_force))
        .values(in_force=False)
    )
    highest = select(func.max(ProtocolRow.version)).where(col(ProtocolRow.id) == row.id)
    row.version = (session.exec(highest).one() or 0) + 1
    session.add(row)
    session.flush()
    return row


def lock_protocol(session: Session, protocol_id: UUID) -> None:
    """One change of a protocol at a time, also before its first version exists."""
    session.execute(_LOCK, {"name": f"protocol:{protocol_id}"})


def application(session: Session, application_id: UUID, *, lock: bool = False) -> ApplicationRow | None:
    """One application; `lock` keeps others from changing it until the transaction ends."""
    found = select(ApplicationRow).where(col(ApplicationRow.id) == application_id)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def applications(
    session: Session, *, own: tuple[str | None, str | None] | None, state: str | None, limit: int
) -> Sequence[ApplicationRow]:
    """The newest applications: all of them, or those of `own` (partner, zone)."""
    found = select(ApplicationRow).order_by(col(ApplicationRow.created_at).desc()).limit(limit)
    if own is not None:
        partner, zone = own
        found = found.where(
            col(ApplicationRow.proposer) == partner, col(ApplicationRow.zone_id).is_not_distinct_from(zone)
        )
    if state is not None:
        found = found.where(col(ApplicationRow.state) == state)
    return session.exec(found).all()


def decision_of(session: Session, application_id: UUID) -> DecisionRow | None:
    """The decision on an application."""
    return session.exec(
        select(DecisionRow).where(col(DecisionRow.application_id) == application_id)
    ).one_or_none()


def add_review(session: Session, row: ReviewRow) -> bool:
    """Store a review unless its cause already has one; whether it is new."""
    added = session.execute(
        insert(ReviewRow)
        .values(**row.model_dump())
        .on_conflict_do_nothing(index_elements=["cause", "cause_id"])
        .returning(col(ReviewRow.id))
    )
    return added.one_or_none() is not None


def mark_overdue(session: Session, review_ids: Sequence[UUID]) -> None:
    """Reviews whose moment came while they were open."""
    overdue = update(ReviewRow).where(col(ReviewRow.id).in_(review_ids), col(ReviewRow.state) == "open")
    session.execute(overdue.values(state="overdue"))


def reviews(session: Session, *, before: datetime | None, limit: int) -> Sequence[ReviewRow]:
    """Reviews in order of urgency, those due before a moment or all."""
    found = select(ReviewRow).order_by(col(ReviewRow.due_at)).limit(limit)
    if before is not None:
        found = found.where(col(ReviewRow.due_at) <= before)
    return session.exec(found).all()
