"""A unit for an incident: proposed, sent by a person, or found when nobody does."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from chassis import clock, timers
from chassis.database import Transaction
from chassis.timers import Due
from services.dispatch import store
from services.dispatch.domain import OVER
from services.dispatch.errors import UnitNotAvailable, UnitOfAnotherRoom
from services.dispatch.models import IncidentRow, OrderRow, UnitRow
from services.dispatch.usecases.context import Context, changed
from services.dispatch.usecases.moving import apply, locked_open
from services.dispatch.usecases.recording import after, measure_order, moved, unit_timer


def send(context: Context, incident_id: UUID, unit_id: str | None, cic_id: str | None = None) -> OrderRow:
    """Send a unit (None: the proposed one) for an operator of `cic_id` (None: for any room).

    A unit that already has this order is no second one.

    Where another alarm took the proposed unit meanwhile, the nearest that is free goes: who sends wants a
    patrol there, not that one. Raises `UnitNotAvailable` when the unit that was named has another order or is
    off duty, or when none is free; `UnitOfAnotherRoom` for one that this room may not send.
    """
    with context.database.transaction() as tx:
        incident = locked_open(tx, incident_id)
        orders = store.orders_of(tx.session, [incident_id])
        proposed = [order for order in orders if order.state == "proposed"]
        wanted = unit_id or (proposed[-1].unit_id if proposed else None)
        same = [order for order in store.live_orders(orders) if unit_id is None or order.unit_id == unit_id]
        if same:
            return same[-1]
        if wanted is None:
            raise UnitNotAvailable("no unit is proposed: name one", field="unit_id")
        _refuse_out_of_reach(tx, context, incident, wanted, cic_id)
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
    tx: Transaction, context: Context, incident: IncidentRow, unit_id: str, cic_id: str | None
) -> None:
    """A room sends its own units; the one that answers for the alarm also those of its neighbours and of the
    rooms that were brought in."""
    unit = tx.session.get(UnitRow, unit_id)
    if unit is None or cic_id is None or unit.cic_id == cic_id:
        return
    near = (
        {*context.board.rooms[cic_id].neighbours, *incident.also_cics} if incident.cic_id == cic_id else set()
    )
    if unit.cic_id not in near:
        raise UnitOfAnotherRoom(f"unit {unit_id} is {unit.cic_id}'s: that room sends it", field="unit_id")


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
    row = order or _proposal(incident, unit_id, None, now)
    if not store.claim_units(tx.session, {row.id: unit_id}, now):
        raise UnitNotAvailable(f"unit {unit_id} has another order, is off duty or unknown", field="unit_id")
    context.board.units.remove(unit_id)
    row.state, row.sent_at, row.automatic = "sent", now, automatic
    tx.session.add(row)
    timers.cancel(tx.session, str(incident.id), ["find_unit", "send_unit", "unsent"])
    timers.schedule(tx.session, [unit_timer(context, row.id, now)])
    store.touch(tx.session, incident, now, flags=_found(incident))
    tx.publish(moved(row, now, incident.deadline_at))
    raised_at, deadline_at = incident.raised_at, incident.deadline_at
    tx.after_commit(lambda: measure_order(raised_at, deadline_at, clock.now(), automatic=automatic))
    changed(tx, context, incident)
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
    orders = store.orders_of(tx.session, [incident.id])
    if live := store.live_orders(orders):
        return live[-1]
    proposal = _fresh_proposal(tx, incident, orders, now)
    if proposal is not None and not send_now:
        return proposal
    fix = context.open_fix(incident)
    route = context.board.route(fix if fix else None, incident.zone_id)
    # A proposal that another alarm took was never asked: its unit may be the nearest again.
    tried = frozenset(order.unit_id for order in orders if order.state in OVER and order.sent_at is not None)
    candidates = context.board.candidates(route, tried)
    if proposal is not None:
        candidates = [(proposal.unit_id, proposal.distance_m), *candidates]
    for unit_id, metres in candidates:
        if not send_now:
            return propose(tx, incident, unit_id, metres, now)
        order = proposal if proposal is not None and proposal.unit_id == unit_id else None
        try:
            return send_order(tx, context, incident, unit_id, order, automatic=automatic)
        except UnitNotAvailable:
            continue  # taken by another process since this one last looked
    due_at, kind = after(now, context.settings.find_unit_every_s), "send_unit" if send_now else "find_unit"
    timers.schedule(tx.session, [Due(kind=kind, subject_id=str(incident.id), due_at=due_at)])
    return None


def _fresh_proposal(
    tx: Transaction, incident: IncidentRow, orders: Sequence[OrderRow], now: datetime
) -> OrderRow | None:
    """The proposal whose unit is still free; those that are stale leave the screen."""
    fresh = None
    for order in (each for each in orders if each.state == "proposed"):
        if store.is_free(tx.session, order.unit_id):
            fresh = order
        else:
            apply(tx, incident, order, "withdrawn", now, "unit_taken")
            store.touch(tx.session, incident, now)
    return fresh


def propose(
    tx: Transaction, incident: IncidentRow, unit_id: str, metres: float | None, now: datetime
) -> OrderRow:
    """Show a unit to the operator, who sends it."""
    order = _proposal(incident, unit_id, metres, now)
    tx.session.add(order)
    store.touch(tx.session, incident, now, flags=_found(incident))
    return order


def _found(incident: IncidentRow) -> list[str]:
    return [flag for flag in incident.flags if flag != "no_unit"]


def _proposal(incident: IncidentRow, unit_id: str, metres: float | None, now: datetime) -> OrderRow:
    return OrderRow(
        id=uuid4(),
        incident_id=incident.id,
        unit_id=unit_id,
        cic_id=incident.cic_id,
        state="proposed",
        distance_m=metres,
        created_at=now,
    )
