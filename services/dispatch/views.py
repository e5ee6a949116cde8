"""Incidents and orders as people see them: put together in a handful of queries for any number."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from contracts.registry import Card
from services.dispatch import store
from services.dispatch.domain import LIVE
from services.dispatch.models import IncidentRow, OrderRow, UnitRow
from services.dispatch.routing import quality
from services.dispatch.schemas import IncidentView, LocationView, OrderSummary, OrderView
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.moving import STAMPS


def incident_views(
    context: Context, session: Session, incidents: Sequence[IncidentRow], now: datetime
) -> dict[UUID, IncidentView]:
    """Views by incident id, as of `now` (UTC)."""
    open_enrolments = {i.enrolment_id for i in incidents if i.enrolment_id is not None and i.state == "open"}
    cards = store.cards(session, open_enrolments)
    linked = store.linked(session, open_enrolments)
    orders: dict[UUID, list[OrderRow]] = {}
    for order in store.orders_of(session, [i.id for i in incidents]):
        orders.setdefault(order.incident_id, []).append(order)
    callsigns = {u.id: u for u in store.units(session, {o.unit_id for each in orders.values() for o in each})}
    return {
        incident.id: _view(context, incident, orders.get(incident.id, []), callsigns, cards, linked, now)
        for incident in incidents
    }


def _view(
    context: Context,
    incident: IncidentRow,
    orders: Sequence[OrderRow],
    units: dict[str, UnitRow],
    cards: dict[UUID, bytes],
    linked: dict[UUID, set[UUID]],
    now: datetime,
) -> IncidentView:
    enrolment = incident.enrolment_id
    card = None
    if incident.state == "open" and enrolment in cards:
        card = Card.model_validate(context.open_card(enrolment, cards[enrolment])["card"])
    return IncidentView.model_validate(
        {
            **incident.model_dump(
                include=set(IncidentView.model_fields) & set(IncidentRow.model_fields),
            ),
            "incident_id": incident.id,
            "control_room_id": incident.cic_id,
            "also_control_room_ids": incident.also_cics,
            "flags": list(dict.fromkeys(incident.flags)),
            "location": _location(context, incident, now),
            "last_known_address": _home(card),
            "linked_incidents": sorted(linked.get(enrolment, ()) if enrolment else ()),
            "orders": [_summary(order, units) for order in orders],
            "card": card,
        }
    )


def _summary(order: OrderRow, units: dict[str, UnitRow]) -> OrderSummary:
    unit = units.get(order.unit_id)
    reached = getattr(order, STAMPS.get(order.state, "created_at"))
    return OrderSummary.model_validate(
        {
            "order_id": order.id,
            "unit_id": order.unit_id,
            "callsign": unit.callsign if unit else order.unit_id,
            "state": order.state,
            "distance_m": order.distance_m,
            "sent_at": order.sent_at,
            "at": reached or order.created_at,
            "reason": order.reason,
        }
    )


def _location(context: Context, incident: IncidentRow, now: datetime) -> LocationView | None:
    fix = context.open_fix(incident)
    if fix is None:
        return None
    point = context.board.route(fix, None).point  # never the raw one: 0,0 is not plotted, swapped is put right
    if point is None:
        return None
    age = (now - incident.fix_at).total_seconds() if incident.fix_at else None
    return LocationView.model_validate(
        {
            "lat": point.lat,
            "lon": point.lon,
            "radius_m": fix.radius_m,
            "at": incident.fix_at,
            "age_s": age,
            "quality": quality(age, fix.radius_m).value,
        }
    )


def _home(card: Card | None) -> str | None:
    if card is None:
        return None
    homes = [address.text for address in card.addresses if address.kind == "home"]
    return homes[0] if homes else None


def order_view(incident: IncidentView, order: OrderSummary) -> OrderView:
    """The order of one unit; without the card once it is no longer the unit's."""
    live = order.state in LIVE and incident.state == "open"
    shared: dict[str, Any] = incident.model_dump(include=set(OrderView.model_fields) - {"card"})
    return OrderView.model_validate(
        {
            **shared,
            "order_id": order.order_id,
            "unit_id": order.unit_id,
            "state": order.state,
            "sent_at": order.sent_at,
            "card": incident.card if live else None,
            "location": incident.location if live else None,
            "last_known_address": incident.last_known_address if live else None,
        }
    )


def load_views(context: Context, session: Session, ids: Collection[UUID], now: datetime) -> list[IncidentView]:
    """Views of incidents by id."""
    return list(incident_views(context, session, store.incidents(session, ids), now).values())
