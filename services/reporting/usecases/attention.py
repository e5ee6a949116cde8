"""Points of attention: what a person must look at, opened once."""

import logging
from collections.abc import Mapping
from datetime import datetime

from chassis.database.database import Transaction
from chassis.runtime import clock
from services.reporting.domain.attention import AttentionKind
from services.reporting.store import attention

log = logging.getLogger(__name__)


def attend(tx: Transaction, kind: AttentionKind, key: str, detail: Mapping[str, object], now: datetime) -> None:
    """Open a point of attention; the log says so once, when it is durable."""
    if attention.open_(tx.session, kind, key, detail, now):
        tx.after_commit(lambda: log.error("attention: %s %s", kind, key))


def note_depths(tx: Transaction, depths: dict[str, int]) -> None:
    """Ask a person to look at parked and unroutable messages: they lie there until somebody deals with them."""
    now = clock.now()
    for queue, depth in depths.items():
        if depth:
            attend(tx, AttentionKind.QUEUE_DEPTH, queue, {"messages": depth}, now)
    attention.settle(
        tx.session,
        AttentionKind.QUEUE_DEPTH,
        [q for q, depth in depths.items() if not depth],
        "empty again",
        now,
    )
