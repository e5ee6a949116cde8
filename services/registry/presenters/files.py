"""Files as the caller may see them."""

from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from chassis.database import damaged_rows
from chassis.database.unit_of_work import UnitOfWork
from services.registry.models import EnrolmentRow
from services.registry.presenters.disclosure import disclose, log_read, log_write
from services.registry.schemas.device import DeviceOut
from services.registry.schemas.file import EnrolmentLine, EnrolmentOut, EnrolmentSummary, PreconditionsOut
from services.registry.usecases.files import File
from services.registry.usecases.search import name_victim


def disclose_lines(uow: UnitOfWork, rows: Iterable[EnrolmentRow]) -> list[EnrolmentLine]:
    """Disclose files in short, with whom each is about as the caller may know it."""
    found = [
        (
            row.id,
            damaged_rows.present_row_in_part(
                EnrolmentLine, {**dict(row), "victim": name_victim(uow, row)}, "file", row.id
            ),
        )
        for row in rows
    ]
    return [disclose(uow, file_id, line) for file_id, line in found]


def disclose_file(uow: UnitOfWork, file: File, *changed: str) -> EnrolmentOut:
    """Disclose a file as the caller may see it; `changed`: its fields that the caller changed, logged too."""
    if changed:
        log_write(uow, file.row.id, *changed)
    values = {
        **dict(file.row),
        "pv_number": file.pv_number,
        "convention_by": file.convention_by,
        "preconditions": PreconditionsOut(**asdict(file.preconditions)),
        "missing": file.preconditions.missing,
        "to_end": file.to_end,
        "unprotected": file.unprotected,
        "suspended_for": file.suspended_for,
        "devices": [
            damaged_rows.present_row_in_part(DeviceOut, dict(each), "device", each.id) for each in file.devices
        ],
    }
    whole = damaged_rows.present_row_in_part(EnrolmentOut, values, "file", file.row.id)
    return disclose(uow, file.row.id, whole)


def confirm_change(uow: UnitOfWork, row: EnrolmentRow, *changed: str) -> EnrolmentSummary:
    """Log that the caller changed these fields of a file, and show it in short: nothing of that is personal."""
    log_write(uow, row.id, *changed)
    return EnrolmentSummary.model_validate(row, from_attributes=True)


def disclose_copy(uow: UnitOfWork, enrolment_id: UUID, copy: dict[str, object]) -> dict[str, object]:
    """Disclose everything in a file to the person whom it is about."""
    log_read(uow, enrolment_id, ("everything",))
    return copy
