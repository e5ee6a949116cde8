"""Who may not see a file though the role says so, and who may for once though it does not."""

from datetime import timedelta
from uuid import UUID, uuid4

from chassis.database import Transaction
from chassis.people import account
from contracts.registry import FileOpened, TieDeclared
from services.registry.errors import EnrolmentUnknown
from services.registry.models import OpenedRow, TieRow
from services.registry.store import access as store
from services.registry.store import files
from services.registry.usecases import reminders, sealed
from services.registry.usecases.work import Work, own


def declare_tie(work: Work, enrolment_id: UUID, subject: str, reason: str) -> None:
    """Somebody has a tie to a party: the file no longer exists for them, whatever their role."""
    own(work, enrolment_id, lock=True)
    person = account(subject)
    why = work.seal(sealed.tie(enrolment_id, person), {"reason": reason})
    keep_tie(
        work.tx,
        TieRow(
            enrolment_id=enrolment_id,
            subject=person,
            sealed=why,
            declared_at=work.at,
            declared_by=work.caller.subject,
        ),
    )
    work.tx.publish(TieDeclared(enrolment_id=enrolment_id, person=subject, declared_at=work.at))


def keep_tie(tx: Transaction, row: TieRow) -> None:
    """Remember a tie, said here or at the committee."""
    store.tie(tx.session, row)


def break_glass(work: Work, enrolment_id: UUID, reason: str, lasts: timedelta) -> OpenedRow:
    """Open a file for the caller to read, for a while; its file manager is told at once.

    Raises `EnrolmentUnknown`, also for who has a tie to a party: no glass is broken for them.
    """
    row = files.enrolment(work.session, enrolment_id)
    if row is None or store.is_tied(work.session, enrolment_id, work.caller.subject):
        raise EnrolmentUnknown("there is no such file")
    opened = OpenedRow(
        id=uuid4(),
        enrolment_id=row.id,
        subject=work.caller.subject,
        sealed=b"",
        opened_at=work.at,
        until=work.at + lasts,
    )
    opened.sealed = work.seal(sealed.opened(opened.id), {"reason": reason})
    work.session.add(opened)
    reminders.put(work.session, row.id, [("opened", str(opened.id), work.at)])
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


def opening(work: Work, opened_id: UUID) -> tuple[OpenedRow, str]:
    """Who opened a file and why, for the zone that manages it; raises `EnrolmentUnknown`."""
    opened = work.session.get(OpenedRow, opened_id)
    if opened is None:
        raise EnrolmentUnknown("there is no such file")
    own(work, opened.enrolment_id)
    # Erased with the file.
    return opened, str(work.open(sealed.opened(opened.id), opened.sealed).get("reason", ""))
