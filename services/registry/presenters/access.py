"""Files that somebody opened by breaking the glass, as the caller may see it."""

from uuid import UUID

from chassis.database.unit_of_work import Work
from services.registry.models import OpenedRow
from services.registry.presenters.disclosure import log_break_glass, log_read
from services.registry.schemas.access import OpenedOut
from services.registry.usecases import access
from services.registry.usecases.access import Opening


def confirm_opened(work: Work, opened: OpenedRow) -> OpenedOut:
    """Log that the caller broke the glass of a file, and say until when it is open."""
    log_break_glass(work, opened.enrolment_id)
    return OpenedOut.model_validate(opened, from_attributes=True)


def read_opening(work: Work, opening_id: UUID) -> Opening:
    """Read who opened a file of the caller's zone and why, as it stands, and log it.

    Raises `EnrolmentUnknown`.
    """
    found = access.read_opening(work, opening_id)
    log_read(work, found.enrolment_id, ("opening",))
    return found
