"""One act ends a flood of presses that nobody proved; each alarm still has its own outcome, line and event."""

from collections.abc import Mapping
from uuid import UUID

from chassis.security import audit_context
from contracts.common import Outcome
from services.dispatch.errors import IncidentIsTaken, IncidentUnknown, NotResponsible
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.incident_actions import close_incident


def close_unproved(
    context: Context, seen: Mapping[UUID, int], outcome: Outcome, person: str, reason: str, cic_id: str
) -> tuple[list[UUID], list[UUID]]:
    """Close those that nobody proved, took or pressed again, each by itself; returns which, and the others.

    `seen`: how many presses of each stood on the screen of who closes them.
    """
    closed, left = list[UUID](), list[UUID]()
    for incident_id, presses in seen.items():
        audit_context.only_about(f"incident:{incident_id}")
        try:
            close_incident(
                context,
                incident_id,
                outcome,
                by="supervisor",
                person=person,
                reason=reason,
                cic_id=cic_id,
                seen_presses=presses,
            )
        except (IncidentIsTaken, IncidentUnknown, NotResponsible):
            audit_context.noted("write")  # nothing was written
            left.append(incident_id)
        else:
            closed.append(incident_id)
    return closed, left
