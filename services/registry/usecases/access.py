"""Who may not see a file though the role says so, and who may for once though it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from chassis.database.database import Transaction
from chassis.database.unit_of_work import Work
from chassis.security.accounts import account, refuse_unreadable
from contracts.registry import FileOpened, TieDeclared, TieWithdrawn
from services.registry.errors import EnrolmentUnknown, TieUnknown
from services.registry.models import OpenedRow, TieRow
from services.registry.store import access as store
from services.registry.store import encrypted_columns, files
from services.registry.usecases import reminders
from services.registry.usecases.access_scope import own, untied
from services.registry.usecases.reminders import Reminder


def declare_tie(work: Work, enrolment_id: UUID, subject: str, reason: str) -> None:
    """Declare a tie of somebody to a party: the file no longer exists for them, whatever their role."""
    own(work, enrolment_id, lock=True)
    person = account(subject)
    if person != account(work.caller.subject):
        refuse_unreadable(subject, "subject")
    known = store.said_here(work.session, enrolment_id, person)
    # Later than what it follows, whatever the clocks of two machines say: readers go by the moments.
    after = known.withdrawn_at + timedelta(microseconds=1) if known and known.withdrawn_at else work.at
    row = TieRow(
        enrolment_id=enrolment_id,
        subject=person,
        sealed=work.seal(encrypted_columns.tie(enrolment_id, person), {"reason": reason}),
        declared_at=max(work.at, after),
        declared_by=work.caller.subject,
        by_another=person != account(work.caller.subject),
    )
    record_tie(work.tx, row)
    work.tx.publish(TieDeclared(enrolment_id=enrolment_id, person=subject, declared_at=row.declared_at))


def withdraw_tie(work: Work, enrolment_id: UUID, subject: str, reason: str) -> None:
    """Withdraw a tie that was declared here and was wrong; again changes nothing.

    Raises `TieUnknown`, also for what the committee says: that it withdraws itself. What a person said of
    themselves is withdrawn by a colleague, for whom alone the file still exists.
    """
    own(work, enrolment_id, lock=True)
    known = store.said_here(work.session, enrolment_id, account(subject))
    if known is None:
        raise TieUnknown("no tie of this account was declared here", field="subject")
    if known.withdrawn_at is not None and known.withdrawn_at >= known.declared_at:
        return
    known.withdrawn_at = max(work.at, known.declared_at)
    place = encrypted_columns.tie(enrolment_id, known.subject)
    known.sealed = work.seal(place, {**work.opened(place, known.sealed), "withdrawn": reason})
    reminders.settle_one(work, enrolment_id, "tied", known.subject)
    work.tx.publish(
        TieWithdrawn(enrolment_id=enrolment_id, person=known.subject, withdrawn_at=known.withdrawn_at)
    )


def record_tie(tx: Transaction, row: TieRow) -> None:
    """Record a tie that was declared here or at the committee; remind the file manager of another's word."""
    if store.tie(tx.session, row) and row.by_another and files.enrolment(tx.session, row.enrolment_id):
        reminders.schedule(tx.session, row.enrolment_id, [Reminder("tied", row.subject, row.declared_at)])


def break_glass(work: Work, enrolment_id: UUID, reason: str, lasts: timedelta) -> OpenedRow:
    """Open a file for the caller to read, for a while; its file manager is told at once.

    Raises `EnrolmentUnknown`, also for who has a tie to a party: no glass is broken for them.
    """
    row = untied(work, enrolment_id)
    opened = OpenedRow(
        id=uuid4(),
        enrolment_id=row.id,
        subject=work.caller.subject,
        sealed=b"",
        opened_at=work.at,
        until=work.at + lasts,
    )
    opened.sealed = work.seal(encrypted_columns.opened(opened.id), {"reason": reason})
    store.add_opening(work.session, opened)
    reminders.schedule(work.session, row.id, [Reminder("opened", str(opened.id), work.at)])
    work.tx.publish(
        FileOpened(
            enrolment_id=row.id,
            managing_zone_id=row.managing_zone_id,
            opened_by=work.caller.subject,
            opened_at=opened.opened_at,
            until=opened.until,
        )
    )
    return opened


@dataclass(frozen=True, slots=True)
class Opening:
    """Who opened a file, when and why."""

    id: UUID
    enrolment_id: UUID
    subject: str
    reason: str
    opened_at: datetime
    until: datetime


def read_opening(work: Work, opened_id: UUID) -> Opening:
    """Read who opened a file and why, for the zone that manages it; raises `EnrolmentUnknown`."""
    opened = store.opening(work.session, opened_id)
    if opened is None:
        raise EnrolmentUnknown("there is no such file")
    own(work, opened.enrolment_id)
    # Erased with the file.
    reason = str(work.opened(encrypted_columns.opened(opened.id), opened.sealed).get("reason", ""))
    return Opening(
        id=opened.id,
        enrolment_id=opened.enrolment_id,
        subject=opened.subject,
        reason=reason,
        opened_at=opened.opened_at,
        until=opened.until,
    )


def find_opened_until(work: Work, enrolment_id: UUID) -> datetime | None:
    """Find until when a file that the caller opened is open for them; None where it is not."""
    return store.opened_until(work.session, enrolment_id, work.caller.subject, work.at)


def list_ties_said_by_others(work: Work) -> Sequence[datetime]:
    """List when others declared that the caller has a tie, and did not withdraw it."""
    return store.said_of(work.session, work.caller.subject)
