"""What the registry last said of each file."""

from typing import get_args
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from contracts.registry import EnrolmentStatus
from services.committee.models import KnownEnrolmentRow


def keep(session: Session, row: KnownEnrolmentRow) -> bool:
    """Keep what the registry says now; return whether it is news, neither older nor a copy."""
    given = insert(KnownEnrolmentRow).values(**row.model_dump())
    newer = given.on_conflict_do_update(
        index_elements=["id"],
        set_={name: given.excluded[name] for name in ("status", "managing_zone_id", "changed_at")},
        where=col(KnownEnrolmentRow.changed_at) < given.excluded.changed_at,
    )
    return session.execute(newer.returning(col(KnownEnrolmentRow.id))).one_or_none() is not None


def zone(session: Session, enrolment_id: UUID) -> str | None:
    """Find the zone that manages a file; None for one that the registry has told nothing of."""
    found = select(KnownEnrolmentRow.managing_zone_id).where(col(KnownEnrolmentRow.id) == enrolment_id)
    return session.exec(found).one_or_none()


def status(session: Session, enrolment_id: UUID | None) -> EnrolmentStatus | None:
    """Say how a file stands; None for one that the registry has told nothing of."""
    found = session.exec(
        select(KnownEnrolmentRow.status).where(col(KnownEnrolmentRow.id) == enrolment_id)
    ).one_or_none()
    return next((status for status in get_args(EnrolmentStatus) if status == found), None)
