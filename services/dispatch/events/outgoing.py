"""Events of dispatch as they are told to others."""

from datetime import datetime
from uuid import UUID

from contracts.dispatch import OrderMoved
from contracts.envelope import Payload
from contracts.topology import DISPATCH_LIVE
from services.dispatch.domain.orders import NewOrder
from services.dispatch.models import OrderRow


class IncidentChanged(Payload):
    """An incident changed. Within dispatch only; not in the catalogue, stored nowhere.

    `encrypted`: its view, when it was opened just now; only dispatch has the key. Without it one must look.
    """

    TYPE = "incident.changed.v1"
    EXCHANGE = DISPATCH_LIVE

    incident_id: UUID
    encrypted: str | None = None

    @property
    def subject(self) -> str:
        """Give the id of the incident."""
        return str(self.incident_id)


def order_moved(
    order: OrderRow | NewOrder, now: datetime, deadline_at: datetime, reason: str | None = None
) -> OrderMoved:
    """Tell of an order's present state."""
    return OrderMoved(
        incident_id=order.incident_id,
        at=now,
        order_id=order.id,
        unit_id=order.unit_id,
        control_room_id=order.control_room_id,
        state=order.state,
        automatic=order.automatic,
        late=now > deadline_at,
        reason=reason or order.reason,
        by_radio=order.by_radio,
    )
