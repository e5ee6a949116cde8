"""The end of an alarm: by people, who are waited for, and never by time or by a message alone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from services.committee import events
from services.committee.domain import application as domain
from services.committee.domain import deadlines as kinds
from services.committee.domain.protocol import Delays
from services.committee.models import ApplicationRow, ReviewRow
from services.committee.store import cases
from services.committee.store import due as store
from services.committee.usecases import deadlines
from services.committee.usecases.applications import state_of
from services.committee.usecases.work import Work


def to_end(work: Work, row: ApplicationRow, cause: Literal["not_ratified", "review", "chain_approach"]) -> None:
    """The alarm is to end: by people, who are waited for. The caller locked the case and knows that it may."""
    row.state = "ending"
    deadlines.met(work.session, row.id, now=work.at)
    if row.enrolment_ended:
        _close(work.session, row, work.at)
    elif row.enrolment_id is not None:
        deadlines.set_deadline(
            work.session,
            "device",
            row.id,
            application_id=row.id,
            enrolment_id=row.enrolment_id,
            due_at=kinds.due_at("device", work.at, Delays()),
            now=work.at,
        )
    work.tx.publish(events.ending(row, cause, work.at))


def close_ended(session: Session, enrolment_id: UUID, now: datetime) -> int:
    """The registry ended the enrolment and has the device: cases that were to end are over; how many.

    A case that is to live contradicts that: nothing changes it, and everybody who must know is told at once.
    """
    alive = cases.alive_of(session, enrolment_id, lock=True)
    for row in alive:
        row.enrolment_ended = True
        if row.state == "ending":
            _close(session, row, now)
        else:
            deadlines.set_deadline(
                session,
                "protection",
                row.id,
                application_id=row.id,
                enrolment_id=enrolment_id,
                due_at=now,
                now=now,
            )
    return sum(row.state == "ended" for row in alive)


def _close(session: Session, row: ApplicationRow, now: datetime) -> None:
    row.state = domain.moved(state_of(row), "close")
    deadlines.met(session, row.id, now=now)
    _void(session, store.reviews_of(session, row.id), now)


def void_ends(work: Work, application_id: UUID) -> None:
    """Reviews at an end that is no longer the end: nobody is reminded of them."""
    ends = [each for each in store.reviews_of(work.session, application_id) if each.cause == "end"]
    _void(work.session, ends, work.at)


def _void(session: Session, reviews: Iterable[ReviewRow], now: datetime) -> None:
    for review in reviews:
        if review.state in ("open", "overdue"):
            review.state = "void"
            deadlines.met(session, review.id, now=now)


def deciders(session: Session, row: ApplicationRow) -> list[str]:
    """Who took what a review is asked of: the last final decision, or the review that ended the alarm."""
    final = [each for each in cases.decisions(session, row.id) if each.kind == "final"]
    held = [each for each in store.reviews_of(session, row.id) if each.outcome == "end" and each.held_at]
    last = max(
        [(each.decided_at, each.present) for each in final]
        + [(each.held_at, each.present) for each in held if each.held_at],
        key=lambda taken: taken[0],
        default=None,
    )
    return sorted(last[1]) if last else []
