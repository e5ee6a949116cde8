"""Conflicts of interest, and break-glass access."""

from uuid import UUID

from fastapi import APIRouter

from services.registry.api.dependencies import FileManagerUnitOfWork, ReaderUnitOfWork, SettingsOf
from services.registry.presenters.break_glass import confirm_break_glass, disclose_break_glass
from services.registry.presenters.disclosure import log_write
from services.registry.schemas.access import (
    BreakGlassAccessOut,
    BreakGlassOut,
    ConflictIn,
    ConflictWithdrawalIn,
)
from services.registry.schemas.common import ReasonIn
from services.registry.usecases import break_glass as break_glass_usecases
from services.registry.usecases import conflicts_of_interest

router = APIRouter(prefix="/v1", tags=["access"])


@router.post("/enrolments/{enrolment_id}/conflicts", status_code=204)
def declare_conflict(enrolment_id: UUID, body: ConflictIn, uow: FileManagerUnitOfWork) -> None:
    """Declare a conflict of interest of somebody: the file no longer exists for them, whatever their role."""
    conflicts_of_interest.declare_conflict(uow, enrolment_id, body.subject or uow.caller.subject, body.reason)
    log_write(uow, enrolment_id, "conflict")


@router.post("/enrolments/{enrolment_id}/conflicts/withdraw", status_code=204)
def withdraw_conflict(enrolment_id: UUID, body: ConflictWithdrawalIn, uow: FileManagerUnitOfWork) -> None:
    """Withdraw a conflict declared here: the file exists for them again, unless another says so too."""
    conflicts_of_interest.withdraw_conflict(uow, enrolment_id, body.subject, body.reason)
    log_write(uow, enrolment_id, "conflict")


@router.post("/enrolments/{enrolment_id}/break-glass", status_code=201)
def break_glass(
    enrolment_id: UUID, body: ReasonIn, uow: ReaderUnitOfWork, settings: SettingsOf
) -> BreakGlassOut:
    """Read a file that is not yours, for a while; its manager is told at once."""
    return confirm_break_glass(
        uow, break_glass_usecases.use_break_glass(uow, enrolment_id, body.reason, settings.break_glass_lasts)
    )


@router.get("/break-glass/{access_id}")
def break_glass_access(access_id: UUID, uow: FileManagerUnitOfWork) -> BreakGlassAccessOut:
    """Read who opened a file of this zone, and why; the id is the key of its reminder."""
    found = disclose_break_glass(uow, break_glass_usecases.read_access(uow, access_id))
    return BreakGlassAccessOut.model_validate(found, from_attributes=True)
