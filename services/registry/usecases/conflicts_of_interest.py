"""Who may not see a file though the role says so."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.database.database import Transaction
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.accounts import account, refuse_unreadable
from services.registry.errors import ConflictUnknown
from services.registry.events import outgoing
from services.registry.models import FileConflictRow
from services.registry.store import conflicts as store
from services.registry.store import encrypted_columns, files
from services.registry.usecases import reminders
from services.registry.usecases.access_scope import find_own_file
from services.registry.usecases.reminders import Reminder


def declare_conflict(uow: UnitOfWork, enrolment_id: UUID, subject: str, reason: str) -> None:
    """Declare a conflict of interest of somebody: the file no longer exists for them, whatever their role."""
    find_own_file(uow, enrolment_id, lock=True)
    person = account(subject)
    if person != account(uow.caller.subject):
        refuse_unreadable(subject, "subject")
    known = store.find_own_declaration(uow.session, enrolment_id, person)
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
    known = store.find_own_declaration(uow.session, enrolment_id, account(subject))
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
        reminders.schedule_reminders(
            tx.session, row.enrolment_id, [Reminder("conflict_of_interest", row.subject, row.declared_at)]
        )


def list_declared_by_others(uow: UnitOfWork) -> Sequence[datetime]:
    """List when others declared that the caller has a conflict of interest, and did not withdraw it."""
    return store.list_declared_by_others(uow.session, uow.caller.subject)
