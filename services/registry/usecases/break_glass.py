"""Who may see a file for once though the role does not say so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chassis.database.unit_of_work import UnitOfWork
from services.registry.errors import EnrolmentUnknown
from services.registry.events import outgoing
from services.registry.models import BreakGlassRow
from services.registry.store import break_glass as store
from services.registry.store import encrypted_columns
from services.registry.usecases import reminders
from services.registry.usecases.access_scope import find_own_file, find_unconflicted_file
from services.registry.usecases.reminders import Reminder


def use_break_glass(uow: UnitOfWork, enrolment_id: UUID, reason: str, lasts: timedelta) -> BreakGlassRow:
    """Open a file for the caller to read, for a while; its file manager is told at once.

    Raises `EnrolmentUnknown`, also for who has a conflict of interest: break-glass access does not help them.
    """
    row = find_unconflicted_file(uow, enrolment_id)
    opened = BreakGlassRow(
        id=uuid4(),
        enrolment_id=row.id,
        subject=uow.caller.subject,
        encrypted=b"",
        opened_at=uow.at,
        until=uow.at + lasts,
    )
    opened.encrypted = uow.encrypt(encrypted_columns.break_glass(opened.id), {"reason": reason})
    store.add_use(uow.session, opened)
    reminders.schedule_reminders(uow.session, row.id, [Reminder("break_glass", str(opened.id), uow.at)])
    uow.tx.publish(outgoing.break_glass_used(opened, row.managing_zone_id))
    return opened


@dataclass(frozen=True, slots=True)
class BreakGlassAccess:
    """Who opened a file, when and why."""

    id: UUID
    enrolment_id: UUID
    subject: str
    reason: str
    opened_at: datetime
    until: datetime


def read_access(uow: UnitOfWork, opened_id: UUID) -> BreakGlassAccess:
    """Read who opened a file and why, for the zone that manages it; raises `EnrolmentUnknown`."""
    opened = store.find_use(uow.session, opened_id)
    if opened is None:
        raise EnrolmentUnknown("there is no such file")
    find_own_file(uow, opened.enrolment_id)
    # Erased with the file.
    reason = str(
        uow.decrypt_mapping(encrypted_columns.break_glass(opened.id), opened.encrypted).get("reason", "")
    )
    return BreakGlassAccess(
        id=opened.id,
        enrolment_id=opened.enrolment_id,
        subject=opened.subject,
        reason=reason,
        opened_at=opened.opened_at,
        until=opened.until,
    )


def find_opened_until(uow: UnitOfWork, enrolment_id: UUID) -> datetime | None:
    """Find until when a file that the caller opened is open for them; None where it is not."""
    return store.find_opened_until(uow.session, enrolment_id, uow.caller.subject, uow.at)
