"""The registry is the witness of reporting's audit log, as reporting is everybody else's."""

from collections.abc import Sequence

from chassis.database.database import Transaction
from chassis.security import witness
from contracts.envelope import Event
from services.registry.events import incoming


def record_seals(tx: Transaction, events: Sequence[Event]) -> None:
    """Record where reporting signed that its audit log stood."""
    witness.keep(tx.session, [incoming.audit_sealed(event).model_dump(mode="json") for event in events])
