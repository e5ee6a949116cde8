"""Keep the books by events, and watch what must not fall silent or fill up."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.database.database import Database, Transaction
from chassis.runtime import clock
from chassis.security import witness
from chassis.telemetry.metrics import Reading
from contracts.envelope import Event
from contracts.reporting import CanaryMissed
from services.reporting.domain.entries import Entries
from services.reporting.events import incoming
from services.reporting.settings import ReportingSettings
from services.reporting.store import attention, gaps, reports, writing

log = logging.getLogger(__name__)


def attend(tx: Transaction, kind: str, key: str, detail: dict[str, Any], now: datetime) -> None:
    """Open a point of attention; the log says so once, when it is durable."""
    if attention.open_(tx.session, kind, key, detail, now):
        tx.after_commit(lambda: log.error("attention: %s %s", kind, key))


def record(tx: Transaction, queue: str, batch: Sequence[Event]) -> None:
    """Enter a batch of events of one queue into the books; copies add nothing."""
    now = clock.now()
    fresh = tx.claim(queue, [event.id for event in batch])
    entries = Entries()
    for event in batch:
        if event.id in fresh:
            fresh.remove(event.id)
            incoming.enter(entries, queue, event)
    writing.write(tx.session, entries, now)
    if entries.sealed:
        witness.keep(tx.session, entries.sealed)
    reports.contradicted(tx.session, list(entries.incidents), list(entries.facts), now)
    gaps.note_parked(tx.session, list(entries.parked.values()))
    for kind, key, detail in entries.points:
        attend(tx, kind, key, detail, now)


def check_canaries(tx: Transaction, settings: ReportingSettings, watching_since: datetime) -> None:
    """Tell of control rooms that no canary reached; `watching_since`: when this watch began."""
    now = clock.now()
    before = now - timedelta(seconds=settings.canary_silence_s)
    for room, since in attention.silent(tx.session, before, watching_since, now):
        silent_s = (now - since).total_seconds()
        tx.publish(CanaryMissed(control_room_id=room, silent_s=silent_s, found_at=now))
        attend(tx, "canary", room, {"last_canary_at": since.isoformat()}, now)
    attention.settle(tx.session, "canary", attention.heard(tx.session, before), "a canary came through", now)


def canary_ages(database: Database) -> list[Reading]:
    """Seconds since the last canary, by control room."""
    with database.read() as session:
        return [(age_s, {"control_room": room}) for room, age_s in attention.canary_ages(session)]


def note_depths(tx: Transaction, depths: dict[str, int]) -> None:
    """Parked and unroutable messages lie there until a person deals with them."""
    now = clock.now()
    for queue, depth in depths.items():
        if depth:
            attend(tx, "queue_depth", queue, {"messages": depth}, now)
    attention.settle(
        tx.session, "queue_depth", [q for q, depth in depths.items() if not depth], "empty again", now
    )
