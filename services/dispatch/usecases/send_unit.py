"""A unit for an incident: proposed, sent by a person, or found when nobody does."""

import math
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from chassis.runtime import clock
from chassis.security import audit_context
from services.dispatch.domain.flags import merged
from services.dispatch.domain.orders import OVER, UNIT_SILENT
from services.dispatch.domain.routing import Route
from services.dispatch.errors import UnitNotAvailable, UnitOfAnotherRoom
from services.dispatch.events.outgoing import order_moved
from services.dispatch.models import IncidentRow, OrderRow
from services.dispatch.store.incidents import touch_incident
from services.dispatch.store.orders import live_orders, orders_of, store_order
from services.dispatch.store.registry_projection import encrypted_cards
from services.dispatch.store.situation import Candidate, Search
from services.dispatch.store.units import claim_units, is_unit_free, load_unit
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after, unit_timer
from services.dispatch.usecases.locks import lock_open_incident
from services.dispatch.usecases.notify import notify_queues, notify_watchers
from services.dispatch.usecases.order_actions import apply_move
from services.dispatch.usecases.order_metrics import measure_order


def send(
    tx: Transaction,
    context: Context,
    incident_id: UUID,
    unit_id: str | None,
    control_room_id: str | None = None,
) -> OrderRow:
    """Send a unit (None: the proposed one) for an operator of `control_room_id` (None: for any room).

    A unit that already has this order gets no second one.

    Where another alarm took the proposed unit meanwhile, the nearest that is free goes: who sends wants a
    patrol there, not that one. Raises `UnitNotAvailable` when the unit that was named has another order or is
    off duty, or when none is free; `UnitOfAnotherRoom` for one that this room may not send.
    """
    incident = lock_open_incident(tx, incident_id)
    orders = orders_of(tx.session, [incident_id])
    proposed = [order for order in orders if order.state == "proposed"]
    wanted = unit_id or (proposed[-1].unit_id if proposed else None)
    same = [order for order in live_orders(orders) if unit_id is None or order.unit_id == unit_id]
    if same:
        return same[-1]
    if wanted is None:
        raise UnitNotAvailable("no unit is proposed: name one", field="unit_id")
    _refuse_out_of_reach(tx, context, incident, wanted, control_room_id)
    order = next((o for o in proposed if o.unit_id == wanted), None)
    try:
        return send_order(tx, context, incident, wanted, order, automatic=False)
    except UnitNotAvailable:
        if unit_id is not None:
            raise
        found = find_unit(tx, context, incident, clock.now(), automatic=False)
        if found is None:
            raise
        return found


def _refuse_out_of_reach(
    tx: Transaction, context: Context, incident: IncidentRow, unit_id: str, control_room_id: str | None
) -> None:
    """Refuse what a room may not send: it sends its own units, and the one that answers for the alarm also
    those of its neighbours and of the rooms that were brought in."""
    unit = load_unit(tx.session, unit_id)
    if unit is None or control_room_id is None:
        return
    room = unit.lent_to or unit.control_room_id
    if room == control_room_id:
        return
    near = (
        {*context.situation.room(control_room_id).neighbours, *incident.also_control_room_ids}
        if incident.control_room_id == control_room_id
        else set()
    )
    if room not in near:
        raise UnitOfAnotherRoom(f"unit {unit_id} is {room}'s: that room sends it", field="unit_id")


def send_order(
    tx: Transaction,
    context: Context,
    incident: IncidentRow,
    unit_id: str,
    order: OrderRow | None,
    *,
    automatic: bool,
) -> OrderRow:
    """Turn a proposal (or nothing) into a sent order; the unit is claimed in the same transaction."""
    now = clock.now()
    row = order
    if row is None:
        _, search = where_to_look(tx, context, incident)
        row = _proposal(incident, context.situation.measure(unit_id, search), now)
    if not claim_units(tx.session, {row.id: unit_id}, now):
        raise UnitNotAvailable(f"unit {unit_id} has another order, is off duty or unknown", field="unit_id")
    audit_context.about(f"order:{row.id}", f"unit:{unit_id}")
    context.situation.units.remove(unit_id)
    row.state, row.sent_at, row.automatic = "sent", now, automatic
    store_order(tx.session, row)
    timers.cancel(tx.session, str(incident.id), ["find_unit", "send_unit", "unsent"])
    timers.schedule(tx.session, [unit_timer(context, row.id, now)])
    touch_incident(tx.session, incident, now, flags=_found(context, incident, row))
    tx.publish(order_moved(row, now, incident.deadline_at))
    raised_at, deadline_at = incident.raised_at, incident.deadline_at
    tx.after_commit(lambda: measure_order(raised_at, deadline_at, clock.now(), automatic=automatic))
    notify_watchers(tx, context, incident)
    notify_queues(tx, context, incident)
    return row


def find_unit(
    tx: Transaction,
    context: Context,
    incident: IncidentRow,
    now: datetime,
    *,
    send_now: bool = True,
    automatic: bool = True,
) -> OrderRow | None:
    """Send (or propose) the nearest unit that was not tried; without one (None) a timer looks again.

    `send_now`: a unit goes, also in a room that sends by hand, now or as soon as one is free. `automatic`:
    nobody asked for it. An order that a unit holds already is the answer.
    """
    orders = orders_of(tx.session, [incident.id])
    if live := live_orders(orders):
        return live[-1]
    proposal = _fresh_proposal(tx, incident, orders, now)
    if proposal is not None and not send_now and _is_fresh(context, proposal):
        return proposal
    tried = _tried(orders)
    nearest = _nearest(tx, context, incident, tried)
    if not nearest:
        nearest = _nearest(tx, context, incident, tried - _back_again(context, orders))
    if proposal is not None and not _is_fresh(context, proposal) and nearest and not nearest[0].silent:
        apply_move(tx, incident, proposal, "withdrawn", now, UNIT_SILENT)
        proposal = None
    found = [_proposal(incident, each, now) for each in nearest]
    for order in [proposal, *found] if proposal is not None else found:
        if not send_now:
            # The same unit again: only that it fell silent is news.
            known = order is proposal and UNIT_SILENT in incident.flags
            return order if known else propose(tx, context, incident, order, now)
        try:
            return send_order(tx, context, incident, order.unit_id, order, automatic=automatic)
        except UnitNotAvailable:
            continue  # taken by another process since this one last looked
    due_at, kind = after(now, context.settings.find_unit_every_s), "send_unit" if send_now else "find_unit"
    timers.schedule(tx.session, [Due(kind=kind, subject_id=str(incident.id), due_at=due_at)])
    return None


def propose_nearer(tx: Transaction, context: Context, incident: IncidentRow, now: datetime) -> None:
    """Show an operator who has not sent yet who is nearest to what is now known of where she is."""
    orders = orders_of(tx.session, [incident.id])
    proposal = next((order for order in orders if order.state == "proposed"), None)
    if proposal is None or live_orders(orders):
        return
    for nearest in _nearest(tx, context, incident, _tried(orders), k=1):
        if nearest.unit_id == proposal.unit_id:
            proposal.distance_m, proposal.search_basis = nearest.metres, nearest.basis
            store_order(tx.session, proposal)
        else:
            apply_move(tx, incident, proposal, "withdrawn", now, "nearer_unit")
            propose(tx, context, incident, _proposal(incident, nearest, now), now)


def look_nearer(tx: Transaction, context: Context, incident: IncidentRow, now: datetime, *, far: bool) -> None:
    """Look for a nearer unit: she is known to be elsewhere.

    `far`: the unit that is on its way goes to where she was, perhaps.

    Only people call that one back. A nearer one goes too, where the room's policy says so, or is proposed.
    """
    orders = orders_of(tx.session, [incident.id])
    live = live_orders(orders)
    if not live:
        propose_nearer(tx, context, incident, now)
        return
    if not far or any(order.state == "proposed" for order in orders):
        return
    _, search = where_to_look(tx, context, incident)
    least = min(_metres(context.situation.measure(order.unit_id, search)) for order in live)
    automatic = (
        context.situation.room(incident.control_room_id).policy == "automatic" and incident.lane == "verified"
    )
    for nearest in _nearest(tx, context, incident, _tried(orders)):
        if least - _metres(nearest) < context.settings.ring_again_m:
            return
        order = _proposal(incident, nearest, now)
        if not automatic:
            propose(tx, context, incident, order, now)
            return
        try:
            send_order(tx, context, incident, nearest.unit_id, order, automatic=True)
        except UnitNotAvailable:
            continue
        return


def _metres(unit: Candidate) -> float:
    return math.inf if unit.metres is None else unit.metres


def _nearest(
    tx: Transaction, context: Context, incident: IncidentRow, tried: frozenset[str], k: int = 6
) -> list[Candidate]:
    route, search = where_to_look(tx, context, incident)
    return context.situation.candidates(route, search, tried, k)


def where_to_look(tx: Transaction, context: Context, incident: IncidentRow) -> tuple[Route, Search]:
    """Say her zone and place as they are known now; the card is opened only where nothing else tells."""
    route, home = context.situation.route(context.decrypt_fix(incident), incident.zone_id), None
    if route.point is None and incident.enrolment_id is not None:
        encrypted = encrypted_cards(tx.session, [incident.enrolment_id])
        home = context.home_of(incident.enrolment_id, encrypted.get(incident.enrolment_id))
    return route, context.situation.search(route, home)


def _fresh_proposal(
    tx: Transaction, incident: IncidentRow, orders: Sequence[OrderRow], now: datetime
) -> OrderRow | None:
    """Find the proposal whose unit is still free; those that are stale leave the screen."""
    fresh = None
    for order in (each for each in orders if each.state == "proposed"):
        if is_unit_free(tx.session, order.unit_id):
            fresh = order
        else:
            apply_move(tx, incident, order, "withdrawn", now, "unit_taken")
            touch_incident(tx.session, incident, now)
    return fresh


def propose(
    tx: Transaction, context: Context, incident: IncidentRow, order: OrderRow, now: datetime
) -> OrderRow:
    """Show a unit to the operator, who sends it."""
    store_order(tx.session, order)
    touch_incident(tx.session, incident, now, flags=_found(context, incident, order))
    return order


def _tried(orders: Sequence[OrderRow]) -> frozenset[str]:
    """Name the units that were tried.

    A proposal that another alarm took was never asked: its unit may be the nearest again.
    """
    return frozenset(order.unit_id for order in orders if order.state in OVER and order.sent_at is not None)


def _back_again(context: Context, orders: Sequence[OrderRow]) -> frozenset[str]:
    """Name the units whose order never reached them, with a sign of life since: better than nobody."""
    unreached = {
        order.unit_id: order.sent_at
        for order in orders
        if order.reason == "unit_silent" and order.received_at is None and order.sent_at is not None
    }
    known = context.situation.known
    return frozenset(
        unit_id
        for unit_id, sent_at in unreached.items()
        if unit_id in known and (seen_at := known[unit_id].seen_at) is not None and seen_at > sent_at
    )


def _found(context: Context, incident: IncidentRow, order: OrderRow) -> list[str]:
    flags = (flag for flag in incident.flags if flag not in ("no_unit", UNIT_SILENT))
    return merged(flags, [] if _is_fresh(context, order) else [UNIT_SILENT])


def _is_fresh(context: Context, order: OrderRow) -> bool:
    """Say whether the unit of an order gave a sign of life lately; of one that is not known nobody can say."""
    unit = context.situation.known.get(order.unit_id)
    return unit is None or context.situation.is_fresh(unit.seen_at)


def _proposal(incident: IncidentRow, unit: Candidate, now: datetime) -> OrderRow:
    return OrderRow(
        id=uuid4(),
        incident_id=incident.id,
        unit_id=unit.unit_id,
        control_room_id=incident.control_room_id,
        state="proposed",
        distance_m=unit.metres,
        search_basis=unit.basis,
        created_at=now,
    )
