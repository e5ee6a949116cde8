"""Files that somebody opened by break-glass access, as the caller may see it."""

from chassis.database.unit_of_work import UnitOfWork
from services.registry.models import BreakGlassRow
from services.registry.presenters.disclosure import log_break_glass, log_read
from services.registry.schemas.access import BreakGlassOut
from services.registry.usecases.break_glass import BreakGlassAccess


def confirm_break_glass(uow: UnitOfWork, opened: BreakGlassRow) -> BreakGlassOut:
    """Log that the caller used break-glass access to a file, and say until when it is open."""
    log_break_glass(uow, opened.enrolment_id)
    return BreakGlassOut.model_validate(opened, from_attributes=True)


def disclose_break_glass(uow: UnitOfWork, found: BreakGlassAccess) -> BreakGlassAccess:
    """Disclose who opened a file of the caller's zone and why, as it stands."""
    log_read(uow, found.enrolment_id, ("break_glass",))
    return found
