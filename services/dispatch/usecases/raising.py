"""From a press to an order: the heart of the alarm path. A batch of presses is one transaction.

Dies half way: nothing committed, the broker delivers again. Twice: the inbox knows. Late or out of order:
handled all the same, flagged late. Malformed optional fields: already flags. Database gone: retried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from opentelemetry.trace import Span

from chassis import clock, inbox, telemetry
from chassis.database import Transaction
from chassis.timers import Due, scheduled
from contracts import telemetry as names
from contracts.alarm import AlarmRaised
from contracts.dispatch import OrderMoved, OrderSent, PressRouted
from contracts.topology import DISPATCH_ALARMS
from services.dispatch import store
from services.dispatch.domain import merged, subject_of, urgency_of
from services.dispatch.models import OrderRow
from services.dispatch.routing import Route, quality
from services.dispatch.usecases.context import Context, has_webhook, ring, webhook_row
from services.dispatch.views import seal_opened


@dataclass(slots=True)
class NewOrder:
    """An order as it is born; the same names as its row."""

    id: UUID
    incident_id: UUID
    unit_id: str
    callsign: str
    cic_id: str
    state: str
    automatic: bool
    distance_m: float | None
    created_at: datetime
    sent_at: datetime | None
    reason: str | None = None


@dataclass(slots=True)
class Raised:
    """One press with all that is decided about it.

    `owner`: see `store.owners`; `row`: the incident that it opens; `incident`: the one it opened or joined, in
    short (see `store.open_or_join`).
    """

    alarm: AlarmRaised
    event_id: UUID
    span: Span | None
    subject: str
    enrolment_id: UUID | None
    route: Route
    flags: list[str]
    owner: Any = None
    row: Mapping[str, Any] = field(default_factory=dict)
    incident: Any = None
    order: NewOrder | None = None


def raise_alarms(context: Context, presses: Sequence[tuple[UUID, AlarmRaised, Span | None]]) -> None:
    """Handle presses (event id, alarm, span) in one transaction; copies have no effect.

    Three round trips however many: what is new and whose it is; incidents and units; all the rest with
    the commit.
    """
    with context.database.transaction() as tx:
        devices = {d for d in (_uuid(alarm.device_id) for _, alarm, _ in presses) if d}
        # One inbox for broker and HTTP intake, whatever the lane: every copy of a press is one.
        claimed, owned = tx.send(
            inbox.claimed(DISPATCH_ALARMS, [event_id for event_id, _, _ in presses]), store.owners(devices)
        )
        fresh = {row.event_id for row in claimed}
        unique = {event_id: (event_id, alarm, span) for event_id, alarm, span in presses if event_id in fresh}
        raised = _prepare(context, {row.id: row for row in owned}, list(unique.values()))
        now = clock.now()
        taken: set[str] = set()
        for wave in _waves(raised):
            _open_or_join(tx, context, wave, now, taken)
        _record(tx, context, raised, now)


def _prepare(
    context: Context, owners: Mapping[UUID, Any], presses: Sequence[tuple[UUID, AlarmRaised, Span | None]]
) -> list[Raised]:
    raised = []
    for event_id, alarm, span in presses:
        device_id = _uuid(alarm.device_id)
        # An unproved press names a device that is perhaps not its own: its home zone must not be used.
        owner = owners.get(device_id) if device_id and alarm.lane == "verified" else None
        enrolment_id = owner.enrolment_id if owner else None
        route = context.board.route(alarm.fix, owner.managing_zone_id if owner else None)
        flags = merged(alarm.flags, sorted(route.flags), ["unverified"] if alarm.lane == "unverified" else [])
        subject = subject_of(alarm.device_id, enrolment_id, alarm.lane)
        raised.append(Raised(alarm, event_id, span, subject, enrolment_id, route, flags, owner))
    return raised


def _waves(raised: Sequence[Raised]) -> list[list[Raised]]:
    """Presses of one subject one after the other."""
    waves: list[list[Raised]] = []
    seen: dict[str, int] = {}
    for press in raised:
        number = seen.get(press.subject, 0)
        seen[press.subject] = number + 1
        if number == len(waves):
            waves.append([])
        waves[number].append(press)
    return waves


def _open_or_join(
    tx: Transaction, context: Context, wave: Sequence[Raised], now: datetime, taken: set[str]
) -> None:
    """Open or join incidents; propose the nearest unit of a new one, or send it where the policy says so."""
    for press in wave:
        _pick(context, press, now, taken)
        press.row = _incident(context, press, now)
    [rows] = tx.send(store.open_or_join([press.row for press in wave], now))
    found = {row.subject: row for row in rows}
    for press in wave:
        press.incident = found[press.subject]
        if not press.incident.opened:
            press.order = None
    _next_best(tx, context, [p for p in wave if _is_taken(p, p.incident.order_id)], now, taken)
    for press in wave:
        if press.order is not None and press.order.automatic:
            tx.after_commit(partial(context.board.units.remove, press.order.unit_id))


def _is_taken(press: Raised, order_id: UUID | None) -> bool:
    return press.order is not None and press.order.automatic and press.order.id != order_id


def _next_best(
    tx: Transaction, context: Context, waiting: Sequence[Raised], now: datetime, taken: set[str]
) -> None:
    """Another process was faster: the next nearest, until one is free; without one a timer goes on looking."""
    while waiting:
        for press in waiting:
            _pick(context, press, now, taken)
        orders = [press.order for press in waiting if press.order is not None and press.order.automatic]
        got = store.claim_units(tx.session, {order.id: order.unit_id for order in orders}, now)
        waiting = [p for p in waiting if p.order is not None and p.order.automatic and p.order.id not in got]


def _incident(context: Context, press: Raised, now: datetime) -> Mapping[str, Any]:
    alarm, route = press.alarm, press.route
    own = {route.cic}
    order = press.order if press.order is not None and press.order.automatic else None
    return {
        "unit_id": order.unit_id if order else None,
        "order_id": order.id if order else None,
        "id": alarm.alarm_id,
        "subject": press.subject,
        "device_id": alarm.device_id,
        "enrolment_id": press.enrolment_id,
        "lane": alarm.lane,
        "cic_id": route.cic,
        "also_cics": merged(n.cic for n in route.neighbours if n.cic not in own),
        "zone_id": route.zone,
        "border_zones": [n.zone for n in route.neighbours],
        "basis": route.basis,
        "flags": press.flags,
        "urgency": urgency_of(alarm.lane, 1, None),
        "raised_at": alarm.received_at,
        "deadline_at": alarm.deadline_at,
        "routed_at": now,
        "last_press_at": alarm.received_at,
        "fix": context.seal_fix(press.subject, alarm.fix),
        "fix_at": (alarm.fix.at or alarm.received_at) if alarm.fix else None,
        "traceparent": telemetry.traceparent_of(press.span),
        "changed_at": now,
        "presses": 1,
        "state": "open",
        "revision": 1,
    }


def _pick(context: Context, press: Raised, now: datetime, taken: set[str]) -> None:
    """The nearest unit that is not `taken`, which it is from now on."""
    found = context.board.candidates(press.route, frozenset(taken), k=1)
    if not found:
        press.order = None
        return
    unit_id, metres = found[0]
    taken.add(unit_id)
    automatic = context.board.rooms[press.route.cic].policy == "automatic" and press.alarm.lane == "verified"
    press.order = NewOrder(
        id=uuid4(),
        incident_id=press.alarm.alarm_id,
        unit_id=unit_id,
        callsign=context.board.callsigns.get(unit_id, unit_id),
        cic_id=press.route.cic,
        state="sent" if automatic else "proposed",
        automatic=automatic,
        distance_m=metres,
        created_at=now,
        sent_at=now if automatic else None,
    )


def _record(tx: Transaction, context: Context, raised: Sequence[Raised], now: datetime) -> None:
    """Presses, timers and events of a batch."""
    if not raised:
        return
    timers: list[Due] = []
    for press in raised:
        if press.span is not None:
            press.span.set_attribute(names.ALARM_ID, str(press.alarm.alarm_id))
            press.span.set_attribute(names.INCIDENT_ID, str(press.incident.id))
        tx.publish(_routed(press, now), cause=press.span, time=now)
        if press.incident.opened:
            timers += _timers(context, press, now)
            _publish_order(tx, context, press, now)
        else:
            timers += _again(context, press, now)
        sealed = None
        if press.incident.opened:
            sealed = seal_opened(context, press.row, press.alarm.fix, press.order, press.owner, now)
        # Opened incidents start at revision 1, each further press adds one.
        ring(tx, press.incident.id, press.incident.presses, press.span, sealed)
    orders = [asdict(press.order) for press in raised if press.order is not None]
    tx.write(
        store.new_presses([_press_row(press, now) for press in raised]),
        *([store.new_orders(orders)] if orders else []),
        scheduled(timers),
    )


def _timers(context: Context, press: Raised, now: datetime) -> list[Due]:
    settings, key = context.settings, str(press.alarm.alarm_id)
    rows = [Due(kind="acknowledge", subject_id=key, due_at=after(now, settings.escalate_after_s[0]))]
    if press.order is None:
        rows.append(Due(kind="find_unit", subject_id=key, due_at=now))
    elif press.order.automatic:
        rows.append(unit_timer(context, press.order.id, now))
    rows += _webhooks(context, press, 1, now)
    return rows


def _again(context: Context, press: Raised, now: datetime) -> list[Due]:
    key = str(press.incident.id)
    return [
        Due(kind="re_press", subject_id=key, due_at=now),
        *_webhooks(context, press, press.incident.presses, now),
    ]


def _webhooks(context: Context, press: Raised, revision: int, now: datetime) -> list[Due]:
    rooms = merged([press.incident.cic_id], (n.cic for n in press.route.neighbours))
    return [webhook_row(press.incident.id, room, revision, now) for room in rooms if has_webhook(context, room)]


def unit_timer(context: Context, order_id: UUID, now: datetime) -> Due:
    """By when a unit must have acknowledged."""
    return Due(kind="unit_answer", subject_id=str(order_id), due_at=after(now, context.settings.unit_answer_s))


def after(now: datetime, seconds: float) -> datetime:
    """`now` plus seconds."""
    return datetime.fromtimestamp(now.timestamp() + seconds, tz=now.tzinfo)


def _press_row(press: Raised, now: datetime) -> Mapping[str, Any]:
    alarm = press.alarm
    return {
        "alarm_id": alarm.alarm_id,
        "incident_id": press.incident.id,
        "device_id": alarm.device_id,
        "counter": alarm.counter,
        "received_at": alarm.received_at,
        "routed_at": now,
    }


def _routed(press: Raised, now: datetime) -> PressRouted:
    alarm, route, incident = press.alarm, press.route, press.incident
    return PressRouted(
        alarm_id=alarm.alarm_id,
        incident_id=incident.id,
        opened=incident.opened,
        device_id=alarm.device_id,
        enrolment_id=press.enrolment_id,
        counter=alarm.counter,
        lane=alarm.lane,
        control_room_id=incident.cic_id,
        zone_id=route.zone,
        border_zone_ids=tuple(n.zone for n in route.neighbours),
        basis=route.basis,
        urgency=incident.urgency,
        flags=tuple(press.flags),
        received_at=alarm.received_at,
        routed_at=now,
        deadline_at=alarm.deadline_at,
        hops={**alarm.hops, "routed": now},
    )


def _publish_order(tx: Transaction, context: Context, press: Raised, now: datetime) -> None:
    order, alarm = press.order, press.alarm
    if order is not None:
        if press.span is not None:
            press.span.set_attribute(names.ORDER_ID, str(order.id))
        tx.publish(moved(order, now, alarm.deadline_at), cause=press.span, time=now)
    for room in merged([press.route.cic], (n.cic for n in press.route.neighbours)):
        if context.board.rooms[room].amqp:
            tx.publish(_for_room(context, press, room, now), cause=press.span, time=now)


def moved(
    order: OrderRow | NewOrder, now: datetime, deadline_at: datetime, reason: str | None = None
) -> OrderMoved:
    """The event of an order's present state."""
    return OrderMoved(
        incident_id=order.incident_id,
        at=now,
        order_id=order.id,
        unit_id=order.unit_id,
        control_room_id=order.cic_id,
        state=order.state,
        automatic=order.automatic,
        late=now > deadline_at,
        reason=reason or order.reason,
    )


def _for_room(context: Context, press: Raised, room: str, now: datetime) -> OrderSent:
    alarm, order, fix = press.alarm, press.order, press.alarm.fix
    age = (now - (fix.at or alarm.received_at)).total_seconds() if fix else None
    return OrderSent(
        order_id=order.id if order else alarm.alarm_id,
        incident_id=alarm.alarm_id,
        control_room_id=room,
        zone_id=press.route.zone,
        unit_id=order.unit_id if order else None,
        state=order.state if order else "unassigned",
        urgency=urgency_of(alarm.lane, 1, None),
        presses=1,
        flags=tuple(press.flags),
        raised_at=alarm.received_at,
        deadline_at=alarm.deadline_at,
        sent_at=now,
        location=fix,
        location_age_s=age,
        location_quality=quality(age, fix.radius_m if fix else None).value,
        card_url=f"{context.settings.public_url}/v1/incidents/{alarm.alarm_id}",
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
