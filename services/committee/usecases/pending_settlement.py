"""What waited for a confirmation takes effect, as who recorded it said it, or lapses."""

from collections.abc import Callable, Mapping
from uuid import UUID

from chassis.database.database import Database
from chassis.errors import Permanent
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from services.committee.domain.decision import Grounds
from services.committee.domain.meeting import PendingState, PointState, pending_moved, point_moved
from services.committee.domain.presence import Counted
from services.committee.domain.review import Finding
from services.committee.models import PendingDecisionRow
from services.committee.store import cases, encrypted_columns, meetings
from services.committee.store import pending_decisions as store
from services.committee.usecases import decisions, pending_decisions, quorum, reviews
from services.committee.usecases.unit_of_work import CaseUnitOfWork


def settle_decisions(database: Database, vault: Vault, meeting_id: UUID | None = None) -> None:
    """Take the decisions, of one meeting or of all, whose quorum has confirmed by now."""
    with database.read() as session:
        known = [(row.id, recorder_of(row)) for row in store.waiting(session, meeting_id)]
    for waiting_id, recorder in known:
        try:
            with database.transaction() as tx:
                take_effect(CaseUnitOfWork(tx, vault, recorder), waiting_id)
        except Permanent as refused:
            with database.transaction() as tx:
                pending_decisions.lapse_decision(
                    CaseUnitOfWork(tx, vault, recorder), waiting_id, refused.detail
                )


def recorder_of(row: PendingDecisionRow) -> Principal:
    """Say who recorded it: it happens in their name, and within what they may see."""
    claims = row.recorder
    return Principal(
        subject=row.recorded_by,
        roles=frozenset({"secretariat"}),
        partner=claims.get("partner"),
        zone=claims.get("zone"),
        district=claims.get("district"),
    )


def take_effect(uow: CaseUnitOfWork, waiting_id: UUID) -> bool:
    """Do what waits if a quorum has confirmed by now; return whether it was done.

    Raises a `ServiceError` where it cannot be done any more: decided elsewhere meanwhile, say.
    """
    known = store.one(uow.session, waiting_id)
    # The case first, as everywhere: two who lock in another order wait for each other.
    case = known.application_id if known else None
    application = cases.application(uow.session, case, lock=True) if case else None
    row = store.one(uow.session, waiting_id, lock=True)
    if row is None or row.state != PendingState.WAITING:
        return False
    item, meeting = meetings.point(uow.session, row.item_id), meetings.meeting_of(uow.session, row)
    assert item is not None and meeting is not None  # noqa: S101, PT018 - neither is ever deleted
    counted = quorum.count_later(uow, meeting, application, item, row.there)
    if counted.missing or counted.waits_for:
        return False
    # Before the act: what else waits about the case lapses with it.
    row.state, row.settled_at = pending_moved(PendingState(row.state), "take_effect"), uow.at
    item.state = point_moved(PointState(item.state), "confirm")
    _ACTS[row.act](uow, row, uow.decrypt(encrypted_columns.waiting(row.id), row.encrypted), counted)
    return True


def _decide(
    uow: CaseUnitOfWork, row: PendingDecisionRow, content: Mapping[str, object], counted: Counted
) -> None:
    assert row.application_id is not None  # noqa: S101 - of a case
    outcome: decisions.Outcome = "grant" if row.act == "grant" else "refuse"
    decisions.decide_application(
        uow, row.application_id, outcome, Grounds.read(content), row.meeting_id, counted
    )


def _propose(
    uow: CaseUnitOfWork, row: PendingDecisionRow, content: Mapping[str, object], counted: Counted
) -> None:
    assert row.application_id is not None  # noqa: S101 - of a case
    outcome: decisions.Outcome = "grant" if content["outcome"] == "grant" else "refuse"
    decisions.propose_decision(uow, row.application_id, outcome, Grounds.read(content), row.meeting_id, counted)


def _hold(
    uow: CaseUnitOfWork, row: PendingDecisionRow, content: Mapping[str, object], counted: Counted
) -> None:
    assert row.review_id is not None  # noqa: S101 - of a review
    reviews.hold_review(uow, row.review_id, Finding.read(content), row.meeting_id, counted, row.recorded_at)


_ACTS: Mapping[str, Callable[[CaseUnitOfWork, PendingDecisionRow, Mapping[str, object], Counted], None]] = {
    "grant": _decide,
    "refuse": _decide,
    "propose_decision": _propose,
    "hold": _hold,
}
