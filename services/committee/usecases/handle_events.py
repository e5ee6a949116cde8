"""Events of other services: a real alarm asks for a review, a file moves on, a conflict keeps somebody out."""

from collections.abc import Sequence

from chassis.database.database import Transaction
from chassis.runtime import clock
from contracts.envelope import Event
from contracts.topology import COMMITTEE_FOLLOW_UP
from services.committee.events import incoming
from services.committee.store import conflicts
from services.committee.usecases import registry_mismatch, reviews


def record_events(tx: Transaction, events: Sequence[Event]) -> None:
    """Record what is new among these events, each once; raises `Invalid`."""
    fresh = tx.claim(COMMITTEE_FOLLOW_UP, [event.id for event in events])
    for event in {event.id: event for event in events if event.id in fresh}.values():
        if real := incoming.real_incident(event):
            reviews.schedule_after_real_alarm(tx.session, *real, clock.now())
        elif file := incoming.enrolment(event):
            registry_mismatch.record_enrolment(tx.session, file, clock.now())
        elif conflict := incoming.registry_conflict(event):
            conflicts.keep_registry_conflict(tx.session, conflict)
