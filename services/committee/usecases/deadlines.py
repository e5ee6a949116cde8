"""Deadlines are set and met; until then people are reminded ever more loudly. None of them changes a case."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from chassis.database import timers
from chassis.database.database import Database, Session, Transaction
from chassis.runtime import clock
from services.committee.domain import deadlines as domain
from services.committee.domain.deadlines import KINDS, STAGES, DeadlineState, Kind
from services.committee.events import outgoing
from services.committee.models import DeadlineRow
from services.committee.store import deadlines as store
from services.committee.store import reviews
from services.committee.usecases.unit_of_work import CaseReading

TIMER = "deadline"
_REVIEWS: frozenset[Kind] = frozenset({"review", "end", "review_after_alarm"})


def set_deadline(
    session: Session,
    kind: Kind,
    subject_id: UUID,
    *,
    application_id: UUID | None,
    enrolment_id: UUID,
    due_at: datetime,
    now: datetime,
) -> None:
    """Have people reminded of something; the same thing is waited for once at a time."""
    row = DeadlineRow(
        id=uuid4(),
        kind=kind,
        subject_id=subject_id,
        application_id=application_id,
        enrolment_id=enrolment_id,
        due_at=due_at,
        set_at=now,
    )
    if store.add_deadline(session, row):
        _schedule(session, row, *domain.next_stage(kind, due_at, now))


def meet_deadlines(
    session: Session, subject_id: UUID, kinds: frozenset[Kind] | None = None, *, now: datetime
) -> None:
    """Record that what was waited for is done. `kinds`: only these."""
    for row in store.open_deadlines_of(session, subject_id, lock=True):
        if kinds is None or _kind(row) in kinds:
            row.state, row.met_at = DeadlineState.MET, now
            timers.cancel(session, str(row.id), [TIMER])


def list_due(reading: CaseReading, limit: int) -> Sequence[DeadlineRow]:
    """Return what is to be done, the loudest and the nearest first."""
    return store.list_due(reading.session, reading.scope, limit=limit)


def list_of_case(reading: CaseReading, application_id: UUID) -> Sequence[DeadlineRow]:
    """Return all deadlines of one case; raises `ApplicationUnknown`."""
    return store.deadlines_of(reading.session, reading.find_case(application_id).id)


def publish_due(database: Database) -> int:
    """Remind of the deadlines that come near, and tell of those that passed; return how many."""
    return timers.act_on_due(database, [TIMER], _remind_of)


def _remind_of(tx: Transaction, due: timers.Due) -> None:
    row = store.deadline_reached(tx.session, UUID(due.subject_id))
    if row is None:
        return
    now, kind, stage = clock.now(), _kind(row), STAGES[due.attempt]
    if now >= row.due_at:
        stage = "missed"
    row.stage, row.reminder_step = stage, domain.reminder_step(row.due_at, now)
    ladder = domain.LADDERS[kind]
    addressee = ladder.escalates_to if stage == "missed" else ladder.reminds
    tx.publish(outgoing.deadline(row, addressee))
    if stage == "missed":
        if kind in _REVIEWS:
            reviews.mark_overdue(tx.session, [row.subject_id])
        _schedule(tx.session, row, "missed", now + domain.LOUDER_EVERY)
    else:
        _schedule(tx.session, row, *domain.next_stage(kind, row.due_at, now, after=stage))


def _schedule(session: Session, row: DeadlineRow, stage: domain.Stage, at: datetime) -> None:
    due = timers.Due(kind=TIMER, subject_id=str(row.id), due_at=at, attempt=STAGES.index(stage))
    timers.schedule(session, [due])


def _kind(row: DeadlineRow) -> Kind:
    return next(kind for kind in KINDS if kind == row.kind)
