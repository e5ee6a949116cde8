"""What came of a list that was imported."""

from chassis.database.unit_of_work import UnitOfWork
from services.registry.presenters.disclosure import log_write
from services.registry.schemas.file import ImportOut, ImportProblem
from services.registry.usecases.importing import Imported


def confirm_import(uow: UnitOfWork, found: Imported, *, dry_run: bool) -> ImportOut:
    """Log each file that the caller made from a list, and show what came of it."""
    for made in found.made:
        log_write(uow, made, "card", "cancel_code", "duress_code", "pv_number")
    problems = [ImportProblem.model_validate(each, from_attributes=True) for each in found.problems]
    return ImportOut.model_validate(
        {
            "lines": found.lines,
            "made": found.made,
            "known": found.known,
            "problems": problems,
            "dry_run": dry_run,
        }
    )
