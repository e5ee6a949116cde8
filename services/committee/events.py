"""What the committee publishes, and what it reads from others."""

from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from chassis.errors import Invalid
from contracts.committee import AlarmGranted, AlarmRefused, ApplicationSubmitted
from contracts.common import Outcome
from contracts.dispatch import IncidentClosed
from contracts.envelope import Event
from services.committee.models import ApplicationRow, DecisionRow

# An alarm that was real asks for a new look at the case; a false one does not.
REAL = frozenset({Outcome.GENUINE, Outcome.PERPETRATOR_PRESENT, Outcome.ARREST})


def submitted(row: ApplicationRow) -> ApplicationSubmitted:
    """A complete application lies before the committee."""
    return ApplicationSubmitted.model_validate(row.model_dump() | {"application_id": row.id})


def decided(application: ApplicationSubmitted, decision: DecisionRow) -> AlarmGranted | AlarmRefused:
    """The decision as others may know it: ids and dates, no reasons."""
    common = {
        "enrolment_id": application.enrolment_id,
        "application_id": decision.application_id,
        "protocol_id": decision.protocol_id,
        "protocol_version": decision.protocol_version,
        "decision_id": decision.id,
        "decided_at": decision.decided_at,
    }
    if decision.outcome == "refused":
        return AlarmRefused.model_validate(common)
    return AlarmGranted.model_validate(
        {
            **common,
            "procedure": application.procedure,
            "review_on": decision.review_on,
            "ends_on": decision.ends_on,
        }
    )


def real_incident(event: Event) -> tuple[UUID, UUID, datetime] | None:
    """Incident, enrolment and time of a real alarm that was closed; None for anything else.

    Raises `Invalid` naming the first broken field.
    """
    if event.type != IncidentClosed.TYPE:
        return None
    try:
        closed = IncidentClosed.model_validate(event.data)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise Invalid(f"unreadable {event.type}", field=f"data.{where}") from None
    if closed.enrolment_id is None or closed.outcome not in REAL:
        return None
    return closed.incident_id, closed.enrolment_id, closed.at
