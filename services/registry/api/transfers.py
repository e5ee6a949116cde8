"""A file that moves to another zone with the victim."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.registry.api.dependencies import FileManagerUnitOfWork, SettingsOf
from services.registry.presenters.transfers import disclose_transfer
from services.registry.schemas.common import ReasonIn
from services.registry.schemas.file import TransferIn, TransferOut
from services.registry.usecases import transfers

router = APIRouter(prefix="/v1", tags=["transfers"])


@router.post("/enrolments/{enrolment_id}/transfers", status_code=201)
def offer(
    enrolment_id: UUID, body: TransferIn, uow: FileManagerUnitOfWork, settings: SettingsOf
) -> TransferOut:
    """Offer a file to the zone that the victim moved to; this one answers for it until it is taken."""
    row = transfers.offer_file(uow, enrolment_id, body.to_zone_id, body.reason, settings.transfer_within)
    return disclose_transfer(uow, row, "transfer")


@router.get("/transfers")
def listed(uow: FileManagerUnitOfWork, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[TransferOut]:
    """List what the caller's zone offers or is offered, the most pressing first; then what others declined."""
    return [disclose_transfer(uow, row) for row in transfers.list_transfers(uow, limit)]


@router.post("/transfers/{transfer_id}/accept")
def accept(transfer_id: UUID, uow: FileManagerUnitOfWork) -> TransferOut:
    """Take the file; from here on this zone manages it."""
    return disclose_transfer(uow, transfers.accept_file(uow, transfer_id), "transfer")


@router.post("/transfers/{transfer_id}/decline")
def decline(transfer_id: UUID, body: ReasonIn, uow: FileManagerUnitOfWork) -> TransferOut:
    """Decline the file, and say why."""
    return disclose_transfer(uow, transfers.decline_file(uow, transfer_id, body.reason), "transfer")


@router.post("/transfers/{transfer_id}/withdraw")
def withdraw(transfer_id: UUID, uow: FileManagerUnitOfWork) -> TransferOut:
    """Take an offer back."""
    return disclose_transfer(uow, transfers.withdraw_offer(uow, transfer_id), "transfer")
