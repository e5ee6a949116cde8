"""Who may touch which incident: object-level checks by the claims of the caller."""

from uuid import UUID

from chassis.database.database import Session
from chassis.errors import Forbidden
from chassis.security.principal import Caller
from services.dispatch.errors import OrderUnknown, Tied
from services.dispatch.models import OrderRow, UnitRow
from services.dispatch.store.orders import incident_id_of_order
from services.dispatch.store.ties import is_tied


def may_see_room(caller: Caller, cic_id: str) -> None:
    """Refuse (`Forbidden`) unless the caller belongs to this control room."""
    if caller.cic != cic_id:
        raise Forbidden("this is another control room's", field="control_room_id")


def may_set_up_room(caller: Caller, cic_id: str) -> None:
    """Refuse (`Forbidden`) unless the caller belongs to this control room, or sets up all of them."""
    if "admin" not in caller.roles:
        may_see_room(caller, cic_id)


def room_of(caller: Caller) -> str:
    """Name the caller's control room; raises `Forbidden` where the token names none."""
    if caller.cic is None:
        raise Forbidden("your token names no control room")
    return caller.cic


def may_be_unit(caller: Caller, unit_id: str) -> None:
    """Refuse (`Forbidden`) unless the caller is this unit."""
    if caller.unit != unit_id:
        raise Forbidden("this is another unit's", field="unit_id")


def own_order(session: Session, caller: Caller, order_id: UUID) -> OrderRow:
    """Load the order, if it is the calling unit's or of its own room's gateway.

    Raises `OrderUnknown` otherwise.
    """
    order = session.get(OrderRow, order_id)
    unit = session.get(UnitRow, order.unit_id) if order is not None else None
    by_unit = order is not None and "unit" in caller.roles and caller.unit == order.unit_id
    by_gateway = unit is not None and "gateway" in caller.roles and caller.cic == unit.cic_id
    if order is None or order.state == "proposed" or not (by_unit or by_gateway):
        raise OrderUnknown("no such order", field="order_id")
    return order


def incident_of_order(session: Session, order_id: UUID) -> UUID:
    """Find which incident an order is for; raises `OrderUnknown`."""
    incident_id = incident_id_of_order(session, order_id)
    if incident_id is None:
        raise OrderUnknown("no such order", field="order_id")
    return incident_id


def has_tie(session: Session, caller: Caller, order: OrderRow) -> bool:
    """Say whether the caller has a tie to a party of the incident of an order."""
    return is_tied(session, order.incident_id, caller.subject)


def refuse_tied(*, tied: bool) -> None:
    """Refuse (`Tied`): who is tied may neither stop the escalation of an alarm nor end it."""
    if tied:
        raise Tied("you have a tie to a party of this case: somebody else must do this")
