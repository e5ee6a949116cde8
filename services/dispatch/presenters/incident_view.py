"""Incidents as people see them: put together in one round trip for any number."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database.database import Session
from contracts.common import Fix, Outcome
from contracts.registry import Card
from services.dispatch.domain.fix_quality import quality
from services.dispatch.domain.flags import merged
from services.dispatch.domain.incidents import NewIncident
from services.dispatch.domain.locations import measured_at
from services.dispatch.domain.orders import STAMPS, NewOrder
from services.dispatch.domain.routing import Route, SearchBasis
from services.dispatch.domain.unverified_groups import alike
from services.dispatch.domain.urgency import URGENCY_OF_LANE
from services.dispatch.models import IncidentRow
from services.dispatch.schemas.common import LocationView
from services.dispatch.schemas.incidents import IncidentView, SearchPlace
from services.dispatch.schemas.orders import OrderSummary
from services.dispatch.store.damaged_incidents import UNREADABLE, Known, is_known, of_incident
from services.dispatch.store.incident_views import load_view_rows
from services.dispatch.store.rows import OwnerRow, SeenIncidentRow, SeenOrderRow
from services.dispatch.usecases.context import Context, home_place


def load_views(context: Context, session: Session, ids: Sequence[UUID], now: datetime) -> list[IncidentView]:
    """Load views of those incidents that there are, in the order of `ids`, as of `now` (UTC)."""
    incidents, orders, cards, linked, conflicted = load_view_rows(session, ids)
    encrypted: dict[UUID | None, bytes] = {row.enrolment_id: row.encrypted for row in cards}
    links: dict[UUID | None, set[UUID]] = {}
    for row in linked:
        links.setdefault(row.enrolment_id, set()).add(row.id)
    withheld_from: dict[UUID, list[str]] = {}
    for conflict in conflicted:
        withheld_from.setdefault(conflict.id, []).append(conflict.subject)
    knowns = {incident.id: of_incident(incident.id) for incident in incidents}
    summaries: dict[UUID, list[OrderSummary]] = {}
    for order in orders:
        if (known := knowns.get(order.incident_id)) is not None:
            summary = known.checked(_summary(context, order, known), {**_ORDER_INSTEAD, "at": now})
            summaries.setdefault(order.incident_id, []).append(summary)
    views = {
        incident.id: _as_known(
            _view(
                context,
                incident,
                context.decrypt_fix(incident),
                summaries.get(incident.id, []),
                encrypted.get(incident.enrolment_id),
                links.get(incident.enrolment_id, set()) if incident.state == "open" else set(),
                withheld_from.get(incident.id, []),
                now,
                knowns[incident.id],
            ),
            knowns[incident.id],
            now,
        )
        for incident in incidents
    }
    return [views[incident_id] for incident_id in ids if incident_id in views]


# What stands for a field that cannot be read, where None may not.
_INSTEAD: Mapping[str, object] = {
    "also_control_room_ids": [],
    "border_zones": [],
    "flags": [],
    "lane": "unverified",
    "urgency": URGENCY_OF_LANE["verified"],
    "presses": 1,
    "basis": "default",
    "state": "open",
}
# Whoever reads it asks the crew.
_ORDER_INSTEAD: Mapping[str, object] = {"state": "sent", "by_radio": False, "reason": None}


def _as_known(view: IncidentView, known: Known, now: datetime) -> IncidentView:
    """Give the view with what is known, and marked where that is not all."""
    times = dict.fromkeys(("raised_at", "deadline_at", "routed_at"), now)
    checked = known.checked(view, {**_INSTEAD, **times})
    if not known.broken:
        return view
    return checked.model_copy(update={"flags": merged(checked.flags, [UNREADABLE])})


# Rows of our own tables: built, not validated, since every press goes through here.
_SAME = set(IncidentView.model_fields) & set(IncidentRow.model_fields) - {"flags", "outcome"}


def _view(
    context: Context,
    incident: SeenIncidentRow,
    fix: Fix | None,
    orders: list[OrderSummary],
    encrypted: bytes | None,
    linked: set[UUID],
    withheld_from: list[str],
    now: datetime,
    known: Known,
) -> IncidentView:
    card, enrolment_id = None, incident.enrolment_id
    if incident.state == "open" and encrypted is not None and enrolment_id is not None:
        card = known.read("card", lambda: _card(context, enrolment_id, encrypted), None)
    if fix is None and incident.fix is not None:
        known.miss("place", "encrypted")
    if fix is not None and not is_known(incident.fix_at):
        known.miss("time of the place", "out of range")
    route = context.situation.route(fix, incident.zone_id)
    return IncidentView.model_construct(
        **{name: getattr(incident, name) for name in _SAME},
        outcome=known.read("outcome", lambda: Outcome(incident.outcome) if incident.outcome else None, None),
        incident_id=incident.id,
        flags=known.read("flags", lambda: merged(incident.flags), []),
        location=known.read("place", lambda: _location(context, route, incident, fix, now), None),
        search=_search(context, route, card) if incident.state == "open" else None,
        last_known_address=_home(card),
        linked_incidents=sorted(linked),
        orders=orders,
        card=card,
        withheld_from=sorted(withheld_from),
        alike=known.read("flags", lambda: alike(incident), None) if incident.state == "open" else None,
    )


def view_opened(
    context: Context,
    incident: NewIncident,
    fix: Fix | None,
    order: NewOrder | None,
    owner: OwnerRow | None,
    now: datetime,
) -> IncidentView:
    """Make the view of an incident that is being opened, though nothing of it is in the database yet."""
    known = of_incident(incident.id)
    view = _view(
        context,
        incident,
        fix,
        [_summary(context, order, known)] if order is not None else [],
        owner.card if owner is not None else None,
        set(owner.linked) if owner is not None else set(),
        list(owner.conflicted) if owner is not None else [],
        now,
        known,
    )
    if known.broken:
        view = view.model_copy(update={"flags": merged(view.flags, [UNREADABLE])})
    return view


def _card(context: Context, enrolment_id: UUID, encrypted: bytes) -> Card:
    return Card.model_validate(context.decrypt_card(enrolment_id, encrypted)["card"])


def _summary(context: Context, order: SeenOrderRow, known: Known) -> OrderSummary:
    encrypted_reason = getattr(order, "encrypted_reason", None)
    reached = getattr(order, STAMPS.get(order.state, "created_at"))
    return OrderSummary.model_construct(
        order_id=order.id,
        unit_id=order.unit_id,
        unit_control_room_id=order.unit_control_room_id,
        unit_seen_at=order.unit_seen_at,
        callsign=order.callsign,
        state=order.state,
        distance_m=order.distance_m,
        search_basis=known.read(
            "order", lambda: SearchBasis(order.search_basis) if order.search_basis else None, None
        ),
        sent_at=order.sent_at,
        by_radio=order.by_radio,
        at=reached or order.created_at,
        reason=order.reason
        or known.read(
            "order",
            lambda: context.decrypt_reason(order.id, encrypted_reason) if encrypted_reason else None,
            None,
        ),
    )


def _search(context: Context, route: Route, card: Card | None) -> SearchPlace:
    search = context.situation.search(route, home_place(card.addresses) if card else None)
    return SearchPlace.model_construct(lat=search.point.lat, lon=search.point.lon, basis=search.basis)


def _location(
    context: Context, route: Route, incident: SeenIncidentRow, fix: Fix | None, now: datetime
) -> LocationView | None:
    point = route.point  # never the raw one: 0,0 is not plotted, swapped is put right
    if fix is None or point is None:
        return None
    fix_at = incident.fix_at
    at = measured_at(fix, fix_at, context.settings.clock_skew_s) if fix_at and is_known(fix_at) else None
    age = (now - at).total_seconds() if at else None
    return LocationView.model_construct(
        lat=point.lat,
        lon=point.lon,
        radius_m=fix.radius_m,
        at=at,
        age_s=age,
        quality=quality(age, fix.radius_m).value,
    )


def _home(card: Card | None) -> str | None:
    if card is None:
        return None
    homes = [address.text for address in card.addresses if address.kind == "home"]
    return homes[0] if homes else None
