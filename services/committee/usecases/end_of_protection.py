"""The end of an alarm: by people, who are waited for, and never by time or by a message alone."""

from typing import Literal
from uuid import UUID

from chassis.database.database import Session
from services.committee.events import outgoing
from services.committee.models import ApplicationRow
from services.committee.store import decisions as decision_store
from services.committee.store import reviews as store
from services.committee.usecases import deadlines, registry_mismatch
from services.committee.usecases.unit_of_work import CaseUnitOfWork


def announce_end(
    uow: CaseUnitOfWork, row: ApplicationRow, cause: Literal["not_ratified", "review", "chain_approach"]
) -> None:
    """Tell that the alarm is to end: by people, who are waited for. The caller locked and moved the case."""
    deadlines.meet_deadlines(uow.session, row.id, now=uow.at)
    registry_mismatch.wait_for_registry(uow.session, row, uow.at)
    uow.tx.publish(outgoing.ending(row, cause, uow.at))


def void_ends(uow: CaseUnitOfWork, application_id: UUID) -> None:
    """Void reviews at an end that is no longer the end: nobody is reminded of them."""
    ends = [each for each in store.reviews_of(uow.session, application_id) if each.cause == "end"]
    registry_mismatch.void_reviews(uow.session, ends, uow.at)


def list_deciders(session: Session, row: ApplicationRow) -> list[str]:
    """Say who took what a review is asked of: the last final decision, or the review that ended the alarm."""
    final = [each for each in decision_store.of_application(session, row.id) if each.kind == "final"]
    held = [each for each in store.reviews_of(session, row.id) if each.outcome == "end" and each.held_at]
    last = max(
        [(each.decided_at, each.present) for each in final]
        + [(each.held_at, each.present) for each in held if each.held_at],
        key=lambda taken: taken[0],
        default=None,
    )
    return sorted(last[1]) if last else []
