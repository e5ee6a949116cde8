"""Photos of cards."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from services.registry.models import PhotoRow


def of_file(session: Session, enrolment_id: UUID) -> Sequence[PhotoRow]:
    """List the photos of a file, the newest first."""
    found = select(PhotoRow).where(col(PhotoRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(PhotoRow.taken_on).desc(), col(PhotoRow.id))).all()


def add(session: Session, row: PhotoRow) -> None:
    """Add a photo."""
    session.add(row)
    session.flush()


def remove(session: Session, row: PhotoRow) -> None:
    """Delete a photo."""
    session.delete(row)
    session.flush()


def photo(session: Session, photo_id: UUID) -> PhotoRow | None:
    """Find one photo."""
    return session.get(PhotoRow, photo_id)
