"""Change notifications between processes of dispatch: they bring the view of a new incident, encrypted."""

import base64
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from opentelemetry.context import Context as TraceContext
from opentelemetry.trace import Span, SpanKind
from pydantic import ValidationError

from chassis.security.vault import Unreadable
from chassis.telemetry import telemetry
from contracts.common import Fix
from contracts.envelope import Event, Undecodable
from contracts.topology import DISPATCH_LIVE
from services.dispatch.domain.incidents import NewIncident
from services.dispatch.domain.orders import NewOrder
from services.dispatch.events.outgoing import IncidentChanged
from services.dispatch.presenters.incident_view import view_opened
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.store.rows import OwnerRow
from services.dispatch.usecases.context import Context

log = logging.getLogger(__name__)


def encrypt_opened(
    context: Context,
    incident: NewIncident,
    fix: Fix | None,
    order: NewOrder | None,
    owner: OwnerRow | None,
    now: datetime,
) -> str:
    """Encrypt the view of an incident that is being opened; for the arguments see `view_opened`."""
    view = view_opened(context, incident, fix, order, owner, now)
    encrypted = context.vault.encrypt(_associated_data(view.incident_id), view.model_dump_json())
    return base64.b64encode(encrypted).decode()


def decrypt_view(context: Context, incident_id: UUID, encrypted: str) -> IncidentView:
    """Open what a notification brought; raises `Unreadable`."""
    return IncidentView.model_validate_json(
        context.vault.decrypt(_associated_data(incident_id), base64.b64decode(encrypted))
    )


@dataclass(frozen=True, slots=True)
class Notification:
    """What came: which incident changed, its view where that came too, and the span to go on in."""

    incident_id: UUID
    view: IncidentView | None
    span: Span


def read_notification(context: Context, body: bytes) -> Notification | None:
    """Read a notification from the broker; None for one that cannot be read. Whoever has it ends its span."""
    try:
        event = Event.decode(body)
    except Undecodable:
        log.warning("an undecodable change notification")
        return None
    span = telemetry.start(
        f"process {DISPATCH_LIVE}",
        SpanKind.CONSUMER,
        parent=telemetry.context_of(event.traceparent) or TraceContext(),
        attributes={
            "messaging.system": "rabbitmq",
            "messaging.destination.name": DISPATCH_LIVE,
            "messaging.operation.type": "process",
            "messaging.operation.name": "process",
            "messaging.message.id": str(event.id),
        },
    )
    try:
        change = IncidentChanged.model_validate(event.data)
    except ValidationError:
        log.warning("a change notification that does not say for which incident")
        span.end()
        return None
    return Notification(change.incident_id, _view_in(context, change), span)


def _view_in(context: Context, change: IncidentChanged) -> IncidentView | None:
    """Open the view that came; None where none did, or where it cannot be opened: one must look."""
    try:
        return decrypt_view(context, change.incident_id, change.encrypted) if change.encrypted else None
    except (Unreadable, ValueError):
        log.warning("a change notification that cannot be opened")
        return None


def _associated_data(incident_id: UUID) -> str:
    return f"change:{incident_id}"
