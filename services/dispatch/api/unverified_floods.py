"""One act ends a flood of unverified presses; each alarm still has its own outcome, line and event."""

from uuid import UUID

from fastapi import APIRouter

from chassis.security import audit_context
from services.dispatch.api.dependencies import ContextOf, Supervisor
from services.dispatch.errors import IncidentIsTaken, IncidentUnknown, NotResponsible
from services.dispatch.schemas.incidents import UnverifiedClosed, UnverifiedCloseIn
from services.dispatch.usecases.access_scope import may_see_room
from services.dispatch.usecases.incident_actions import close_incident

router = APIRouter(prefix="/v1", tags=["incidents"])


@router.post("/control-rooms/{control_room_id}/unverified/close")
def close_unverified(
    control_room_id: str, body: UnverifiedCloseIn, context: ContextOf, caller: Supervisor
) -> UnverifiedClosed:
    """Close, as a supervisor, many unverified alarms in one act with one reason.

    Each by itself: those that were verified, taken or pressed again meanwhile stay, and keep no other open.
    """
    may_see_room(caller, control_room_id)
    closed, left = list[UUID](), list[UUID]()
    for incident_id in dict.fromkeys(body.incident_ids):
        audit_context.only_about(f"incident:{incident_id}")
        try:
            with context.database.transaction() as tx:
                close_incident(
                    tx,
                    context,
                    incident_id,
                    body.outcome,
                    by="supervisor",
                    person=caller.subject,
                    reason=body.reason,
                    control_room_id=control_room_id,
                    # Who does not say how many presses they saw saw one: what came later stays.
                    seen_presses=body.presses.get(incident_id, 1),
                )
        except (IncidentIsTaken, IncidentUnknown, NotResponsible):
            audit_context.noted("write")  # nothing was written
            left.append(incident_id)
        else:
            closed.append(incident_id)
    return UnverifiedClosed(closed=closed, left=left)
