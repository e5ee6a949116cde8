"""Buttons with their phones."""

from collections.abc import Callable
from uuid import UUID

from fastapi import FastAPI

from services.registry.api.parts import FileManager, Parts, wrote
from services.registry.domain.life import DeviceMove
from services.registry.schemas.device import DeviceIn, DeviceOut, MovedOut
from services.registry.usecases import devices as usecases
from services.registry.usecases import files

# Path segment of each move of a device.
DEVICE_ACTIONS: dict[str, DeviceMove] = {
    "suspend": "suspend",
    "report-lost": "report_lost",
    "return": "return",
    "reactivate": "reactivate",
}


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about devices."""

    @app.post("/v1/enrolments/{enrolment_id}/devices", status_code=201, tags=["devices"])
    def issue(enrolment_id: UUID, body: DeviceIn, caller: FileManager) -> DeviceOut:
        """Issue a button with the phone it was matched to."""
        with parts.work(caller) as work:
            device = usecases.issue(work, enrolment_id, usecases.Issue(**body.model_dump()))
            wrote(work, enrolment_id, *body.model_fields_set)
            return DeviceOut.model_validate(device, from_attributes=True)

    for action, move in DEVICE_ACTIONS.items():
        app.post(f"/v1/devices/{{device_id}}/{action}", tags=["devices"], summary=f"{action} a device")(
            _mover(parts, move)
        )


def _mover(parts: Parts, move: DeviceMove) -> Callable[..., MovedOut]:
    def endpoint(device_id: UUID, caller: FileManager) -> MovedOut:
        with parts.work(caller) as work:
            device = usecases.move(work, device_id, move)
            wrote(work, device.enrolment_id, "device.status")
            file = files.read(work, device.enrolment_id)
            left = {"unprotected": file.unprotected, "missing": file.preconditions.missing}
            return MovedOut.model_validate({**device.model_dump(), **left})

    endpoint.__name__ = f"{move}_device"
    return endpoint
