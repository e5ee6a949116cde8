"""What a crew reports of its order, and what follows from that."""

from datetime import datetime
from uuid import UUID

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.runtime import clock
from contracts.dispatch import (
    OrderState,
)
from services.dispatch.domain.orders import ANSWERED, LIVE, STAMPS, SYSTEM_REASONS, already_there, can_move
from services.dispatch.errors import OrderMoveImpossible
from services.dispatch.events.outgoing import order_moved
from services.dispatch.models import IncidentRow, OrderRow
from services.dispatch.store.conflicts import is_conflicted
from services.dispatch.store.incidents import touch_incident
from services.dispatch.store.orders import store_order
from services.dispatch.store.units import free_units, note_sign_of_life
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.locks import lock_order
from services.dispatch.usecases.notify import notify_queues, notify_watchers


def move_order(
    tx: Transaction,
    context: Context,
    order_id: UUID,
    person: str,
    target: OrderState,
    reason: str | None = None,
) -> OrderRow:
    """Report progress of a unit. Repeated or overtaken reports are harmless; raises `OrderMoveImpossible`.

    Where `person` has a conflict of interest, an order that is not under way yet is declined: another patrol is
    looked for at once. One that is on its way is not called back.
    """
    incident, order = lock_order(tx, order_id)
    note_sign_of_life(tx.session, [order.unit_id], clock.now())
    current: OrderState = order.state  # type: ignore[assignment]
    if current in ("sent", "received") and is_conflicted(tx.session, incident.id, person):
        target, reason = "declined", "conflict_of_interest"
    if already_there(current, target):
        return order
    if not can_move(current, target):
        raise OrderMoveImpossible(f"an order that is {current} cannot become {target}")
    now = clock.now()
    if reason is not None and reason not in SYSTEM_REASONS:
        order.encrypted_reason, reason = context.encrypt_reason(order.id, reason), None
    report_progress(tx, context, incident, order, target, now, reason)
    return order


def report_progress(
    tx: Transaction,
    context: Context,
    incident: IncidentRow,
    order: OrderRow,
    target: OrderState,
    now: datetime,
    reason: str | None,
) -> None:
    """Do what follows from a report of progress, whoever makes it."""
    apply_move(tx, incident, order, target, now, reason)
    if target in ANSWERED:
        timers.cancel(tx.session, str(order.id), ["unit_answer"])
    if target == "declined":
        # Who sent this one wants a patrol there, in a room that sends by hand too.
        timers.schedule(tx.session, [timers.Due(kind="send_unit", subject_id=str(incident.id), due_at=now)])
    touch_incident(tx.session, incident, now)
    notify_watchers(tx, context, incident)
    if target == "declined":
        notify_queues(tx, context, incident)


def apply_move(
    tx: Transaction,
    incident: IncidentRow,
    order: OrderRow,
    target: OrderState,
    now: datetime,
    reason: str | None,
) -> None:
    """Put an order into a state that the table allows, stamp it, free its unit when it is over, and tell."""
    order.state = target
    order.reason = reason or order.reason
    stamp = STAMPS.get(target)
    if stamp is not None and getattr(order, stamp) is None:
        setattr(order, stamp, now)
    store_order(tx.session, order)
    if target not in LIVE:
        tx.session.flush()
        free_units(tx.session, [order.id], now)
    tx.publish(order_moved(order, now, incident.deadline_at, reason))
