"""Keep the ledger by events."""

from collections.abc import Sequence

from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.security import witness
from contracts.envelope import Event
from services.reporting.domain.entries import Entries
from services.reporting.events import incoming
from services.reporting.store import gaps, reports
from services.reporting.store.entries import write_entries
from services.reporting.usecases.attention import attend


def record_events(tx: Transaction, queue: str, batch: Sequence[Event]) -> None:
    """Enter a batch of events of one queue into the ledger; copies add nothing."""
    now = clock.now()
    fresh = tx.claim(queue, [event.id for event in batch])
    entries = Entries()
    for event in batch:
        if event.id in fresh:
            fresh.remove(event.id)
            incoming.enter(entries, queue, event)
    write_entries(tx.session, entries, now)
    if entries.audit_seals:
        witness.keep(tx.session, entries.audit_seals)
    reports.contradicted(tx.session, list(entries.incidents), list(entries.facts), now)
    gaps.note_parked(tx.session, list(entries.parked.values()))
    for kind, key, detail in entries.points:
        attend(tx, kind, key, detail, now)
