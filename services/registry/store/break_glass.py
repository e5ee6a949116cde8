"""Who opened a file that is not theirs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from services.registry.models import BreakGlassRow


def add_use(session: Session, row: BreakGlassRow) -> None:
    """Record that somebody used break-glass access to a file."""
    session.add(row)


def find_use(session: Session, access_id: UUID) -> BreakGlassRow | None:
    """Find one time that somebody used break-glass access."""
    return session.get(BreakGlassRow, access_id)


def list_uses(session: Session, enrolment_id: UUID) -> Sequence[BreakGlassRow]:
    """List each time that somebody used break-glass access to a file, in order."""
    found = select(BreakGlassRow).where(col(BreakGlassRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(BreakGlassRow.opened_at))).all()


def forget_reasons(session: Session, enrolment_id: UUID) -> None:
    """Forget why somebody opened the file, for it tells of people; who it was stays."""
    session.execute(
        update(BreakGlassRow).where(col(BreakGlassRow.enrolment_id) == enrolment_id).values(encrypted=b"")
    )


def is_opened(session: Session, enrolment_id: UUID, subject: str, at: datetime) -> bool:
    """Check whether a file is open for a person at a moment."""
    return find_opened_until(session, enrolment_id, subject, at) is not None


def find_opened_until(session: Session, enrolment_id: UUID, subject: str, at: datetime) -> datetime | None:
    """Find until when a file that somebody opened is open for them; None where it is not."""
    found = select(BreakGlassRow.until).where(
        col(BreakGlassRow.enrolment_id) == enrolment_id,
        col(BreakGlassRow.subject) == subject,
        col(BreakGlassRow.opened_at) <= at,
        col(BreakGlassRow.until) > at,
    )
    return session.exec(found.order_by(col(BreakGlassRow.until).desc()).limit(1)).first()
