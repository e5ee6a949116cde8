"""Ties to a party, and the glass that may be broken."""

from uuid import UUID

from fastapi import APIRouter

from services.registry.api.dependencies import FileManagerWork, ReaderWork, SettingsOf
from services.registry.presenters.access import confirm_opened, read_opening
from services.registry.presenters.disclosure import log_write
from services.registry.schemas.access import OpenedOut, OpeningOut, TieIn, TieWithdrawalIn
from services.registry.schemas.common import ReasonIn
from services.registry.usecases import access

router = APIRouter(prefix="/v1", tags=["access"])


@router.post("/enrolments/{enrolment_id}/ties", status_code=204)
def declare_tie(enrolment_id: UUID, body: TieIn, work: FileManagerWork) -> None:
    """Declare a tie of somebody to a party: the file no longer exists for them, whatever their role."""
    access.declare_tie(work, enrolment_id, body.subject or work.caller.subject, body.reason)
    log_write(work, enrolment_id, "tie")


@router.post("/enrolments/{enrolment_id}/ties/withdraw", status_code=204)
def withdraw_tie(enrolment_id: UUID, body: TieWithdrawalIn, work: FileManagerWork) -> None:
    """Withdraw a tie that was declared here: the file exists for them again, unless another says so too."""
    access.withdraw_tie(work, enrolment_id, body.subject, body.reason)
    log_write(work, enrolment_id, "tie")


@router.post("/enrolments/{enrolment_id}/break-glass", status_code=201)
def break_glass(enrolment_id: UUID, body: ReasonIn, work: ReaderWork, settings: SettingsOf) -> OpenedOut:
    """Read a file that is not yours, for a while; its manager is told at once."""
    return confirm_opened(work, access.break_glass(work, enrolment_id, body.reason, settings.glass_lasts))


@router.get("/openings/{opening_id}")
def opening(opening_id: UUID, work: FileManagerWork) -> OpeningOut:
    """Read who opened a file of this zone, and why; the id is the key of its reminder."""
    return OpeningOut.model_validate(read_opening(work, opening_id), from_attributes=True)
