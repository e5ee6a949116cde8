"""From a press to an order: the heart of the alarm path. A batch of presses is one transaction.

Dies half way: nothing committed, the broker delivers again. Twice: the inbox knows. Late or out of order:
handled all the same, flagged late. Malformed optional fields: already flags. Database gone: retried.
"""

from collections.abc import Sequence
from uuid import UUID

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.runtime import clock
from contracts.alarm import AlarmRaised
from services.dispatch.store.alarm_path import select_owners
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.raise_alarms import copies
from services.dispatch.usecases.raise_alarms.keep_apart import keep_apart
from services.dispatch.usecases.raise_alarms.open_incidents import open_incidents
from services.dispatch.usecases.raise_alarms.persist import persist
from services.dispatch.usecases.raise_alarms.prepare import prepare, uuid_or_none


def raise_alarms(
    tx: Transaction, context: Context, presses: Sequence[tuple[UUID, AlarmRaised, Span | None]]
) -> None:
    """Handle presses (event id, alarm, span) of one transaction; copies have no effect.

    Three round trips however many: what is new and whose it is; incidents and units; all the rest with
    the commit.
    """
    devices = {d for d in (uuid_or_none(alarm.device_id) for _, alarm, _ in presses) if d}
    # One for broker and HTTP intake, whatever the lane: every copy of a press is one.
    arrived = copies.by_key(presses)
    *_, known, owned = tx.send(*copies.locked(arrived), select_owners(devices))
    raised = prepare(context, {row.id: row for row in owned}, copies.new_among(tx, arrived, known))
    now = clock.now()
    keep_apart(tx, context, raised)
    open_incidents(tx, context, raised, now)
    persist(tx, context, raised, now)
