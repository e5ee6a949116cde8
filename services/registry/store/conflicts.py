"""Who has a conflict of interest in a file."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from chassis.security.accounts import account
from contracts.conflicts import NEVER, REGISTRY
from services.registry.models import FileConflictRow


def is_conflicted(session: Session, enrolment_id: UUID, subject: str) -> bool:
    """Check whether a person has a conflict of interest of a file."""
    return (
        session.scalars(
            conflicted_files(subject).where(col(FileConflictRow.enrolment_id) == enrolment_id)
        ).first()
        is not None
    )


def conflicted_files(subject: str) -> Select[tuple[UUID]]:
    """Select the files in which a person has a conflict of interest, to be asked within another question."""
    return select(FileConflictRow.enrolment_id).where(
        col(FileConflictRow.subject) == account(subject), _stands()
    )


def conflicted_files_of(session: Session, enrolment_ids: Collection[UUID], subject: str) -> set[UUID]:
    """Pick those of these files in which a person has a conflict of interest."""
    return set(
        session.scalars(conflicted_files(subject).where(col(FileConflictRow.enrolment_id).in_(enrolment_ids)))
    )


def upsert_conflict(session: Session, row: FileConflictRow) -> bool:
    """Record a conflict of interest, of an account as it is compared; return whether it is news.

    Of each source the last declaration and the last withdrawal count, in whatever order they come.
    """
    given = insert(FileConflictRow).values(**row.model_dump())
    declared, withdrawn = col(FileConflictRow.declared_at), col(FileConflictRow.withdrawn_at)
    later = given.excluded.declared_at > declared
    newer = given.on_conflict_do_update(
        index_elements=["enrolment_id", "subject", "source"],
        set_={
            "encrypted": func.coalesce(given.excluded.encrypted, col(FileConflictRow.encrypted)),
            "declared_at": func.greatest(declared, given.excluded.declared_at),
            "declared_by": case((later, given.excluded.declared_by), else_=col(FileConflictRow.declared_by)),
            "by_another": case((later, given.excluded.by_another), else_=col(FileConflictRow.by_another)),
            "withdrawn_at": func.greatest(withdrawn, given.excluded.withdrawn_at),
        },
        where=or_(
            given.excluded.declared_at > declared,
            given.excluded.withdrawn_at > func.coalesce(withdrawn, NEVER),
        ),
    )
    return session.execute(newer.returning(col(FileConflictRow.subject))).first() is not None


def find_own_declaration(session: Session, enrolment_id: UUID, person: str) -> FileConflictRow | None:
    """Find the conflict of interest of somebody that was declared here."""
    return session.get(FileConflictRow, (enrolment_id, person, REGISTRY))


def list_declared_by_others(session: Session, person: str) -> Sequence[datetime]:
    """List when others declared that somebody has a conflict of interest, and did not withdraw it."""
    theirs = (col(FileConflictRow.subject) == account(person), col(FileConflictRow.by_another), _stands())
    return session.exec(
        select(FileConflictRow.declared_at).where(*theirs).order_by(col(FileConflictRow.declared_at))
    ).all()


def forget_reasons(session: Session, enrolment_id: UUID) -> None:
    """Forget why somebody had a conflict of interest, for it tells of people; who it was stays."""
    session.execute(
        update(FileConflictRow).where(col(FileConflictRow.enrolment_id) == enrolment_id).values(encrypted=None)
    )


def _stands() -> ColumnElement[bool]:
    """Make the condition that a conflict of interest was not withdrawn since it was last declared."""
    return or_(
        col(FileConflictRow.withdrawn_at).is_(None),
        col(FileConflictRow.declared_at) > col(FileConflictRow.withdrawn_at),
    )
