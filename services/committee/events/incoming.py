"""Event to typed value: what the committee reads from others; `Invalid` names the field that cannot be read."""

from datetime import datetime
from uuid import UUID

from chassis.messaging.payload import read_payload
from chassis.security.accounts import account
from contracts.common import Outcome
from contracts.conflicts import ConflictStatement
from contracts.dispatch import IncidentClosed
from contracts.envelope import Event
from contracts.registry import EnrolmentChanged, FileConflictDeclared, FileConflictWithdrawn
from services.committee.models import KnownEnrolmentRow, RegistryConflictRow

# An alarm that was real asks for a new look at the case; a false one does not.
REAL = frozenset({Outcome.GENUINE, Outcome.PERPETRATOR_PRESENT, Outcome.ARREST})


def real_incident(event: Event) -> tuple[UUID, UUID, datetime] | None:
    """Read incident, enrolment and time of the press of a closed real alarm, or None. Raises `Invalid`."""
    if event.type != IncidentClosed.TYPE:
        return None
    closed = read_payload(IncidentClosed, event)
    if closed.enrolment_id is None or closed.outcome not in REAL:
        return None
    # The time runs since the press, however long the incident stayed open.
    return closed.incident_id, closed.enrolment_id, closed.raised_at or closed.at


def enrolment(event: Event) -> KnownEnrolmentRow | None:
    """Say how a file stands at the registry; None for anything else. Raises `Invalid`."""
    if event.type != EnrolmentChanged.TYPE:
        return None
    changed = read_payload(EnrolmentChanged, event)
    return KnownEnrolmentRow(id=changed.enrolment_id, **changed.model_dump(exclude={"enrolment_id"}))


def registry_conflict(event: Event) -> RegistryConflictRow | None:
    """Return a conflict declared or withdrawn at the registry; None for anything else. Raises `Invalid`."""
    if event.type not in (FileConflictDeclared.TYPE, FileConflictWithdrawn.TYPE):
        return None
    statement: ConflictStatement
    statement = (
        read_payload(FileConflictDeclared, event)
        if event.type == FileConflictDeclared.TYPE
        else read_payload(FileConflictWithdrawn, event)
    )
    # As it is compared: who withdraws it may spell it otherwise.
    person = account(statement.person)
    return RegistryConflictRow(
        enrolment_id=statement.enrolment_id,
        subject=person,
        person=person,
        declared_at=statement.declared_at,
        withdrawn_at=statement.withdrawn_at,
    )
