"""Who has a tie to a party, and who opened a file that is not theirs."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from chassis.people import account
from services.registry.models import OpenedRow, TieRow


def is_tied(session: Session, enrolment_id: UUID, subject: str) -> bool:
    """Whether a person has a tie to a party of a file."""
    return session.get(TieRow, (enrolment_id, account(subject))) is not None


def tied_files(subject: str) -> Select[tuple[UUID]]:
    """The files that a person has a tie to, to be asked within another question."""
    return select(TieRow.enrolment_id).where(col(TieRow.subject) == account(subject))


def tie(session: Session, row: TieRow) -> None:
    """Remember a tie of an account as it is compared; a second time changes nothing."""
    session.execute(insert(TieRow).values(**row.model_dump()).on_conflict_do_nothing())


def tied_to(session: Session, enrolment_ids: Collection[UUID], subject: str) -> set[UUID]:
    """Which of these files a person has a tie to."""
    return set(session.scalars(tied_files(subject).where(col(TieRow.enrolment_id).in_(enrolment_ids))))


def openings(session: Session, enrolment_id: UUID) -> Sequence[OpenedRow]:
    """Each time that somebody broke the glass of a file, in order."""
    found = select(OpenedRow).where(col(OpenedRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(OpenedRow.opened_at))).all()


def forget_reasons(session: Session, enrolment_id: UUID) -> None:
    """Who had a tie and who opened the file stays; why does not, for it tells of people."""
    session.execute(update(TieRow).where(col(TieRow.enrolment_id) == enrolment_id).values(sealed=None))
    session.execute(update(OpenedRow).where(col(OpenedRow.enrolment_id) == enrolment_id).values(sealed=b""))


def is_opened(session: Session, enrolment_id: UUID, subject: str, at: datetime) -> bool:
    """Whether a file is open for a person at a moment."""
    return opened_until(session, enrolment_id, subject, at) is not None


def opened_until(session: Session, enrolment_id: UUID, subject: str, at: datetime) -> datetime | None:
    """Until when a file that somebody opened is open for them; None where it is not."""
    found = select(OpenedRow.until).where(
        col(OpenedRow.enrolment_id) == enrolment_id,
        col(OpenedRow.subject) == subject,
        col(OpenedRow.opened_at) <= at,
        col(OpenedRow.until) > at,
    )
    return session.exec(found.order_by(col(OpenedRow.until).desc()).limit(1)).first()
