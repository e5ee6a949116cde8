"""Orders as the software of a control room gets them by AMQP: with what that room may know."""

from collections.abc import Sequence

from chassis.database.database import Session
from contracts.common import Fix
from contracts.dispatch import OrderSent, UnitOnTheWay
from services.dispatch.domain.orders import LIVE
from services.dispatch.models import IncidentRow
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.usecases.context import Context


def orders_for_rooms(
    context: Context, session: Session, incident: IncidentRow, rooms: Sequence[str]
) -> list[OrderSent]:
    """Make what the software of each of these rooms has to know of an incident, as it is in this session."""
    [view] = load_views(context, session, [incident.id], incident.changed_at)
    return [_order(context, view, incident, room) for room in rooms]


def _order(context: Context, view: IncidentView, incident: IncidentRow, room: str) -> OrderSent:
    """Make the order for one room, with the one that counts: the last one that a unit holds."""
    order = next((o for o in reversed(view.orders) if o.state in LIVE), None) or next(
        (o for o in reversed(view.orders) if o.state in ("proposed", "closed")), None
    )
    place = view.location
    return OrderSent(
        order_id=order.order_id if order else view.incident_id,
        incident_id=view.incident_id,
        control_room_id=room,
        zone_id=view.zone_id,
        unit_id=order.unit_id if order else None,
        state=order.state if order else "unassigned",
        urgency=view.urgency,
        presses=view.presses,
        flags=tuple(view.flags),
        raised_at=view.raised_at,
        deadline_at=view.deadline_at,
        sent_at=incident.changed_at,
        location=Fix(lat=place.lat, lon=place.lon, radius_m=place.radius_m, at=place.at) if place else None,
        location_age_s=place.age_s if place else None,
        location_quality=place.quality if place else "red",
        card_url=f"{context.settings.public_url}/v1/incidents/{view.incident_id}",
        revision=view.revision,
        search_basis=order.search_basis if order else None,
        cancel=view.cancel if view.state == "open" else None,
        linked_incident_ids=tuple(view.linked_incidents),
        units=tuple(UnitOnTheWay(unit_id=o.unit_id, state=o.state) for o in view.orders if o.state in LIVE),
        withheld_from=tuple(view.withheld_from),
    )
