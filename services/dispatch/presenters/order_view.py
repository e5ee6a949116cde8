"""Orders as their units see them."""

from services.dispatch.domain.orders import LIVE
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import OrderSummary, OrderView, OtherUnit

_SHARED = set(OrderView.model_fields) & set(IncidentView.model_fields) - {
    "state",
    "card",
    "location",
    "last_known_address",
    "cancel",
    "linked_incidents",
}


def _others(incident: IncidentView, order: OrderSummary) -> list[OtherUnit]:
    return [
        OtherUnit.model_construct(unit_id=each.unit_id, callsign=each.callsign, state=each.state)
        for each in incident.orders
        if each.state in LIVE and each.order_id != order.order_id
    ]


def order_view(incident: IncidentView, order: OrderSummary) -> OrderView:
    """Make the view of the order of one unit; without the card once it is no longer the unit's."""
    live = order.state in LIVE and incident.state == "open"
    return OrderView.model_construct(
        **{name: getattr(incident, name) for name in _SHARED},
        order_id=order.order_id,
        unit_id=order.unit_id,
        state=order.state,
        sent_at=order.sent_at,
        search_basis=order.search_basis,
        cancel=incident.cancel if live else None,
        linked_incidents=incident.linked_incidents if live else [],
        other_units=_others(incident, order) if live else [],
        card=incident.card if live else None,
        location=incident.location if live else None,
        last_known_address=incident.last_known_address if live else None,
    )
