"""Which files a caller may read and change. A conflict of interest beats every role."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from chassis.database.unit_of_work import UnitOfWork
from chassis.errors import Forbidden
from chassis.security.principal import Principal
from contracts.common import local_day
from services.registry.errors import DoneAtOnce, EnrolmentUnknown, FileRestricted
from services.registry.events import outgoing
from services.registry.models import EnrolmentRow
from services.registry.store import access, files, locks


def zone_of(caller: Principal) -> str:
    """Return the zone whose files the caller manages; raises `Forbidden`."""
    if caller.zone is None:
        raise Forbidden("the token names no police zone", field="zone")
    return caller.zone


def own(uow: UnitOfWork, enrolment_id: UUID, *, lock: bool = False) -> EnrolmentRow:
    """Find a file that the caller's zone manages; raises `EnrolmentUnknown`, also for another zone's."""
    zone = zone_of(uow.caller)
    row = unconflicted(uow, enrolment_id, lock=lock)
    if row.managing_zone_id != zone:
        raise EnrolmentUnknown("there is no such file")
    return row


def unconflicted(uow: UnitOfWork, enrolment_id: UUID, *, lock: bool = False) -> EnrolmentRow:
    """Find a file of any zone in which the caller has no conflict of interest; raises `EnrolmentUnknown`."""
    row = files.enrolment(uow.session, enrolment_id, lock=lock)
    if row is None or is_conflicted(uow, enrolment_id):
        raise EnrolmentUnknown("there is no such file")
    return row


def changeable(uow: UnitOfWork, enrolment_id: UUID) -> EnrolmentRow:
    """Lock an own file whose content may be changed; raises `EnrolmentUnknown`, `FileRestricted`."""
    row = own(uow, enrolment_id, lock=True)
    if row.restricted_at is not None or row.erased_at is not None:
        raise FileRestricted("this file is restricted or erased: nobody changes it")
    return row


def readable(uow: UnitOfWork, enrolment_id: UUID) -> EnrolmentRow:
    """Find a file that the caller may read: an own one, one offered to its zone, one opened for it.

    Raises `EnrolmentUnknown`.
    """
    row = unconflicted(uow, enrolment_id)
    if not _may_read(uow, row):
        raise EnrolmentUnknown("there is no such file")
    return row


def _may_read(uow: UnitOfWork, row: EnrolmentRow) -> bool:
    caller = uow.caller
    zone = caller.zone if "file_manager" in caller.roles else None
    if zone is not None and (row.managing_zone_id == zone or files.is_offered(uow.session, row.id, zone)):
        return True
    return access.is_opened(uow.session, row.id, caller.subject, uow.at)


def is_conflicted(uow: UnitOfWork, enrolment_id: UUID) -> bool:
    """Check whether the caller has a conflict of interest of a file: then it does not exist for them."""
    return access.is_conflicted(uow.session, enrolment_id, uow.caller.subject)


def hidden(uow: UnitOfWork, enrolment_ids: Collection[UUID]) -> set[UUID]:
    """Pick those of these files that do not exist for the caller."""
    return access.conflicted_files_of(uow.session, enrolment_ids, uow.caller.subject)


def publish_change(uow: UnitOfWork, row: EnrolmentRow) -> None:
    """Publish how a file stands that was just changed, under its lock.

    Who began earlier may have waited for who began later: the moment is that of the change, not of the request.
    """
    uow.tx.publish(outgoing.enrolment_changed(row, files.moment(uow.session)))


def lock_or_refuse(uow: UnitOfWork, what: str, field: str | None = None) -> None:
    """Be the only one that does `what` until the transaction ends, where no constraint of one table sees to it.

    Raises `DoneAtOnce` rather than wait for long.
    """
    if not locks.taken(uow.session, what):
        raise DoneAtOnce("somebody else does the same at this moment: try again", field=field)


def today(uow: UnitOfWork) -> date:
    """Return the day in Belgium."""
    return local_day(uow.at)
