"""What people do: display, acknowledge, take over, move an order, close. For sending see sending.py."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.security import audit
from chassis.security.principal import Caller
from contracts.common import Outcome
from contracts.dispatch import (
    IncidentAcknowledged,
    IncidentClosed,
    IncidentDisplayed,
    OrderState,
)
from services.dispatch.domain.escalation import ABOUT_INCIDENTS
from services.dispatch.domain.orders import ANSWERED, LIVE, STAMPS, SYSTEM_REASONS, already_there, can_move
from services.dispatch.domain.unproved import is_untouched
from services.dispatch.errors import (
    IncidentIsClosed,
    IncidentIsTaken,
    IncidentUnknown,
    NotResponsible,
    OrderMoveImpossible,
    OrderUnknown,
)
from services.dispatch.models import IncidentRow, OrderRow
from services.dispatch.store.incidents import lock_incident, touch_incident
from services.dispatch.store.orders import live_orders, orders_of
from services.dispatch.store.presses import forget_proofs
from services.dispatch.store.registry_projection import forget_withdrawn
from services.dispatch.store.ties import is_tied
from services.dispatch.store.units import free_units, note_sign_of_life
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.notify import changed, tell_queues
from services.dispatch.usecases.raise_alarms.persist import after, moved

# Why an operator says it, in the audit log.
BY_RADIO = "confirmed by radio"


def locked(tx: Transaction, incident_id: UUID) -> IncidentRow:
    """The incident, locked; raises `IncidentUnknown`."""
    incident = lock_incident(tx.session, incident_id)
    if incident is None:
        raise IncidentUnknown("no such incident", field="incident_id")
    return incident


def locked_open(tx: Transaction, incident_id: UUID) -> IncidentRow:
    """The same; raises `IncidentIsClosed` too."""
    incident = locked(tx, incident_id)
    if incident.state != "open":
        raise IncidentIsClosed(f"closed with outcome {incident.outcome}")
    return incident


def display(context: Context, incident_id: UUID) -> None:
    """The alarm stands on an operator's screen. The first time counts; repeating is harmless."""
    with context.database.transaction() as tx:
        incident = locked(tx, incident_id)
        if incident.displayed_at is None and incident.state == "open":
            now = clock.now()
            touch_incident(tx.session, incident, now, displayed_at=now)
            tx.publish(IncidentDisplayed(incident_id=incident.id, at=now, control_room_id=incident.cic_id))
            changed(tx, context, incident)


def acknowledge(context: Context, incident_id: UUID, operator: str, cic_id: str) -> None:
    """An operator takes the alarm: the escalation ladder stops. Repeating is harmless.

    Raises `NotResponsible` for a room that was only brought in: it takes over, or looks on.
    """
    with context.database.transaction() as tx:
        incident = locked_open(tx, incident_id)
        _refuse_others(incident, cic_id)
        if incident.acknowledged_at is not None:
            return
        now = clock.now()
        timers.cancel(tx.session, str(incident.id), ["acknowledge"])
        touch_incident(
            tx.session,
            incident,
            now,
            acknowledged_at=now,
            acknowledged_by=operator,
            displayed_at=incident.displayed_at or now,
        )
        must_send(tx, context, incident, now)
        tx.publish(IncidentAcknowledged(incident_id=incident.id, at=now, control_room_id=cic_id))
        changed(tx, context, incident)


def _refuse_others(incident: IncidentRow, cic_id: str) -> None:
    if incident.cic_id != cic_id:
        raise NotResponsible(f"{incident.cic_id} answers for this alarm: take it over first")


def must_send(tx: Transaction, context: Context, incident: IncidentRow, now: datetime) -> None:
    """Who takes a proved alarm has to send somebody, or others hear of it: see escalating.py."""
    if incident.lane == "verified" and not live_orders(orders_of(tx.session, [incident.id])):
        due_at = after(now, context.settings.unsent_after_s)
        timers.schedule(tx.session, [timers.Due(kind="unsent", subject_id=str(incident.id), due_at=due_at)])


def take_over(context: Context, incident_id: UUID, operator: str, cic_id: str) -> None:
    """A control room that was brought in accepts the hand-over, which is also its acknowledgement.

    Raises `IncidentUnknown` for any other room. Repeating is harmless.
    """
    with context.database.transaction() as tx:
        incident = locked_open(tx, incident_id)
        if incident.cic_id == cic_id:
            return
        if cic_id not in incident.also_cics:
            raise IncidentUnknown("no such incident", field="incident_id")
        now = clock.now()
        others = [c for c in [incident.cic_id, *incident.also_cics] if c != cic_id]
        timers.cancel(tx.session, str(incident.id), ["acknowledge"])
        touch_incident(
            tx.session,
            incident,
            now,
            cic_id=cic_id,
            also_cics=others,
            acknowledged_at=now,
            acknowledged_by=operator,
        )
        must_send(tx, context, incident, now)
        tx.publish(IncidentAcknowledged(incident_id=incident.id, at=now, control_room_id=cic_id))
        changed(tx, context, incident)


def move_order(
    context: Context, order_id: UUID, person: str, target: OrderState, reason: str | None = None
) -> OrderRow:
    """A unit reports progress. Repeated or overtaken reports are harmless; raises `OrderMoveImpossible`.

    Where `person` has a tie to a party, an order that is not under way yet is declined: another patrol is
    looked for at once. One that is on its way is not called back.
    """
    with context.database.transaction() as tx:
        incident, order = locked_order(tx, order_id)
        note_sign_of_life(tx.session, [order.unit_id], clock.now())
        current: OrderState = order.state  # type: ignore[assignment]
        if current in ("sent", "received") and is_tied(tx.session, incident.id, person):
            target, reason = "declined", "tie"
        if already_there(current, target):
            return order
        if not can_move(current, target):
            raise OrderMoveImpossible(f"an order that is {current} cannot become {target}")
        now = clock.now()
        if reason is not None and reason not in SYSTEM_REASONS:
            order.said, reason = context.seal_said(order.id, reason), None
        progress(tx, context, incident, order, target, now, reason)
        return order


def progress(
    tx: Transaction,
    context: Context,
    incident: IncidentRow,
    order: OrderRow,
    target: OrderState,
    now: datetime,
    reason: str | None,
) -> None:
    """What follows from a report of progress, whoever makes it."""
    apply(tx, incident, order, target, now, reason)
    if target in ANSWERED:
        timers.cancel(tx.session, str(order.id), ["unit_answer"])
    if target == "declined":
        # Who sent this one wants a patrol there, in a room that sends by hand too.
        timers.schedule(tx.session, [timers.Due(kind="send_unit", subject_id=str(incident.id), due_at=now)])
    touch_incident(tx.session, incident, now)
    changed(tx, context, incident)
    if target == "declined":
        tell_queues(tx, context, incident)


def apply(
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
    tx.session.add(order)
    if target not in LIVE:
        tx.session.flush()
        free_units(tx.session, [order.id], now)
    tx.publish(moved(order, now, incident.deadline_at, reason))


def locked_order(tx: Transaction, order_id: UUID) -> tuple[IncidentRow, OrderRow]:
    """The order with its incident, both locked (incident first); raises `OrderUnknown`."""
    incident_id = tx.session.execute(
        select(OrderRow.incident_id).where(col(OrderRow.id) == order_id)
    ).scalar_one_or_none()
    if incident_id is None:
        raise OrderUnknown("no such order", field="order_id")
    incident = locked(tx, incident_id)
    return incident, tx.session.get_one(OrderRow, order_id, with_for_update=True)


def close_from_scene(
    context: Context,
    order_id: UUID,
    outcome: Outcome,
    person: str,
    by_radio: Caller | None = None,
    reason: str | None = None,
) -> None:
    """The unit that is on scene ends the incident; raises `OrderMoveImpossible` from anywhere else.

    `by_radio`: the operator of the room that answers for the alarm, who heard the crew say so.
    """
    with context.database.read() as session:
        order = session.get(OrderRow, order_id)
    if order is None:
        raise OrderUnknown("no such order", field="order_id")
    if order.state not in ("on_scene", "closed"):
        raise OrderMoveImpossible(
            f"an order that is {order.state} is not closed by its unit: be on scene first"
        )
    close(context, order.incident_id, outcome, by="unit", person=person, reason=reason, by_radio=by_radio)


def close(
    context: Context,
    incident_id: UUID,
    outcome: Outcome,
    *,
    by: Literal["unit", "supervisor"],
    person: str,
    reason: str | None,
    cic_id: str | None = None,
    by_radio: Caller | None = None,
    seen_presses: int | None = None,
) -> None:
    """End an incident: orders and cards are withdrawn, the location is erased. Repeating is harmless.

    `cic_id`: the supervisor's room; raises `NotResponsible` where it was only brought in. None: the unit at the
    scene, of whichever room it is. `seen_presses`: it ends as one of many that nobody proved, of which so many
    presses were seen; raises `IncidentIsTaken` where it is no longer that.
    """
    with context.database.transaction() as tx:
        incident = locked(tx, incident_id)
        if incident.state == "closed":
            return
        if seen_presses is not None and not (is_untouched(incident) and incident.presses <= seen_presses):
            raise IncidentIsTaken("this alarm was proved, taken or pressed again meanwhile: close it by itself")
        room = cic_id if by_radio is None else by_radio.cic or ""
        if room is not None:
            _refuse_others(incident, room)
        now = clock.now()
        orders = orders_of(tx.session, [incident_id])
        for order in orders:
            if order.state == "proposed" or order.state in LIVE:
                apply(tx, incident, order, "closed", now, None)
        timers.cancel(tx.session, str(incident_id), list(ABOUT_INCIDENTS))
        for order in orders:
            timers.cancel(tx.session, str(order.id), ["unit_answer"])
        if by_radio is not None:
            audit.wrote(tx, by_radio, audit.Purpose(BY_RADIO, f"incident:{incident.id}"), ["outcome"])
        touch_incident(
            tx.session,
            incident,
            now,
            state="closed",
            outcome=outcome,
            closed_at=now,
            closed_by=person,
            said=context.seal_said(incident.id, reason) if reason else None,
            fix=None,
            first_fix=None,
            source=None,
        )
        forget_proofs(tx.session, incident.id)
        if incident.enrolment_id is not None:
            forget_withdrawn(tx.session, incident.enrolment_id, incident.id)
        tx.publish(
            IncidentClosed(
                incident_id=incident.id,
                at=now,
                control_room_id=incident.cic_id,
                enrolment_id=incident.enrolment_id,
                outcome=outcome,
                closed_by=by,
                reason=None,
                raised_at=incident.raised_at,
                by_radio=by_radio is not None,
            )
        )
        changed(tx, context, incident)
