"""Who has a conflict of interest in a case, by what was said here and at the registry."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, union
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, or_, select

from chassis.security.accounts import account, accounts
from services.committee.models import ApplicationRow, ConflictRow, RegistryConflictRow


def of_applications(session: Session, application_ids: Collection[UUID]) -> Sequence[ConflictRow]:
    """Find who was said to have a conflict of interest in any of these, also what was withdrawn."""
    found = select(ConflictRow).where(col(ConflictRow.application_id).in_(application_ids))
    return session.exec(found.order_by(col(ConflictRow.declared_at))).all()


def is_conflicted(
    session: Session, subject: str, application_id: UUID | None, enrolment_id: UUID | None
) -> bool:
    """Say whether a person has a conflict, declared here or in another application of the victim."""
    return account(subject) in conflicted(session, application_id, enrolment_id)


def conflicted(session: Session, application_id: UUID | None, enrolment_id: UUID | None) -> set[str]:
    """Find the accounts with a conflict: declared here, in another case of the victim, or at the registry."""
    of_victim = select(ApplicationRow.id).where(col(ApplicationRow.enrolment_id) == enrolment_id)
    here = select(ConflictRow.subject).where(
        _stands(ConflictRow),
        or_(
            col(ConflictRow.application_id) == application_id,
            col(ConflictRow.application_id).in_(of_victim) if enrolment_id else False,
        ),
    )
    elsewhere = select(RegistryConflictRow.subject).where(
        _stands(RegistryConflictRow), col(RegistryConflictRow.enrolment_id) == enrolment_id
    )
    return accounts([*session.exec(here), *(session.exec(elsewhere) if enrolment_id else ())])


def conflicted_applications(subject: str) -> Select[tuple[UUID]]:
    """Return the statement for the applications in which a person has a conflict of interest."""
    return select(ConflictRow.application_id).where(_is(ConflictRow, subject))


def conflicted_enrolments(subject: str) -> CompoundSelect[tuple[UUID | None]]:
    """Return the statement for the enrolments in which a person has a conflict of interest."""
    here = (
        select(ApplicationRow.enrolment_id)
        .join(ConflictRow, col(ConflictRow.application_id) == col(ApplicationRow.id))
        .where(_is(ConflictRow, subject), col(ApplicationRow.enrolment_id).is_not(None))
    )
    elsewhere = select(RegistryConflictRow.enrolment_id).where(_is(RegistryConflictRow, subject))
    return union(here, elsewhere)


def list_declared_by_others(session: Session, subject: str) -> Sequence[ConflictRow]:
    """Find the conflicts of interest of a person that somebody else declared, and nobody withdrew."""
    found = select(ConflictRow).where(_is(ConflictRow, subject)).order_by(col(ConflictRow.declared_at))
    return [each for each in session.exec(found) if account(each.declared_by) != account(subject)]


def keep_conflict(session: Session, row: ConflictRow) -> None:
    """Store what somebody said of a conflict of interest, or how it changed."""
    session.add(row)
    session.flush()


def keep_registry_conflict(session: Session, row: RegistryConflictRow) -> None:
    """Keep what the registry says of a conflict of interest: in any order, the last of each counts."""
    given = insert(RegistryConflictRow).values(**row.model_dump())
    session.execute(
        given.on_conflict_do_update(
            index_elements=["enrolment_id", "subject"],
            set_={
                name: func.greatest(getattr(RegistryConflictRow, name), given.excluded[name])
                for name in ("declared_at", "withdrawn_at")
            },
        )
    )


def _is(kind: type[ConflictRow | RegistryConflictRow], subject: str) -> ColumnElement[bool]:
    """Return the condition that a conflict of interest is this person's, and was not withdrawn."""
    return and_(_stands(kind), or_(col(kind.person) == account(subject), col(kind.subject) == subject))


def _stands(kind: type[ConflictRow | RegistryConflictRow]) -> ColumnElement[bool]:
    return or_(col(kind.withdrawn_at).is_(None), col(kind.declared_at) > col(kind.withdrawn_at))
