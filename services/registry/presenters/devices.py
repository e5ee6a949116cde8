"""Devices that the caller issued or moved."""

from chassis.database.unit_of_work import UnitOfWork
from services.registry.models import DeviceRow
from services.registry.presenters.disclosure import log_write
from services.registry.schemas.device import DeviceOut, MovedOut
from services.registry.usecases.files import File


def confirm_issue(uow: UnitOfWork, device: DeviceRow, *fields: str) -> DeviceOut:
    """Log that the caller issued a device, and show it."""
    log_write(uow, device.enrolment_id, *fields)
    return DeviceOut.model_validate(device, from_attributes=True)


def confirm_move(uow: UnitOfWork, device: DeviceRow, file: File) -> MovedOut:
    """Log that the caller moved a device, and show it with what its alarm lacks now."""
    log_write(uow, device.enrolment_id, "device.status")
    left = {"unprotected": file.unprotected, "missing": file.preconditions.missing}
    return MovedOut.model_validate({**device.model_dump(), **left})
