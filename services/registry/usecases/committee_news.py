"""What the committee decided, and which conflicts of interest were declared there."""

from collections.abc import Sequence

from chassis.database.database import Transaction
from contracts.envelope import Event
from contracts.topology import REGISTRY_GRANTS
from services.registry.events import incoming
from services.registry.usecases import conflicts_of_interest, files


def record_news(tx: Transaction, events: Sequence[Event]) -> None:
    """Record what is new among these events of the committee, each once; raises `Invalid`."""
    fresh = tx.claim(REGISTRY_GRANTS, [event.id for event in events])
    news = {event.id: event for event in events if event.id in fresh}.values()
    # By file, so that two workers lock the files in the same order; numbers tell which is the last.
    decided = [row for event in news if (row := incoming.decision(event))]
    for row in sorted(decided, key=lambda row: (row.enrolment_id, row.number, row.decided_at)):
        files.record_decision(tx, row)
    for conflict in filter(None, map(incoming.conflicted, news)):
        conflicts_of_interest.record_conflict(tx, conflict)
