"""What a person may ask for: a copy of the file, that it is left alone, that it is forgotten.

GDPR art. 15, 17 and 18; law of 30 July 2018, art. 38 and 39. What stays after an erasure is what shows that the
law was kept: ids, states, dates and decisions, who opened the file and who had a conflict (not why), and the
audit log, which never held anything personal.

The copy is for the victim. What others must be protected from stays out of it: who of the staff did what, who
has a conflict and why, the face of anybody else. Their photos are listed, and shown at `path` to who may see
them.
"""

from uuid import UUID

from pydantic import BaseModel

from chassis.database.unit_of_work import UnitOfWork
from services.registry.domain.lifecycle import EnrolmentStatus
from services.registry.errors import EnrolmentMoveRefused, FileRestricted
from services.registry.models import DeviceRow, EnrolmentRow, PhotoRow
from services.registry.store import break_glass, conflicts, encrypted_columns, photos, search
from services.registry.store import files as store
from services.registry.store import reminders as reminder_store
from services.registry.store import transfers as transfer_store
from services.registry.usecases import reminders, transfers
from services.registry.usecases.access_scope import find_own_file

_SEALED = ("card", "pv_number", "convention_by", "suspended_for")


def copy_file(uow: UnitOfWork, enrolment_id: UUID) -> dict[str, object]:
    """Copy everything that is known of a person in this file, in clear, but for the codes."""
    row = find_own_file(uow, enrolment_id)
    card = uow.decrypt(encrypted_columns.card(row.id), row.card)
    session = uow.session
    return {
        "file": row.model_dump(mode="json", exclude={*_SEALED, "created_by"}),
        "suspended_for": uow.decrypt(encrypted_columns.suspended_for(row.id), row.suspended_for).get("reason"),
        "pv_number": uow.decrypt(encrypted_columns.pv_number(row.id), row.pv_number) or None,
        "convention_by": uow.decrypt(encrypted_columns.convention_by(row.id), row.convention_by) or None,
        "card": card.get("card"),
        "devices": [_device(uow, device) for device in store.devices(session, row.id)],
        "decisions": [each.model_dump(mode="json") for each in store.decisions(session, row.id)],
        "transfers": [
            {**_shown(each), **transfers.read_reasons(uow, each)}
            for each in transfer_store.of_file(session, row.id)
        ],
        "photos": [_photo(uow, each) for each in photos.of_file(session, row.id)],
        "break_glass": [
            {**_shown(each), **uow.decrypt(encrypted_columns.break_glass(each.id), each.encrypted)}
            for each in break_glass.list_uses(session, row.id)
        ],
        # Who has a conflict of interest is theirs: the key of that reminder names them.
        "reminders": [
            _shown(each)
            for each in reminder_store.of_file(session, row.id)
            if each.kind != "conflict_of_interest"
        ],
    }


def _shown(row: BaseModel) -> dict[str, object]:
    """Copy a row without what is encrypted, and without who of the staff did it."""
    staff = {"subject", "offered_by", "answered_by", "added_by", "settled_by"}
    return row.model_dump(mode="json", exclude={"encrypted", "enrolment_id"} | staff)


def _photo(uow: UnitOfWork, row: PhotoRow) -> dict[str, object]:
    path = f"/v1/enrolments/{row.enrolment_id}/photos/{row.id}"
    hers = {"jpeg": uow.decrypt(encrypted_columns.photo(row.id), row.encrypted)} if row.shows is None else {}
    return {**_shown(row), "path": path, **hers}


def _device(uow: UnitOfWork, device: DeviceRow) -> dict[str, object]:
    known = device.model_dump(mode="json", exclude={"phone_number", "issued_by"})
    return known | {"phone_number": uow.decrypt(encrypted_columns.phone_number(device.id), device.phone_number)}


def restrict_file(uow: UnitOfWork, enrolment_id: UUID, *, restricted: bool) -> EnrolmentRow:
    """Leave a file alone: it is kept, and nobody changes it. One whose alarm lives is not restricted."""
    row = find_own_file(uow, enrolment_id, lock=True)
    if restricted and row.status in (EnrolmentStatus.ACTIVE, EnrolmentStatus.SUSPENDED):
        raise EnrolmentMoveRefused("a file whose alarm lives is not restricted", status_now=row.status)
    row.restricted_at = uow.at if restricted else None
    return row


def erase_file(uow: UnitOfWork, enrolment_id: UUID) -> EnrolmentRow:
    """Forget the person of a file that has ended; raises `EnrolmentMoveRefused`, `FileRestricted`."""
    row = find_own_file(uow, enrolment_id, lock=True)
    if row.status != EnrolmentStatus.ENDED:
        raise EnrolmentMoveRefused("only a file that has ended is erased", status_now=row.status)
    if row.restricted_at is not None:
        raise FileRestricted("a restricted file is kept as it is: lift the restriction first")
    row.card = row.pv_number = row.convention_by = row.suspended_for = None
    row.erased_at = uow.at
    for device in store.devices(uow.session, row.id):
        device.phone_number = b""
    for transfer in transfer_store.of_file(uow.session, row.id):
        transfer.encrypted = b""
    conflicts.forget_reasons(uow.session, row.id)
    break_glass.forget_reasons(uow.session, row.id)
    for photo in photos.of_file(uow.session, row.id):
        photos.remove(uow.session, photo)
    search.put(uow.session, row.id, [])
    row.found_version = row.card_version
    reminders.settle_kinds(uow, row.id)
    return row
