"""Devices that the caller issued or moved."""

from chassis.database.unit_of_work import Work
from services.registry.models import DeviceRow
from services.registry.presenters.disclosure import log_write
from services.registry.schemas.device import DeviceOut, MovedOut
from services.registry.usecases import files


def confirm_issue(work: Work, device: DeviceRow, *fields: str) -> DeviceOut:
    """Log that the caller issued a device, and show it."""
    log_write(work, device.enrolment_id, *fields)
    return DeviceOut.model_validate(device, from_attributes=True)


def confirm_move(work: Work, device: DeviceRow) -> MovedOut:
    """Log that the caller moved a device, and show it with what its alarm lacks now."""
    log_write(work, device.enrolment_id, "device.status")
    file = files.read_file(work, device.enrolment_id)
    left = {"unprotected": file.unprotected, "missing": file.preconditions.missing}
    return MovedOut.model_validate({**device.model_dump(), **left})
