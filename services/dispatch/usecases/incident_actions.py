"""What people do with an incident: display, acknowledge, take over, close. For sending see send_unit.py."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.security import audit
from chassis.security.principal import Principal
from contracts.common import Outcome
from services.dispatch.domain.escalation import ABOUT_INCIDENTS
from services.dispatch.domain.orders import LIVE
from services.dispatch.domain.unverified_groups import is_untouched
from services.dispatch.errors import (
    IncidentIsTaken,
    IncidentUnknown,
    NotResponsible,
    OrderMoveImpossible,
)
from services.dispatch.events.outgoing import incident_acknowledged, incident_closed, incident_displayed
from services.dispatch.models import IncidentRow
from services.dispatch.store.incidents import touch_incident
from services.dispatch.store.orders import live_orders, orders_of
from services.dispatch.store.presses import forget_proofs
from services.dispatch.store.registry_projection import forget_withdrawn
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after
from services.dispatch.usecases.locks import lock_known_incident, lock_open_incident, lock_order
from services.dispatch.usecases.notify import notify_watchers
from services.dispatch.usecases.order_actions import apply_move

# Why an operator says it, in the audit log.
BY_RADIO = "confirmed by radio"


def display_incident(tx: Transaction, context: Context, incident_id: UUID) -> None:
    """Note that the alarm stands on an operator's screen. The first time counts; repeating is harmless."""
    incident = lock_known_incident(tx, incident_id)
    if incident.displayed_at is None and incident.state == "open":
        now = clock.now()
        touch_incident(tx.session, incident, now, displayed_at=now)
        tx.publish(incident_displayed(incident, now))
        notify_watchers(tx, context, incident)


def acknowledge_incident(
    tx: Transaction, context: Context, incident_id: UUID, operator: str, control_room_id: str
) -> None:
    """Acknowledge for an operator who takes the alarm: the escalation ladder stops. Repeating is harmless.

    Raises `NotResponsible` for a room that was only brought in: it takes over, or looks on.
    """
    incident = lock_open_incident(tx, incident_id)
    _refuse_others(incident, control_room_id)
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
    tx.publish(incident_acknowledged(incident, now))
    notify_watchers(tx, context, incident)


def _refuse_others(incident: IncidentRow, control_room_id: str) -> None:
    if incident.control_room_id != control_room_id:
        raise NotResponsible(f"{incident.control_room_id} answers for this alarm: take it over first")


def must_send(tx: Transaction, context: Context, incident: IncidentRow, now: datetime) -> None:
    """Set a timer for whoever takes a verified alarm: they send a unit, or others hear of it (escalate.py)."""
    if incident.lane == "verified" and not live_orders(orders_of(tx.session, [incident.id])):
        due_at = after(now, context.settings.unsent_after_s)
        timers.schedule(tx.session, [timers.Due(kind="unsent", subject_id=str(incident.id), due_at=due_at)])


def take_over_incident(
    tx: Transaction, context: Context, incident_id: UUID, operator: str, control_room_id: str
) -> None:
    """Take over for a control room that was brought in, which is also its acknowledgement.

    Raises `IncidentUnknown` for any other room. Repeating is harmless.
    """
    incident = lock_open_incident(tx, incident_id)
    if incident.control_room_id == control_room_id:
        return
    if control_room_id not in incident.also_control_room_ids:
        raise IncidentUnknown("no such incident", field="incident_id")
    now = clock.now()
    others = [c for c in [incident.control_room_id, *incident.also_control_room_ids] if c != control_room_id]
    timers.cancel(tx.session, str(incident.id), ["acknowledge"])
    touch_incident(
        tx.session,
        incident,
        now,
        control_room_id=control_room_id,
        also_control_room_ids=others,
        acknowledged_at=now,
        acknowledged_by=operator,
    )
    must_send(tx, context, incident, now)
    tx.publish(incident_acknowledged(incident, now))
    notify_watchers(tx, context, incident)


def close_from_scene(
    tx: Transaction,
    context: Context,
    order_id: UUID,
    outcome: Outcome,
    person: str,
    by_radio: Principal | None = None,
    reason: str | None = None,
) -> None:
    """End the incident for the unit on scene; raises `OrderMoveImpossible` from anywhere else.

    `by_radio`: the operator of the room that answers for the alarm, who heard the crew say so.
    """
    _, order = lock_order(tx, order_id)
    if order.state not in ("on_scene", "closed"):
        raise OrderMoveImpossible(
            f"an order that is {order.state} is not closed by its unit: be on scene first"
        )
    close_incident(
        tx, context, order.incident_id, outcome, by="unit", person=person, reason=reason, by_radio=by_radio
    )


def close_incident(
    tx: Transaction,
    context: Context,
    incident_id: UUID,
    outcome: Outcome,
    *,
    by: Literal["unit", "supervisor"],
    person: str,
    reason: str | None,
    control_room_id: str | None = None,
    by_radio: Principal | None = None,
    seen_presses: int | None = None,
) -> None:
    """End an incident: orders and cards are withdrawn, the location is erased. Repeating is harmless.

    `control_room_id`: the supervisor's; raises `NotResponsible` where it was only brought in. None: the unit
    at the scene, of whichever room it is. `seen_presses`: it ends as one of many that nobody verified, of which
    so many presses were seen; raises `IncidentIsTaken` where it is no longer that.
    """
    incident = lock_known_incident(tx, incident_id)
    if incident.state == "closed":
        return
    if seen_presses is not None and not (is_untouched(incident) and incident.presses <= seen_presses):
        raise IncidentIsTaken("this alarm was verified, taken or pressed again meanwhile: close it by itself")
    room = control_room_id if by_radio is None else by_radio.cic or ""
    if room is not None:
        _refuse_others(incident, room)
    now = clock.now()
    orders = orders_of(tx.session, [incident_id])
    for order in orders:
        if order.state == "proposed" or order.state in LIVE:
            apply_move(tx, incident, order, "closed", now, None)
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
        encrypted_reason=context.encrypt_reason(incident.id, reason) if reason else None,
        fix=None,
        first_fix=None,
        source=None,
    )
    forget_proofs(tx.session, incident.id)
    if incident.enrolment_id is not None:
        forget_withdrawn(tx.session, incident.enrolment_id, incident.id)
    tx.publish(incident_closed(incident, now, outcome, by, by_radio=by_radio is not None))
    notify_watchers(tx, context, incident)
