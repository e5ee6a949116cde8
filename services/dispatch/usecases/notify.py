"""Who is told of a change: open streams, webhooks, and the queues of rooms with software of their own."""

from uuid import UUID

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.database.timers import schedule
from contracts.common import Fix
from contracts.dispatch import OrderSent, UnitOnTheWay
from services.dispatch.domain.orders import LIVE
from services.dispatch.events.outgoing import IncidentChanged
from services.dispatch.models import IncidentRow
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import has_webhook, webhook_row


def notify_streams(
    tx: Transaction, incident_id: UUID, revision: int, cause: Span | None = None, sealed: str | None = None
) -> None:
    """Tell the streams; sent only if the transaction commits."""
    tx.signal(IncidentChanged(incident_id=incident_id, revision=revision, sealed=sealed), cause=cause)


def notify_watchers(
    tx: Transaction, context: Context, incident: IncidentRow, cause: Span | None = None
) -> None:
    """Tell who watches after any change of an incident, when all of it is made."""
    notify_streams(tx, incident.id, incident.revision, cause)
    rooms = [incident.cic_id, *incident.also_cics]
    schedule(
        tx.session,
        [
            webhook_row(incident.id, room, incident.revision, incident.changed_at)
            for room in rooms
            if has_webhook(context, room)
        ],
    )


def notify_queues(tx: Transaction, context: Context, incident: IncidentRow, cause: Span | None = None) -> None:
    """Tell queues that who goes or what a crew must know has changed.

    Rooms that take orders by AMQP get the order anew.
    """
    known = context.situation.rooms
    rooms = [room for room in (incident.cic_id, *incident.also_cics) if room in known and known[room].amqp]
    if not rooms:
        return
    tx.session.flush()
    [view] = context.presenters.load_views(context, tx.session, [incident.id], incident.changed_at)
    for room in rooms:
        tx.publish(_order(context, view, incident, room), cause=cause)


def _order(context: Context, view: IncidentView, incident: IncidentRow, room: str) -> OrderSent:
    """Make what the room's software has to know, with the order that counts: the last one that a unit holds."""
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
        kept_from=tuple(view.kept_from),
    )
