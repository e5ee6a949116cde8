"""Applications with all that belongs to one: decisions, opinions, conflicts, history."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, union
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, or_, select

from chassis.security.accounts import account, accounts
from services.committee.domain.application import ALIVE
from services.committee.models import (
    ApplicationRow,
    ConflictRow,
    DecisionRow,
    HistoryRow,
    OpinionRow,
    RegistryConflictRow,
)
from services.committee.store.access_scope import AccessScope


def application(
    session: Session, application_id: UUID, scope: AccessScope | None = None, *, lock: bool = False
) -> ApplicationRow | None:
    """Find one application within `scope`. `lock` keeps others from changing it until the transaction ends."""
    found = select(ApplicationRow).where(col(ApplicationRow.id) == application_id)
    if scope is not None:
        found = found.where(scope.cases())
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def applications(
    session: Session,
    scope: AccessScope,
    *,
    state: str | None = None,
    before: datetime | None = None,
    limit: int,
) -> Sequence[ApplicationRow]:
    """Find the newest applications within `scope` in which the caller has no conflict of interest."""
    conflicted = select(ConflictRow.application_id).where(_is(ConflictRow, scope.subject))
    victim = col(ApplicationRow.enrolment_id)
    found = select(ApplicationRow).where(
        scope.cases(),
        col(ApplicationRow.id).not_in(conflicted),
        or_(victim.is_(None), victim.not_in(conflicted_enrolments(scope.subject))),
    )
    found = found.order_by(col(ApplicationRow.created_at).desc()).limit(limit)
    if state is not None:
        found = found.where(col(ApplicationRow.state) == state)
    if before is not None:
        found = found.where(col(ApplicationRow.created_at) < before)
    return session.exec(found).all()


def alive_of(session: Session, enrolment_id: UUID) -> Sequence[ApplicationRow]:
    """Find the applications of an enrolment whose alarm lives, the newest first."""
    found = select(ApplicationRow).where(
        col(ApplicationRow.enrolment_id) == enrolment_id, col(ApplicationRow.state).in_(ALIVE)
    )
    return session.exec(found.order_by(col(ApplicationRow.submitted_at).desc())).all()


def of_enrolment(session: Session, enrolment_id: UUID, *, lock: bool = False) -> Sequence[ApplicationRow]:
    """Find all applications of an enrolment; `lock` keeps others from deciding meanwhile."""
    found = select(ApplicationRow).where(col(ApplicationRow.enrolment_id) == enrolment_id)
    found = found.order_by(col(ApplicationRow.id))
    return session.exec(found.with_for_update() if lock else found).all()


def decisions(session: Session, application_id: UUID) -> Sequence[DecisionRow]:
    """Find all decisions on an application, in order."""
    found = select(DecisionRow).where(col(DecisionRow.application_id) == application_id)
    return session.exec(found.order_by(col(DecisionRow.number))).all()


def opinions(session: Session, application_id: UUID) -> Sequence[OpinionRow]:
    """Find what the partners think, in order of name."""
    found = select(OpinionRow).where(col(OpinionRow.application_id) == application_id)
    return session.exec(found.order_by(col(OpinionRow.partner))).all()


def keep_opinion(session: Session, row: OpinionRow) -> None:
    """Store what a partner thinks now, in place of what it thought."""
    session.merge(row)
    session.flush()


def conflicts(session: Session, application_ids: Collection[UUID]) -> Sequence[ConflictRow]:
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


def conflicted_enrolments(subject: str) -> CompoundSelect[tuple[UUID | None]]:
    """Return the statement for the enrolments in which a person has a conflict of interest."""
    here = (
        select(ApplicationRow.enrolment_id)
        .join(ConflictRow, col(ConflictRow.application_id) == col(ApplicationRow.id))
        .where(_is(ConflictRow, subject), col(ApplicationRow.enrolment_id).is_not(None))
    )
    elsewhere = select(RegistryConflictRow.enrolment_id).where(_is(RegistryConflictRow, subject))
    return union(here, elsewhere)


def said_of(session: Session, subject: str) -> Sequence[ConflictRow]:
    """Find the conflicts of interest of a person that somebody else declared, and nobody withdrew."""
    found = select(ConflictRow).where(_is(ConflictRow, subject)).order_by(col(ConflictRow.declared_at))
    return [each for each in session.exec(found) if account(each.declared_by) != account(subject)]


def _is(kind: type[ConflictRow | RegistryConflictRow], subject: str) -> ColumnElement[bool]:
    """Return the condition that a conflict of interest is this person's, and was not withdrawn."""
    return and_(_stands(kind), or_(col(kind.person) == account(subject), col(kind.subject) == subject))


def _stands(kind: type[ConflictRow | RegistryConflictRow]) -> ColumnElement[bool]:
    return or_(col(kind.withdrawn_at).is_(None), col(kind.declared_at) > col(kind.withdrawn_at))


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


def history(session: Session, subject_ids: Collection[UUID]) -> Sequence[HistoryRow]:
    """Find what happened, in order."""
    found = select(HistoryRow).where(col(HistoryRow.subject_id).in_(subject_ids))
    return session.exec(found.order_by(col(HistoryRow.id))).all()


def add_application(session: Session, row: ApplicationRow) -> None:
    """Store an application."""
    session.add(row)
    session.flush()


def add_decision(session: Session, row: DecisionRow) -> None:
    """Store a decision."""
    session.add(row)


def keep_conflict(session: Session, row: ConflictRow) -> None:
    """Store what somebody said of a conflict of interest, or how it changed."""
    session.add(row)
    session.flush()


def add_history(session: Session, row: HistoryRow) -> None:
    """Store a line of the history of a protocol, a case or a meeting."""
    session.add(row)
