"""Buttons with their phones."""

from uuid import UUID

from fastapi import APIRouter

from chassis.database.unit_of_work import UnitOfWork
from services.registry.api.dependencies import FileManagerUnitOfWork
from services.registry.domain.lifecycle import DeviceMove
from services.registry.presenters.devices import confirm_issue, confirm_move
from services.registry.schemas.device import DeviceIn, DeviceOut, MovedOut
from services.registry.usecases import devices, files

router = APIRouter(prefix="/v1", tags=["devices"])


@router.post("/enrolments/{enrolment_id}/devices", status_code=201)
def issue(enrolment_id: UUID, body: DeviceIn, uow: FileManagerUnitOfWork) -> DeviceOut:
    """Issue a button with the phone it was matched to."""
    device = devices.issue_device(uow, enrolment_id, devices.Issue(**body.model_dump()))
    return confirm_issue(uow, device, *body.model_fields_set)


@router.post("/devices/{device_id}/suspend", summary="suspend a device")
def suspend_device(device_id: UUID, uow: FileManagerUnitOfWork) -> MovedOut:
    """Switch a device off for a while; it must be reactivated and tested again."""
    return _move(uow, device_id, "suspend")


@router.post("/devices/{device_id}/report-lost", summary="report-lost a device")
def report_lost_device(device_id: UUID, uow: FileManagerUnitOfWork) -> MovedOut:
    """Record that a device was lost."""
    return _move(uow, device_id, "report_lost")


@router.post("/devices/{device_id}/return", summary="return a device")
def return_device(device_id: UUID, uow: FileManagerUnitOfWork) -> MovedOut:
    """Record that a device was handed in."""
    return _move(uow, device_id, "return")


@router.post("/devices/{device_id}/reactivate", summary="reactivate a device")
def reactivate_device(device_id: UUID, uow: FileManagerUnitOfWork) -> MovedOut:
    """Take a device back into use; it must pass a test again."""
    return _move(uow, device_id, "reactivate")


def _move(uow: UnitOfWork, device_id: UUID, wanted: DeviceMove) -> MovedOut:
    device = devices.move_device(uow, device_id, wanted)
    return confirm_move(uow, device, files.read_file(uow, device.enrolment_id))
