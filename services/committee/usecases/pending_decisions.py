"""Decisions that wait: recorded while somebody was there on another's word, taken once they confirm it.

Until then everything is as it was: a provisional grant lives, no alarm is switched off, deadlines run on.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from services.committee.domain.meeting import PendingState, PointState, pending_moved, point_moved
from services.committee.domain.presence import Counted
from services.committee.models import PendingDecisionRow
from services.committee.store import encrypted_columns, pending_decisions
from services.committee.store import meetings as store
from services.committee.usecases.unit_of_work import CaseUnitOfWork

Act = Literal["grant", "refuse", "propose_decision", "hold"]
# What the recorder is known by when it is taken.
_CLAIMS = ("partner", "zone", "district")


def postpone_decision(
    uow: CaseUnitOfWork,
    meeting_id: UUID,
    counted: Counted,
    act: Act,
    content: Mapping[str, object],
    *,
    application_id: UUID | None,
    review_id: UUID | None = None,
) -> None:
    """Keep what was decided until those who were there confirm it. The caller locked case and meeting."""
    item = store.item(uow.session, meeting_id, application_id, review_id)
    assert item is not None  # noqa: S101 - the point that was just decided
    row = PendingDecisionRow(
        id=uuid4(),
        meeting_id=meeting_id,
        item_id=item.id,
        application_id=application_id,
        review_id=review_id,
        act=act,
        there={**counted.awaited, **counted.present},
        recorder={name: getattr(uow.caller, name) for name in _CLAIMS},
        encrypted=b"",
        recorded_at=uow.at,
        recorded_by=uow.caller.subject,
    )
    row.encrypted = uow.encrypt(encrypted_columns.waiting(row.id), dict(content))
    pending_decisions.add_waiting(uow.session, row)
    uow.add_history(application_id or meeting_id, "decision waits")


def overtake_decisions(
    uow: CaseUnitOfWork, *, application_id: UUID | None = None, review_id: UUID | None = None
) -> None:
    """Let lapse what waits about something that was decided elsewhere meanwhile."""
    for row in pending_decisions.of_case(uow.session, application_id, review_id):
        _lapse(uow, row, "decided elsewhere")


def overtake_reviews(uow: CaseUnitOfWork, application_id: UUID, meeting_id: UUID, decided_at: datetime) -> None:
    """Let lapse what an earlier meeting decided in this case's review and still waits: the later word counts.

    What the same meeting decides of a case takes effect together.
    """
    for row in pending_decisions.earlier_reviews(uow.session, application_id, meeting_id, decided_at):
        _lapse(uow, row, "decided elsewhere")


def lapse_decision(uow: CaseUnitOfWork, waiting_id: UUID, why: str) -> None:
    """Let it lapse: the point stands adjourned, and the history says why."""
    row = pending_decisions.one(uow.session, waiting_id, lock=True)
    if row is not None and row.state == PendingState.WAITING:
        _lapse(uow, row, why)


def _lapse(uow: CaseUnitOfWork, row: PendingDecisionRow, why: str) -> None:
    row.state, row.settled_at = pending_moved(PendingState(row.state), "lapse"), uow.at
    if (item := store.point(uow.session, row.item_id)) is not None:
        item.state = point_moved(PointState(item.state), "lapse")
    uow.add_history(row.application_id or row.meeting_id, "decision lapsed", {"why": why})
