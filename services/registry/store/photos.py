"""Photos of cards."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from services.registry.models import PhotoRow


def of_file(session: Session, enrolment_id: UUID) -> Sequence[PhotoRow]:
    """The photos of a file, the newest first."""
    found = select(PhotoRow).where(col(PhotoRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(PhotoRow.taken_on).desc(), col(PhotoRow.id))).all()


def photo(session: Session, photo_id: UUID) -> PhotoRow | None:
    """One photo."""
    return session.get(PhotoRow, photo_id)
