"""What a caller may look at: incidents of the own room, the own order, the photos of its card."""

import base64
from uuid import UUID

from chassis.database.database import Session
from chassis.runtime import clock
from chassis.security.accounts import is_one_of
from chassis.security.principal import Principal
from services.dispatch.errors import IncidentUnknown, PhotoUnknown
from services.dispatch.models import IncidentRow, OrderRow, PhotoRow
from services.dispatch.presenters.disclosure import Disclosures, V
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.presenters.order_view import order_view
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import OrderView
from services.dispatch.store.encrypted_columns import photo_associated_data
from services.dispatch.store.incidents import readable
from services.dispatch.usecases.access_scope import refuse_conflicted
from services.dispatch.usecases.context import Context


def incident_for(session: Session, context: Context, caller: Principal, incident_id: UUID) -> IncidentView:
    """Read the incident, if the caller's control room has it; raises `IncidentUnknown` otherwise."""
    incident = session.get(IncidentRow, incident_id)
    if incident is None or caller.cic not in [
        incident.control_room_id,
        *readable(incident).also_control_room_ids,
    ]:
        raise IncidentUnknown("no such incident", field="incident_id")
    return _view(context, session, incident_id)


def order_for(session: Session, context: Context, order_id: UUID, incident_id: UUID) -> OrderView:
    """Read one order as its unit sees it now."""
    incident = _view(context, session, incident_id)
    summary = next(order for order in incident.orders if order.order_id == order_id)
    return order_view(incident, summary)


def disclose_incident(
    session: Session, context: Context, disclosures: Disclosures, caller: Principal, incident_id: UUID
) -> IncidentView:
    """Disclose an incident to a caller whose room has it; raises `IncidentUnknown`."""
    return disclosures.disclose(caller, incident_for(session, context, caller, incident_id))


def disclose_order(
    session: Session, context: Context, disclosures: Disclosures, caller: Principal, order: OrderRow
) -> OrderView:
    """Disclose an order to its unit."""
    return disclosures.disclose(caller, order_for(session, context, order.id, order.incident_id))


def disclose_photo(
    session: Session, context: Context, disclosures: Disclosures, caller: Principal, view: V, photo_id: UUID
) -> bytes:
    """Disclose the JPEG of a photo on the card that this view shows the caller; raises `PhotoUnknown`."""
    picture = _photo_on_card(session, context, disclosures.disclose(caller, view), photo_id)
    disclosures.log_photo(caller, view)
    return picture


def refuse_tied_caller(session: Session, context: Context, caller: Principal, incident_id: UUID) -> None:
    """Refuse what nobody with a conflict may do with this incident; raises `Conflicted`, `IncidentUnknown`."""
    view = incident_for(session, context, caller, incident_id)
    refuse_conflicted(conflicted=is_one_of(caller.subject, view.withheld_from))


def _photo_on_card(session: Session, context: Context, view: IncidentView | OrderView, photo_id: UUID) -> bytes:
    """Read the JPEG of a photo on the card that this view shows; raises `PhotoUnknown`."""
    if view.card is None or photo_id not in {each.photo_id for each in view.card.photos}:
        raise PhotoUnknown("there is no such photo")
    row = session.get(PhotoRow, photo_id)
    if row is None:
        raise PhotoUnknown("the photo is not here yet")
    return base64.b64decode(context.vault.decrypt(photo_associated_data(photo_id), row.encrypted))


def _view(context: Context, session: Session, incident_id: UUID) -> IncidentView:
    return load_views(context, session, [incident_id], clock.now())[0]
