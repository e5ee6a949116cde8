"""Who has a tie to a party, and who opened a file that is not theirs."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from chassis.security.accounts import account
from contracts.ties import NEVER, REGISTRY
from services.registry.models import OpenedRow, TieRow


def is_tied(session: Session, enrolment_id: UUID, subject: str) -> bool:
    """Check whether a person has a tie to a party of a file."""
    return (
        session.scalars(tied_files(subject).where(col(TieRow.enrolment_id) == enrolment_id)).first() is not None
    )


def tied_files(subject: str) -> Select[tuple[UUID]]:
    """Select the files that a person has a tie to, to be asked within another question."""
    return select(TieRow.enrolment_id).where(col(TieRow.subject) == account(subject), _stands())


def tie(session: Session, row: TieRow) -> bool:
    """Record a tie, of an account as it is compared; return whether it is news.

    Of each source the last declaration and the last withdrawal count, in whatever order they come.
    """
    given = insert(TieRow).values(**row.model_dump())
    declared, withdrawn = col(TieRow.declared_at), col(TieRow.withdrawn_at)
    later = given.excluded.declared_at > declared
    newer = given.on_conflict_do_update(
        index_elements=["enrolment_id", "subject", "source"],
        set_={
            "sealed": func.coalesce(given.excluded.sealed, col(TieRow.sealed)),
            "declared_at": func.greatest(declared, given.excluded.declared_at),
            "declared_by": case((later, given.excluded.declared_by), else_=col(TieRow.declared_by)),
            "by_another": case((later, given.excluded.by_another), else_=col(TieRow.by_another)),
            "withdrawn_at": func.greatest(withdrawn, given.excluded.withdrawn_at),
        },
        where=or_(
            given.excluded.declared_at > declared,
            given.excluded.withdrawn_at > func.coalesce(withdrawn, NEVER),
        ),
    )
    return session.execute(newer.returning(col(TieRow.subject))).first() is not None


def said_here(session: Session, enrolment_id: UUID, person: str) -> TieRow | None:
    """Find the tie of somebody that was declared here."""
    return session.get(TieRow, (enrolment_id, person, REGISTRY))


def said_of(session: Session, person: str) -> Sequence[datetime]:
    """List when others declared that somebody has a tie, and did not withdraw it."""
    theirs = (col(TieRow.subject) == account(person), col(TieRow.by_another), _stands())
    return session.exec(select(TieRow.declared_at).where(*theirs).order_by(col(TieRow.declared_at))).all()


def _stands() -> ColumnElement[bool]:
    """Make the condition that a tie was not withdrawn since it was last declared."""
    return or_(col(TieRow.withdrawn_at).is_(None), col(TieRow.declared_at) > col(TieRow.withdrawn_at))


def tied_to(session: Session, enrolment_ids: Collection[UUID], subject: str) -> set[UUID]:
    """Pick those of these files that a person has a tie to."""
    return set(session.scalars(tied_files(subject).where(col(TieRow.enrolment_id).in_(enrolment_ids))))


def add_opening(session: Session, row: OpenedRow) -> None:
    """Record that somebody broke the glass of a file."""
    session.add(row)


def opening(session: Session, opening_id: UUID) -> OpenedRow | None:
    """Find one time that somebody broke the glass."""
    return session.get(OpenedRow, opening_id)


def openings(session: Session, enrolment_id: UUID) -> Sequence[OpenedRow]:
    """List each time that somebody broke the glass of a file, in order."""
    found = select(OpenedRow).where(col(OpenedRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(OpenedRow.opened_at))).all()


def forget_reasons(session: Session, enrolment_id: UUID) -> None:
    """Forget why somebody had a tie or opened the file, for it tells of people; who they were stays."""
    session.execute(update(TieRow).where(col(TieRow.enrolment_id) == enrolment_id).values(sealed=None))
    session.execute(update(OpenedRow).where(col(OpenedRow.enrolment_id) == enrolment_id).values(sealed=b""))


def is_opened(session: Session, enrolment_id: UUID, subject: str, at: datetime) -> bool:
    """Check whether a file is open for a person at a moment."""
    return opened_until(session, enrolment_id, subject, at) is not None


def opened_until(session: Session, enrolment_id: UUID, subject: str, at: datetime) -> datetime | None:
    """Find until when a file that somebody opened is open for them; None where it is not."""
    found = select(OpenedRow.until).where(
        col(OpenedRow.enrolment_id) == enrolment_id,
        col(OpenedRow.subject) == subject,
        col(OpenedRow.opened_at) <= at,
        col(OpenedRow.until) > at,
    )
    return session.exec(found.order_by(col(OpenedRow.until).desc()).limit(1)).first()
