"""What is shown to a caller whose scope was checked: an incident, an order, the photos of its card."""

import base64
from uuid import UUID

from chassis.database.database import Session
from chassis.runtime import clock
from chassis.security.principal import Principal
from services.dispatch.errors import PhotoUnknown
from services.dispatch.models import OrderRow
from services.dispatch.presenters.disclosure import Disclosures, V
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.presenters.order_view import order_view
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import OrderView
from services.dispatch.store.encrypted_columns import photo_associated_data
from services.dispatch.store.registry_projection import encrypted_photo
from services.dispatch.usecases.context import Context


def load_incident_view(session: Session, context: Context, incident_id: UUID) -> IncidentView:
    """Load one incident as it is before anybody is shown it."""
    return load_views(context, session, [incident_id], clock.now())[0]


def load_order_view(session: Session, context: Context, order: OrderRow) -> OrderView:
    """Load one order as its unit sees it now."""
    incident = load_incident_view(session, context, order.incident_id)
    summary = next(each for each in incident.orders if each.order_id == order.id)
    return order_view(incident, summary)


def disclose_incident(
    session: Session, context: Context, disclosures: Disclosures, caller: Principal, incident_id: UUID
) -> IncidentView:
    """Disclose an incident to a caller whose room has it."""
    return disclosures.disclose(caller, load_incident_view(session, context, incident_id))


def disclose_order(
    session: Session, context: Context, disclosures: Disclosures, caller: Principal, order: OrderRow
) -> OrderView:
    """Disclose an order to its unit."""
    return disclosures.disclose(caller, load_order_view(session, context, order))


def disclose_photo(
    session: Session, context: Context, disclosures: Disclosures, caller: Principal, view: V, photo_id: UUID
) -> bytes:
    """Disclose the JPEG of a photo on the card that this view shows the caller; raises `PhotoUnknown`."""
    picture = _photo_on_card(session, context, disclosures.disclose(caller, view), photo_id)
    disclosures.log_photo(caller, view)
    return picture


def _photo_on_card(session: Session, context: Context, view: IncidentView | OrderView, photo_id: UUID) -> bytes:
    """Read the JPEG of a photo on the card that this view shows; raises `PhotoUnknown`."""
    if view.card is None or photo_id not in {each.photo_id for each in view.card.photos}:
        raise PhotoUnknown("there is no such photo")
    encrypted = encrypted_photo(session, photo_id)
    if encrypted is None:
        raise PhotoUnknown("the photo is not here yet")
    return base64.b64decode(context.vault.decrypt(photo_associated_data(photo_id), encrypted))
