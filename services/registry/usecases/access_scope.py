"""Which files a caller may read and change. A conflict of interest beats every role."""

from collections.abc import Collection
from uuid import UUID

from chassis.database.unit_of_work import UnitOfWork
from chassis.errors import Forbidden
from chassis.security.principal import Principal
from services.registry.errors import EnrolmentUnknown, FileRestricted
from services.registry.models import EnrolmentRow
from services.registry.store import break_glass, conflicts, files


def zone_of(caller: Principal) -> str:
    """Return the zone whose files the caller manages; raises `Forbidden`."""
    if caller.zone is None:
        raise Forbidden("the token names no police zone", field="zone")
    return caller.zone


def find_own_file(uow: UnitOfWork, enrolment_id: UUID, *, lock: bool = False) -> EnrolmentRow:
    """Find a file that the caller's zone manages; raises `EnrolmentUnknown`, also for another zone's."""
    zone = zone_of(uow.caller)
    row = find_unconflicted_file(uow, enrolment_id, lock=lock)
    if row.managing_zone_id != zone:
        raise EnrolmentUnknown("there is no such file")
    return row


def find_unconflicted_file(uow: UnitOfWork, enrolment_id: UUID, *, lock: bool = False) -> EnrolmentRow:
    """Find a file of any zone in which the caller has no conflict of interest; raises `EnrolmentUnknown`."""
    row = files.enrolment(uow.session, enrolment_id, lock=lock)
    if row is None or is_conflicted(uow, enrolment_id):
        raise EnrolmentUnknown("there is no such file")
    return row


def lock_changeable_file(uow: UnitOfWork, enrolment_id: UUID) -> EnrolmentRow:
    """Lock an own file whose content may be changed; raises `EnrolmentUnknown`, `FileRestricted`."""
    row = find_own_file(uow, enrolment_id, lock=True)
    if row.restricted_at is not None or row.erased_at is not None:
        raise FileRestricted("this file is restricted or erased: nobody changes it")
    return row


def find_readable_file(uow: UnitOfWork, enrolment_id: UUID) -> EnrolmentRow:
    """Find a file that the caller may read: an own one, one offered to its zone, one opened for it.

    Raises `EnrolmentUnknown`.
    """
    row = find_unconflicted_file(uow, enrolment_id)
    if not _may_read(uow, row):
        raise EnrolmentUnknown("there is no such file")
    return row


def _may_read(uow: UnitOfWork, row: EnrolmentRow) -> bool:
    caller = uow.caller
    zone = caller.zone if "file_manager" in caller.roles else None
    if zone is not None and (row.managing_zone_id == zone or files.is_offered(uow.session, row.id, zone)):
        return True
    return break_glass.is_opened(uow.session, row.id, caller.subject, uow.at)


def is_conflicted(uow: UnitOfWork, enrolment_id: UUID) -> bool:
    """Check whether the caller has a conflict of interest of a file: then it does not exist for them."""
    return conflicts.is_conflicted(uow.session, enrolment_id, uow.caller.subject)


def pick_conflicted(uow: UnitOfWork, enrolment_ids: Collection[UUID]) -> set[UUID]:
    """Pick those of these files that do not exist for the caller."""
    return conflicts.conflicted_files_of(uow.session, enrolment_ids, uow.caller.subject)
