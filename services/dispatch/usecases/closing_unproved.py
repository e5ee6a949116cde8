"""One act ends a flood of presses that nobody proved; each alarm still has its own outcome, line and event."""

from collections.abc import Sequence
from uuid import UUID

from chassis import acts
from contracts.common import Outcome
from services.dispatch.errors import IncidentIsTaken, IncidentUnknown, NotResponsible
from services.dispatch.usecases import moving
from services.dispatch.usecases.context import Context


def close_unproved(
    context: Context, incidents: Sequence[UUID], outcome: Outcome, person: str, reason: str, cic_id: str
) -> tuple[list[UUID], list[UUID]]:
    """Close those that nobody proved or took meanwhile, each by itself; which were, and which were left."""
    closed, left = list[UUID](), list[UUID]()
    for incident_id in dict.fromkeys(incidents):
        acts.only_about(f"incident:{incident_id}")
        try:
            moving.close(
                context,
                incident_id,
                outcome,
                by="supervisor",
                person=person,
                reason=reason,
                cic_id=cic_id,
                unproved_only=True,
            )
        except (IncidentIsTaken, IncidentUnknown, NotResponsible):
            acts.noted("write")  # nothing was written
            left.append(incident_id)
        else:
            closed.append(incident_id)
    return closed, left
