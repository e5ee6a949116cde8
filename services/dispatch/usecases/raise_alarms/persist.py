"""Step 6: what a batch of presses leaves behind: presses, orders and timers as rows, events for others."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from chassis.database.database import Transaction
from chassis.database.timers import Due, scheduled
from chassis.runtime import clock
from chassis.telemetry import metrics
from contracts import telemetry as names
from services.dispatch.domain.flags import PENDING, merged
from services.dispatch.events.outgoing import order_moved, order_sent, press_routed
from services.dispatch.store.alarm_path import insert_orders, insert_presses
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after, has_webhook, look_again, unit_timer, webhook_row
from services.dispatch.usecases.notify import notify_streams
from services.dispatch.usecases.order_metrics import measure_order
from services.dispatch.usecases.raise_alarms.raised_press import RaisedPress
from services.dispatch.usecases.raise_alarms.verify import may_yet_be_verified


def persist(tx: Transaction, context: Context, raised: Sequence[RaisedPress], now: datetime) -> None:
    """Write presses, timers and events of a batch."""
    if not raised:
        return
    timers: list[Due] = []
    for press in raised:
        if press.span is not None:
            press.span.set_attribute(names.ALARM_ID, str(press.alarm.alarm_id))
            press.span.set_attribute(names.INCIDENT_ID, str(press.incident.id))
        tx.publish(press_routed(press, now), cause=press.span, time=now)
        if press.opened:
            timers += _timers(context, press, now)
            timers += _linked(press, now)
            _publish_order(tx, context, press, now)
            encrypted = _encrypt_view(context, press, now)
            notify_streams(tx, press.incident.id, press.span, encrypted)
        if PENDING in press.alarm.flags:
            timers.append(look_again(press.incident.id, now))
    again = {press.incident.id for press in raised if not press.opened}
    timers += [Due(kind="re_press", subject_id=str(each), due_at=now) for each in again]
    orders = [asdict(press.order) for press in raised if press.order is not None]
    tx.write(
        insert_presses([_press_row(context, press, now) for press in raised]),
        *([insert_orders(orders)] if orders else []),
        scheduled(timers),
    )
    tx.after_commit(lambda: _measure(raised))


def _encrypt_view(context: Context, press: RaisedPress, now: datetime) -> str:
    """Encrypt what a stream shows of the incident that this press opened: nobody has to read it again."""
    return context.presenters.encrypt_opened(context, press.row, press.alarm.fix, press.order, press.owner, now)


def _measure(raised: Sequence[RaisedPress]) -> None:
    now = clock.now()
    for press in raised:
        alarm, order = press.alarm, press.order
        routed_s = (now - alarm.received_at).total_seconds()
        metrics.record(names.PRESS_ROUTE_DURATION, routed_s, lane=alarm.lane)
        if order is not None and order.state == "sent":
            measure_order(alarm.received_at, alarm.deadline_at, now, automatic=True)


def _timers(context: Context, press: RaisedPress, now: datetime) -> list[Due]:
    settings, key = context.settings, str(press.alarm.alarm_id)
    rows = [Due(kind="acknowledge", subject_id=key, due_at=after(now, settings.escalate_after_s[0]))]
    if press.order is None:
        rows.append(Due(kind="find_unit", subject_id=key, due_at=now))
    elif press.order.automatic:
        rows.append(unit_timer(context, press.order.id, now))
    rows += _webhooks(context, press, 1, now)
    return rows


def _linked(press: RaisedPress, now: datetime) -> list[Due]:
    """Tell who is on the way to another victim of the same perpetrator."""
    others = press.owner.linked if press.owner else ()
    return [Due(kind="linked", subject_id=str(each), due_at=now) for each in others]


def _webhooks(context: Context, press: RaisedPress, revision: int, now: datetime) -> list[Due]:
    rooms = merged([press.incident.control_room_id], (n.control_room_id for n in press.route.neighbours))
    return [webhook_row(press.incident.id, room, revision, now) for room in rooms if has_webhook(context, room)]


def _press_row(context: Context, press: RaisedPress, now: datetime) -> Mapping[str, object]:
    alarm = press.alarm
    return {
        "alarm_id": alarm.alarm_id,
        "incident_id": press.incident.id,
        "device_id": alarm.device_id,
        "counter": alarm.counter,
        "received_at": alarm.received_at,
        "routed_at": now,
        "copy_key": press.copy_key,
        "proof": context.encrypt_proof(alarm.alarm_id, alarm.proof) if may_yet_be_verified(alarm) else None,
    }


def _publish_order(tx: Transaction, context: Context, press: RaisedPress, now: datetime) -> None:
    order, alarm = press.order, press.alarm
    if order is not None:
        if press.span is not None:
            press.span.set_attribute(names.ORDER_ID, str(order.id))
        tx.publish(order_moved(order, now, alarm.deadline_at), cause=press.span, time=now)
    for room in merged([press.route.control_room_id], (n.control_room_id for n in press.route.neighbours)):
        if context.situation.room(room).amqp:
            tx.publish(order_sent(press, room, context.settings, now), cause=press.span, time=now)
