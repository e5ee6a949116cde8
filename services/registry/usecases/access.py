"""Who may not see a file though the role says so, and who may for once though it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chassis.database.database import Transaction
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.accounts import account, refuse_unreadable
from services.registry.errors import ConflictUnknown, EnrolmentUnknown
from services.registry.events import outgoing
from services.registry.models import BreakGlassRow, FileConflictRow
from services.registry.store import access as store
from services.registry.store import encrypted_columns, files
from services.registry.usecases import reminders
from services.registry.usecases.access_scope import find_own_file, find_unconflicted_file
from services.registry.usecases.reminders import Reminder


def declare_conflict(uow: UnitOfWork, enrolment_id: UUID, subject: str, reason: str) -> None:
    """Declare a conflict of interest of somebody: the file no longer exists for them, whatever their role."""
    find_own_file(uow, enrolment_id, lock=True)
    person = account(subject)
    if person != account(uow.caller.subject):
        refuse_unreadable(subject, "subject")
    known = store.said_here(uow.session, enrolment_id, person)
    # Later than what it follows, whatever the clocks of two machines say: readers go by the moments.
    after = known.withdrawn_at + timedelta(microseconds=1) if known and known.withdrawn_at else uow.at
    row = FileConflictRow(
        enrolment_id=enrolment_id,
        subject=person,
        encrypted=uow.encrypt(encrypted_columns.conflict(enrolment_id, person), {"reason": reason}),
        declared_at=max(uow.at, after),
        declared_by=uow.caller.subject,
        by_another=person != account(uow.caller.subject),
    )
    record_conflict(uow.tx, row)
    uow.tx.publish(outgoing.file_conflict_declared(row, subject))


def withdraw_conflict(uow: UnitOfWork, enrolment_id: UUID, subject: str, reason: str) -> None:
    """Withdraw a conflict of interest that was declared here and was wrong; again changes nothing.

    Raises `ConflictUnknown`, also for what the committee says: that it withdraws itself. What a person said of
    themselves is withdrawn by a colleague, for whom alone the file still exists.
    """
    find_own_file(uow, enrolment_id, lock=True)
    known = store.said_here(uow.session, enrolment_id, account(subject))
    if known is None:
        raise ConflictUnknown("no conflict of interest of this account was declared here", field="subject")
    if known.withdrawn_at is not None and known.withdrawn_at >= known.declared_at:
        return
    known.withdrawn_at = max(uow.at, known.declared_at)
    associated_data = encrypted_columns.conflict(enrolment_id, known.subject)
    known.encrypted = uow.encrypt(
        associated_data, {**uow.decrypt_mapping(associated_data, known.encrypted), "withdrawn": reason}
    )
    reminders.settle_one(uow, enrolment_id, "conflict_of_interest", known.subject)
    uow.tx.publish(outgoing.file_conflict_withdrawn(known, known.withdrawn_at))


def record_conflict(tx: Transaction, row: FileConflictRow) -> None:
    """Record a conflict declared here or at the committee; remind the file manager of another's word."""
    if (
        store.upsert_conflict(tx.session, row)
        and row.by_another
        and files.enrolment(tx.session, row.enrolment_id)
    ):
        reminders.schedule(
            tx.session, row.enrolment_id, [Reminder("conflict_of_interest", row.subject, row.declared_at)]
        )


def break_glass(uow: UnitOfWork, enrolment_id: UUID, reason: str, lasts: timedelta) -> BreakGlassRow:
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
    store.add_break_glass(uow.session, opened)
    reminders.schedule(uow.session, row.id, [Reminder("break_glass", str(opened.id), uow.at)])
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


def read_break_glass(uow: UnitOfWork, opened_id: UUID) -> BreakGlassAccess:
    """Read who opened a file and why, for the zone that manages it; raises `EnrolmentUnknown`."""
    opened = store.break_glass(uow.session, opened_id)
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
    return store.opened_until(uow.session, enrolment_id, uow.caller.subject, uow.at)


def list_conflicts_said_by_others(uow: UnitOfWork) -> Sequence[datetime]:
    """List when others declared that the caller has a conflict of interest, and did not withdraw it."""
    return store.said_of(uow.session, uow.caller.subject)
