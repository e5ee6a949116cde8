"""Asking people to look again at a case, once for each cause."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from chassis.database.database import Session
from services.committee.domain import deadlines as kinds
from services.committee.models import ReviewRow
from services.committee.store import reviews as store
from services.committee.usecases import deadlines

Cause = Literal["periodic", "end", "real_alarm"]
_KINDS: Mapping[Cause, kinds.Kind] = {
    "periodic": "review",
    "end": "end",
    "real_alarm": "review_after_alarm",
}


def schedule_review(
    session: Session,
    enrolment_id: UUID,
    application_id: UUID | None,
    cause: Cause,
    cause_id: UUID,
    due_at: datetime,
    now: datetime,
) -> bool:
    """Ask for a review; return whether it is the first for its cause."""
    row = ReviewRow(
        id=uuid4(),
        enrolment_id=enrolment_id,
        application_id=application_id,
        cause=cause,
        cause_id=cause_id,
        due_at=due_at,
        created_at=now,
    )
    new = store.add_review(session, row)
    if new:
        deadlines.set_deadline(
            session,
            _KINDS[cause],
            row.id,
            application_id=application_id,
            enrolment_id=enrolment_id,
            due_at=due_at,
            now=now,
        )
    return new
