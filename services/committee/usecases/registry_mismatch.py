"""What was decided beside what the registry says: people are reminded, ever more loudly, of what is lacking."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chassis.database.database import Session
from services.committee.domain import application as domain
from services.committee.domain import deadlines as kinds
from services.committee.domain.application import State
from services.committee.domain.registry_mismatch import WATCHES, lacks
from services.committee.domain.review import TO_HOLD, ReviewState, review_moved
from services.committee.errors import ApplicationMoveRefused
from services.committee.models import ApplicationRow, KnownEnrolmentRow, ReviewRow
from services.committee.store import cases, enrolments
from services.committee.store import reviews as store
from services.committee.usecases import applications, deadlines, protocols
from services.committee.usecases.application_content import state_of
from services.committee.usecases.applications import Filed
from services.committee.usecases.unit_of_work import CaseUnitOfWork


def wait_for_registry(session: Session, row: ApplicationRow, now: datetime) -> None:
    """Wait for what the file lacks of what was just decided or received. The caller locked the case."""
    status = enrolments.status(session, row.enrolment_id)
    if row.state == State.ENDING and status == "ended":
        _close(session, row, now)
    kind = lacks(state_of(row), status, row.procedure)
    deadlines.meet_deadlines(session, row.id, WATCHES - {kind}, now=now)
    if kind is not None and row.enrolment_id is not None:
        delays = protocols.rules_of(session, row.protocol_id, row.protocol_version).delays
        deadlines.set_deadline(
            session,
            kind,
            row.id,
            application_id=row.id,
            enrolment_id=row.enrolment_id,
            due_at=kinds.due_at(kind, now, delays),
            now=now,
        )


def record_enrolment(session: Session, news: KnownEnrolmentRow, now: datetime) -> None:
    """Record how a file stands now: what a case of it lacks is waited for, or no longer.

    The cases first: whoever decides holds one when looking at the file.
    """
    found = cases.of_enrolment(session, news.id, lock=True)
    if enrolments.keep(session, news):
        for row in found:
            wait_for_registry(session, row, now)


def close_unknown(uow: CaseUnitOfWork, application_id: UUID, reasons: str) -> Filed:
    """Close a case whose file does not exist: nothing is to hand in. One that comes after all is told of."""
    row = uow.lock_case(application_id)
    if enrolments.status(uow.session, row.enrolment_id) is not None:
        raise ApplicationMoveRefused("the registry knows this file: it ends there", state=row.state)
    _close(uow.session, row, uow.at)
    uow.add_history(row.id, "closed without a file", {"reasons": reasons})
    return applications.describe_application(uow, row)


def _close(session: Session, row: ApplicationRow, now: datetime) -> None:
    row.state = domain.moved(state_of(row), "close")
    deadlines.meet_deadlines(session, row.id, now=now)
    # That she needed it is looked at all the same: she may need another one.
    others = [each for each in store.reviews_of(session, row.id) if each.cause != "real_alarm"]
    void_reviews(session, others, now)


def void_reviews(session: Session, reviews: Iterable[ReviewRow], now: datetime) -> None:
    """Void reviews: nobody is reminded of these any more."""
    for review in reviews:
        if review.state in TO_HOLD:
            review.state = review_moved(ReviewState(review.state), "void")
            deadlines.meet_deadlines(session, review.id, now=now)
