"""Who may touch which incident: object-level checks by the claims of the caller."""

from uuid import UUID

from chassis.database.database import Session
from chassis.errors import Forbidden
from chassis.security.principal import Principal
from services.dispatch.errors import Conflicted, IncidentUnknown, OrderUnknown
from services.dispatch.models import OrderRow
from services.dispatch.store.conflicts import is_conflicted
from services.dispatch.store.incidents import load_incident
from services.dispatch.store.orders import incident_id_of_order, load_order
from services.dispatch.store.units import load_unit


def may_see_room(caller: Principal, control_room_id: str) -> None:
    """Refuse (`Forbidden`) unless the caller belongs to this control room."""
    if caller.cic != control_room_id:
        raise Forbidden("this is another control room's", field="control_room_id")


def may_set_up_room(caller: Principal, control_room_id: str) -> None:
    """Refuse (`Forbidden`) unless the caller belongs to this control room, or sets up all of them."""
    if "admin" not in caller.roles:
        may_see_room(caller, control_room_id)


def room_of(caller: Principal) -> str:
    """Name the caller's control room; raises `Forbidden` where the token names none."""
    if caller.cic is None:
        raise Forbidden("your token names no control room")
    return caller.cic


def may_be_unit(caller: Principal, unit_id: str) -> None:
    """Refuse (`Forbidden`) unless the caller is this unit."""
    if caller.unit != unit_id:
        raise Forbidden("this is another unit's", field="unit_id")


def may_see_incident(session: Session, caller: Principal, incident_id: UUID) -> None:
    """Refuse (`IncidentUnknown`) unless the caller's control room has this incident, or was brought in."""
    incident = load_incident(session, incident_id)
    if incident is None or caller.cic not in (incident.control_room_id, *incident.also_control_room_ids):
        raise IncidentUnknown("no such incident", field="incident_id")


def may_act_on_incident(session: Session, caller: Principal, incident_id: UUID) -> None:
    """Refuse who may not see this incident (`IncidentUnknown`) or has a conflict in it (`Conflicted`)."""
    may_see_incident(session, caller, incident_id)
    refuse_conflicted(session, caller, incident_id)


def refuse_conflicted(session: Session, caller: Principal, incident_id: UUID) -> None:
    """Refuse (`Conflicted`): who is conflicted may neither stop the escalation of an alarm nor end it."""
    if is_conflicted(session, incident_id, caller.subject):
        raise Conflicted("you have a conflict of interest in this case: somebody else must do this")


def own_order(session: Session, caller: Principal, order_id: UUID) -> OrderRow:
    """Load the order, if it is the calling unit's or of its own room's gateway.

    Raises `OrderUnknown` otherwise.
    """
    order = load_order(session, order_id)
    unit = load_unit(session, order.unit_id) if order is not None else None
    by_unit = order is not None and "unit" in caller.roles and caller.unit == order.unit_id
    by_gateway = unit is not None and "gateway" in caller.roles and caller.cic == unit.control_room_id
    if order is None or order.state == "proposed" or not (by_unit or by_gateway):
        raise OrderUnknown("no such order", field="order_id")
    return order


def incident_of_order(session: Session, order_id: UUID) -> UUID:
    """Find which incident an order is for; raises `OrderUnknown`."""
    incident_id = incident_id_of_order(session, order_id)
    if incident_id is None:
        raise OrderUnknown("no such order", field="order_id")
    return incident_id
