"""Applications with their opinions, and what happened to cases, protocols and meetings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select

from services.committee.domain.application import ALIVE
from services.committee.models import ApplicationRow, HistoryRow, OpinionRow
from services.committee.store.access_scope import AccessScope
from services.committee.store.conflicts import conflicted_applications, conflicted_enrolments


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
    victim = col(ApplicationRow.enrolment_id)
    found = select(ApplicationRow).where(
        scope.cases(),
        col(ApplicationRow.id).not_in(conflicted_applications(scope.subject)),
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


def opinions(session: Session, application_id: UUID) -> Sequence[OpinionRow]:
    """Find what the partners think, in order of name."""
    found = select(OpinionRow).where(col(OpinionRow.application_id) == application_id)
    return session.exec(found.order_by(col(OpinionRow.partner))).all()


def keep_opinion(session: Session, row: OpinionRow) -> None:
    """Store what a partner thinks now, in place of what it thought."""
    session.merge(row)
    session.flush()


def history(session: Session, subject_ids: Collection[UUID]) -> Sequence[HistoryRow]:
    """Find what happened, in order."""
    found = select(HistoryRow).where(col(HistoryRow.subject_id).in_(subject_ids))
    return session.exec(found.order_by(col(HistoryRow.id))).all()


def add_application(session: Session, row: ApplicationRow) -> None:
    """Store an application."""
    session.add(row)
    session.flush()


def add_history(session: Session, row: HistoryRow) -> None:
    """Store a line of the history of a protocol, a case or a meeting."""
    session.add(row)
