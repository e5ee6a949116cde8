"""Step 4: incidents are opened or joined, and the nearest unit of each new one is taken or proposed."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from chassis.database.database import Transaction
from chassis.telemetry import telemetry
from services.dispatch.domain.flags import PENDING, merged
from services.dispatch.domain.incidents import NewIncident
from services.dispatch.domain.locations import fix_time
from services.dispatch.domain.orders import UNIT_SILENT, NewOrder
from services.dispatch.domain.urgency import urgency_of
from services.dispatch.store.alarm_path import open_or_join
from services.dispatch.store.incidents import incidents_by_id
from services.dispatch.store.situation import KnownUnit
from services.dispatch.store.units import claim_units
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.raise_alarms.join import join
from services.dispatch.usecases.raise_alarms.raised_press import RaisedPress


def open_incidents(tx: Transaction, context: Context, raised: Sequence[RaisedPress], now: datetime) -> None:
    """Open or join incidents; propose the nearest unit of a new one, or send it where the policy says so.

    However often one device presses, its subject is one row of the statement: it delays nobody else.
    """
    of_subject: dict[str, list[RaisedPress]] = {}
    for press in raised:
        of_subject.setdefault(press.subject, []).append(press)
    firsts = [presses[0] for presses in of_subject.values()]
    if not firsts:
        return
    taken: set[str] = set()
    for press in firsts:
        _pick(context, press, now, taken)
        press.row = _incident(context, press, now, of_subject[press.subject])
    [rows] = tx.send(open_or_join([press.row for press in firsts], now))
    found = {row.subject: row for row in rows}
    for press in raised:
        press.incident = found[press.subject]
    for press in firsts:
        press.opened = press.incident.opened
        if not press.opened:
            press.order = None
    _next_best(tx, context, [p for p in firsts if _is_taken(p, p.incident.order_id)], now, taken)
    for press in firsts:
        if press.order is not None and press.order.automatic:
            tx.after_commit(partial(context.situation.units.remove, press.order.unit_id))
    further = {
        presses[0].incident.id: [press for press in presses if not press.opened]
        for presses in of_subject.values()
        if len(presses) > 1 or not presses[0].opened
    }
    for incident in incidents_by_id(tx.session, further) if further else ():
        join(tx, context, incident, further[incident.id], now)


def _is_taken(press: RaisedPress, order_id: UUID | None) -> bool:
    return press.order is not None and press.order.automatic and press.order.id != order_id


def _next_best(
    tx: Transaction, context: Context, waiting: Sequence[RaisedPress], now: datetime, taken: set[str]
) -> None:
    """Take, where another process was faster, the next nearest, until one is free.

    Without one a timer goes on looking.
    """
    while waiting:
        for press in waiting:
            _pick(context, press, now, taken)
        orders = [press.order for press in waiting if press.order is not None and press.order.automatic]
        got = claim_units(tx.session, {order.id: order.unit_id for order in orders}, now)
        waiting = [p for p in waiting if p.order is not None and p.order.automatic and p.order.id not in got]


def _incident(
    context: Context, press: RaisedPress, now: datetime, presses: Sequence[RaisedPress]
) -> NewIncident:
    alarm, route = press.alarm, press.route
    own = {route.control_room_id}
    order = press.order if press.order is not None and press.order.automatic else None
    return NewIncident(
        unit_id=order.unit_id if order else None,
        order_id=order.id if order else None,
        id=alarm.alarm_id,
        subject=press.subject,
        device_id=alarm.device_id,
        enrolment_id=press.enrolment_id,
        lane=alarm.lane,
        source=alarm.source if alarm.lane == "unverified" else None,
        known_device=press.known,
        control_room_id=route.control_room_id,
        also_control_room_ids=merged(
            n.control_room_id for n in route.neighbours if n.control_room_id not in own
        ),
        zone_id=route.zone,
        border_zones=[n.zone for n in route.neighbours],
        basis=route.basis,
        flags=merged(press.flags, [UNIT_SILENT] if press.order is not None and press.order.silent else []),
        urgency=urgency_of(alarm.lane, len(presses), None, pending=PENDING in press.flags),
        raised_at=alarm.received_at,
        deadline_at=alarm.deadline_at,
        routed_at=now,
        last_press_at=max(each.alarm.received_at for each in presses),
        fix=context.encrypt_fix(press.subject, alarm.fix),
        fix_at=fix_time(alarm.fix, alarm.received_at) if alarm.fix else None,
        first_fix=context.encrypt_fix(press.subject, alarm.fix) if alarm.lane == "unverified" else None,
        traceparent=telemetry.traceparent_of(press.span),
        changed_at=now,
        presses=len(presses),
    )


def _pick(context: Context, press: RaisedPress, now: datetime, taken: set[str]) -> None:
    """Pick the nearest unit that is not `taken` yet, and take it."""
    found = context.situation.candidates(press.route, press.search, frozenset(taken), k=1)
    if not found:
        press.order = None
        return
    unit_id, metres, basis, silent = found[0]
    taken.add(unit_id)
    # A refresh beside us may just have forgotten it.
    unit = context.situation.known.get(unit_id) or KnownUnit(unit_id, press.route.control_room_id, "", None)
    automatic = (
        context.situation.room(press.route.control_room_id).policy == "automatic"
        and press.alarm.lane == "verified"
    )
    press.order = NewOrder(
        id=uuid4(),
        incident_id=press.alarm.alarm_id,
        unit_id=unit_id,
        unit_control_room_id=unit.control_room_id,
        unit_seen_at=unit.seen_at,
        callsign=unit.callsign,
        control_room_id=press.route.control_room_id,
        state="sent" if automatic else "proposed",
        automatic=automatic,
        distance_m=metres,
        search_basis=basis,
        silent=silent,
        created_at=now,
        sent_at=now if automatic else None,
    )
