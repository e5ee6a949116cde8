"""Who may touch which incident: object-level checks by the claims of the caller."""

import base64
from uuid import UUID

from sqlmodel import Session

from chassis.errors import Forbidden
from chassis.runtime import clock
from chassis.security.principal import Caller
from services.dispatch.errors import IncidentUnknown, OrderUnknown, PhotoUnknown, Tied
from services.dispatch.models import IncidentRow, OrderRow, PhotoRow, UnitRow
from services.dispatch.presenters import incident_view
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import OrderView
from services.dispatch.store.encrypted_columns import photo_place
from services.dispatch.store.incidents import readable
from services.dispatch.store.ties import is_tied
from services.dispatch.usecases.context import Context

ROOM = ("operator", "supervisor", "gateway")
UNIT = ("unit", "gateway")


def may_see_room(caller: Caller, cic_id: str) -> None:
    """Raises `Forbidden` unless the caller belongs to this control room."""
    if caller.cic != cic_id:
        raise Forbidden("this is another control room's", field="control_room_id")


def may_set_up_room(caller: Caller, cic_id: str) -> None:
    """Raises `Forbidden` unless the caller belongs to this control room, or sets up all of them."""
    if "admin" not in caller.roles:
        may_see_room(caller, cic_id)


def room_of(caller: Caller) -> str:
    """The caller's control room; raises `Forbidden` where the token names none."""
    if caller.cic is None:
        raise Forbidden("your token names no control room")
    return caller.cic


def may_be_unit(caller: Caller, unit_id: str) -> None:
    """Raises `Forbidden` unless the caller is this unit."""
    if caller.unit != unit_id:
        raise Forbidden("this is another unit's", field="unit_id")


def incident_for(context: Context, caller: Caller, incident_id: UUID) -> IncidentView:
    """The incident, if the caller's control room has it; raises `IncidentUnknown` otherwise."""
    with context.database.read() as session:
        incident = session.get(IncidentRow, incident_id)
        if incident is None or caller.cic not in [incident.cic_id, *readable(incident).also_cics]:
            raise IncidentUnknown("no such incident", field="incident_id")
        return _view(context, session, incident_id)


def own_order(context: Context, caller: Caller, order_id: UUID) -> OrderRow:
    """The order, if it is the calling unit's or of its own room's gateway; raises `OrderUnknown` otherwise."""
    with context.database.read() as session:
        order = session.get(OrderRow, order_id)
        unit = session.get(UnitRow, order.unit_id) if order is not None else None
    by_unit = order is not None and "unit" in caller.roles and caller.unit == order.unit_id
    by_gateway = unit is not None and "gateway" in caller.roles and caller.cic == unit.cic_id
    if order is None or order.state == "proposed" or not (by_unit or by_gateway):
        raise OrderUnknown("no such order", field="order_id")
    return order


def incident_of_order(context: Context, order_id: UUID) -> UUID:
    """Which incident an order is for; raises `OrderUnknown`."""
    with context.database.read() as session:
        order = session.get(OrderRow, order_id)
    if order is None:
        raise OrderUnknown("no such order", field="order_id")
    return order.incident_id


def has_tie(context: Context, caller: Caller, order: OrderRow) -> bool:
    """Whether the caller has a tie to a party of the incident of an order."""
    with context.database.read() as session:
        return is_tied(session, order.incident_id, caller.subject)


def refuse_tied(*, tied: bool) -> None:
    """Raises `Tied`: who is tied may neither stop the escalation of an alarm nor end it."""
    if tied:
        raise Tied("you have a tie to a party of this case: somebody else must do this")


def order_for(context: Context, order_id: UUID, incident_id: UUID) -> OrderView:
    """One order as its unit sees it now."""
    with context.database.read() as session:
        incident = _view(context, session, incident_id)
    summary = next(order for order in incident.orders if order.order_id == order_id)
    return incident_view.order_view(incident, summary)


def photo(context: Context, view: IncidentView | OrderView, photo_id: UUID) -> bytes:
    """The JPEG of a photo on the card that this view shows; raises `PhotoUnknown`."""
    if view.card is None or photo_id not in {each.photo_id for each in view.card.photos}:
        raise PhotoUnknown("there is no such photo")
    with context.database.read() as session:
        row = session.get(PhotoRow, photo_id)
    if row is None:
        raise PhotoUnknown("the photo is not here yet")
    return base64.b64decode(context.vault.open(photo_place(photo_id), row.sealed))


def _view(context: Context, session: Session, incident_id: UUID) -> IncidentView:
    return incident_view.load_views(context, session, [incident_id], clock.now())[0]
