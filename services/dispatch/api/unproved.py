"""Ending a flood of presses that nobody proved."""

from fastapi import APIRouter

from services.dispatch.api.dependencies import ContextOf, Supervisor
from services.dispatch.schemas.incidents import UnprovedClosed, UnprovedCloseIn
from services.dispatch.usecases import unproved_floods
from services.dispatch.usecases.access_scope import may_see_room

router = APIRouter(prefix="/v1", tags=["incidents"])


@router.post("/control-rooms/{cic_id}/unproved/close")
def close_unproved(
    cic_id: str, body: UnprovedCloseIn, context: ContextOf, caller: Supervisor
) -> UnprovedClosed:
    """Close, as a supervisor, many alarms that nobody proved, in one act with one reason."""
    may_see_room(caller, cic_id)
    # Who does not say how many presses they saw saw one: what came later stays.
    seen = {incident_id: body.presses.get(incident_id, 1) for incident_id in body.incident_ids}
    closed, left = unproved_floods.close_unproved(
        context, seen, body.outcome, caller.subject, body.reason, cic_id
    )
    return UnprovedClosed(closed=closed, left=left)
