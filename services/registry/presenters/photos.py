"""Photos of cards."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import damaged_rows
from chassis.database.unit_of_work import UnitOfWork
from services.registry.models import PhotoRow
from services.registry.presenters.disclosure import log_read, log_write
from services.registry.schemas.card import PhotoOut
from services.registry.usecases import photos


def show_photos(rows: Iterable[PhotoRow]) -> list[PhotoOut]:
    """Show which photos there are: nothing of that is personal."""
    return [damaged_rows.present_row_in_part(PhotoOut, dict(row), "photo", row.id) for row in rows]


def confirm_photo(uow: UnitOfWork, row: PhotoRow) -> PhotoOut:
    """Log that the caller added a photo, and show that it is there."""
    log_write(uow, row.enrolment_id, "photo")
    return PhotoOut.model_validate(row, from_attributes=True)


def read_picture(uow: UnitOfWork, enrolment_id: UUID, photo_id: UUID) -> bytes:
    """Read the JPEG of a photo, and log it; raises `EnrolmentUnknown`, `PhotoUnknown`."""
    jpeg = photos.read_picture(uow, enrolment_id, photo_id)
    log_read(uow, enrolment_id, ("photo",))
    return jpeg
