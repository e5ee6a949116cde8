"""What an operator says for a crew that has only a radio, and how a patrol is called back.

Terminal and operator may speak at once: the order is locked, and who comes second says what is so already. A
patrol that is with her is not called back, nor one that was called back before.
"""

from uuid import UUID

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from chassis.runtime import clock
from chassis.security import audit
from chassis.security.principal import Principal
from contracts.dispatch import OrderState
from services.dispatch.domain.orders import LIVE, already_there, can_move
from services.dispatch.errors import IncidentIsClosed, NotResponsible, OrderMoveImpossible
from services.dispatch.models import IncidentRow, OrderRow
from services.dispatch.store.incidents import touch_incident
from services.dispatch.store.units import load_unit, note_sign_of_life
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after
from services.dispatch.usecases.incident_actions import BY_RADIO, must_send
from services.dispatch.usecases.locks import lock_order
from services.dispatch.usecases.notify import notify_queues, notify_watchers
from services.dispatch.usecases.order_actions import apply_move, report_progress
from services.dispatch.usecases.send_unit import find_unit, send_order


def confirm_by_radio(
    tx: Transaction,
    context: Context,
    order_id: UUID,
    operator: Principal,
    target: OrderState,
    reason: str | None,
) -> None:
    """Confirm that the crew said by radio: it takes the order, drives or is there. Repeating is harmless.

    A unit that was taken away for its silence gets its order back, if it is still free. Raises
    `OrderMoveImpossible`, `NotResponsible`, `IncidentIsClosed`, `UnitNotAvailable`.
    """
    incident, order = _for_operator(tx, order_id, operator)
    if order.state == "withdrawn" and order.reason == "unit_silent":
        order = send_order(tx, context, incident, order.unit_id, None, automatic=False)
    current: OrderState = order.state  # type: ignore[assignment]
    if already_there(current, target):
        return
    if not can_move(current, target):
        raise OrderMoveImpossible(f"an order that is {current} cannot become {target}")
    note_sign_of_life(tx.session, [order.unit_id], clock.now())
    order.by_radio = True
    if reason is not None:
        order.encrypted_reason = context.encrypt_reason(order.id, reason)
    audit.wrote(tx, operator, audit.Purpose(BY_RADIO, f"order:{order.id}"), [target])
    report_progress(tx, context, incident, order, target, clock.now(), None)


def recall(tx: Transaction, context: Context, order_id: UUID, operator: Principal, reason: str) -> None:
    """Call a unit back before it is there: it is free again, and the next nearest is proposed.

    Repeating is harmless. Who leaves her without a patrol is asked to send another one, as who took the alarm
    and sent nobody. Raises `OrderMoveImpossible`, `NotResponsible`, `IncidentIsClosed`.
    """
    incident, order = _for_operator(tx, order_id, operator)
    if order.state == "withdrawn" and order.reason == "recalled":
        return
    if order.state not in LIVE or order.state == "on_scene":
        raise OrderMoveImpossible(f"an order that is {order.state} is not called back")
    now = clock.now()
    order.encrypted_reason = context.encrypt_reason(order.id, reason)
    timers.cancel(tx.session, str(order.id), ["unit_answer"])
    apply_move(tx, incident, order, "withdrawn", now, "recalled")
    touch_incident(tx.session, incident, now)
    audit.wrote(tx, operator, audit.Purpose("recalled", f"order:{order.id}"), ["withdrawn"])
    other = find_unit(tx, context, incident, now, send_now=False)
    if other is None or other.state == "proposed":
        _nobody_goes(tx, context, incident)
    notify_watchers(tx, context, incident)
    notify_queues(tx, context, incident)


def _nobody_goes(tx: Transaction, context: Context, incident: IncidentRow) -> None:
    """See that somebody goes after the last patrol was called back.

    Somebody has to send another, else the nearest goes.
    """
    if incident.acknowledged_at is not None:
        must_send(tx, context, incident, clock.now())
    elif incident.lane == "verified" and context.settings.send_unattended:
        due_at = after(clock.now(), context.settings.unsent_after_s)
        timers.schedule(tx.session, [Due(kind="send_unit", subject_id=str(incident.id), due_at=due_at)])


def _for_operator(tx: Transaction, order_id: UUID, operator: Principal) -> tuple[IncidentRow, OrderRow]:
    """Lock the order, for the room that answers for the alarm or whose unit it is."""
    incident, order = lock_order(tx, order_id)
    if incident.state != "open":
        raise IncidentIsClosed(f"closed with outcome {incident.outcome}")
    unit = load_unit(tx.session, order.unit_id)
    if operator.cic not in (
        incident.control_room_id,
        *((unit.control_room_id, unit.lent_to) if unit is not None else ()),
    ):
        raise NotResponsible(f"{incident.control_room_id} answers for this alarm: take it over first")
    return incident, order
