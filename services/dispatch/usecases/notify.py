"""Who is told of a change: open streams, webhooks, and the queues of rooms with software of their own."""

from uuid import UUID

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.database.timers import schedule
from services.dispatch.events.outgoing import IncidentChanged
from services.dispatch.models import IncidentRow
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import has_webhook, webhook_row


def notify_streams(
    tx: Transaction, incident_id: UUID, cause: Span | None = None, encrypted: str | None = None
) -> None:
    """Tell the streams; sent only if the transaction commits."""
    tx.signal(IncidentChanged(incident_id=incident_id, encrypted=encrypted), cause=cause)


def notify_watchers(
    tx: Transaction, context: Context, incident: IncidentRow, cause: Span | None = None
) -> None:
    """Tell who watches after any change of an incident, when all of it is made."""
    notify_streams(tx, incident.id, cause)
    rooms = [incident.control_room_id, *incident.also_control_room_ids]
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
    rooms = [
        room
        for room in (incident.control_room_id, *incident.also_control_room_ids)
        if room in known and known[room].amqp
    ]
    if not rooms:
        return
    for order in context.presenters.orders_for_rooms(context, tx.session, incident, rooms):
        tx.publish(order, cause=cause)
