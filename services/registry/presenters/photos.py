"""Photos of cards."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import damaged_rows
from chassis.database.unit_of_work import UnitOfWork
from services.registry.models import PhotoRow
from services.registry.presenters.disclosure import log_read, log_write
from services.registry.schemas.card import PhotoOut


def present_photos(rows: Iterable[PhotoRow]) -> list[PhotoOut]:
    """Present which photos there are: nothing of that is personal."""
    return [damaged_rows.present_row_in_part(PhotoOut, dict(row), "photo", row.id) for row in rows]


def confirm_photo(uow: UnitOfWork, row: PhotoRow) -> PhotoOut:
    """Log that the caller added a photo, and show that it is there."""
    log_write(uow, row.enrolment_id, "photo")
    return PhotoOut.model_validate(row, from_attributes=True)


def disclose_picture(uow: UnitOfWork, enrolment_id: UUID, jpeg: bytes) -> bytes:
    """Disclose the JPEG of a photo."""
    log_read(uow, enrolment_id, ("photo",))
    return jpeg
