"""What a person may ask for: a copy of the file, that it is left alone, that it is forgotten."""

from uuid import UUID

from fastapi import APIRouter

from services.registry.api.dependencies import FileManagerUnitOfWork
from services.registry.presenters.files import confirm_change, disclose_copy
from services.registry.schemas.file import EnrolmentSummary
from services.registry.usecases import rights

router = APIRouter(prefix="/v1/enrolments/{enrolment_id}", tags=["rights"])


@router.get("/export")
def export(enrolment_id: UUID, uow: FileManagerUnitOfWork) -> dict[str, object]:
    """Copy everything in the file, for the person whom it is about (right of access)."""
    return disclose_copy(uow, enrolment_id, rights.copy_file(uow, enrolment_id))


@router.post("/restrict")
def restrict(enrolment_id: UUID, uow: FileManagerUnitOfWork) -> EnrolmentSummary:
    """Leave a file alone: it is kept, and nobody changes it."""
    return confirm_change(uow, rights.restrict_file(uow, enrolment_id, restricted=True), "restricted_at")


@router.post("/unrestrict")
def unrestrict(enrolment_id: UUID, uow: FileManagerUnitOfWork) -> EnrolmentSummary:
    """Let a file be changed again."""
    return confirm_change(uow, rights.restrict_file(uow, enrolment_id, restricted=False), "restricted_at")


@router.post("/erase")
def erase(enrolment_id: UUID, uow: FileManagerUnitOfWork) -> EnrolmentSummary:
    """Forget the person of a file that has ended; ids, dates and decisions stay, as the law wants."""
    return confirm_change(uow, rights.erase_file(uow, enrolment_id), "everything")
