"""Incidents and orders, locked for who changes them: always the incident before its orders."""

from uuid import UUID

from chassis.database.database import Transaction
from services.dispatch.errors import IncidentIsClosed, IncidentUnknown, OrderUnknown
from services.dispatch.models import IncidentRow, OrderRow
from services.dispatch.store.incidents import lock_incident
from services.dispatch.store.orders import incident_id_of_order, lock_known_order


def lock_known_incident(tx: Transaction, incident_id: UUID) -> IncidentRow:
    """Lock the incident; raises `IncidentUnknown`."""
    incident = lock_incident(tx.session, incident_id)
    if incident is None:
        raise IncidentUnknown("no such incident", field="incident_id")
    return incident


def lock_open_incident(tx: Transaction, incident_id: UUID) -> IncidentRow:
    """Do the same; raises `IncidentIsClosed` too."""
    incident = lock_known_incident(tx, incident_id)
    if incident.state != "open":
        raise IncidentIsClosed(f"closed with outcome {incident.outcome}")
    return incident


def lock_order(tx: Transaction, order_id: UUID) -> tuple[IncidentRow, OrderRow]:
    """Lock the order with its incident (incident first); raises `OrderUnknown`."""
    incident_id = incident_id_of_order(tx.session, order_id)
    if incident_id is None:
        raise OrderUnknown("no such order", field="order_id")
    incident = lock_known_incident(tx, incident_id)
    return incident, lock_known_order(tx.session, order_id)
