"""What an operator sees and does."""

from uuid import UUID

from fastapi import APIRouter

from services.dispatch.api.dependencies import (
    ContextOf,
    DisclosuresOf,
    ReadSession,
    RoomPrincipal,
    Supervisor,
    WriteTx,
)
from services.dispatch.presenters.caller_view import disclose_incident
from services.dispatch.presenters.incident_list import disclose_open_incidents
from services.dispatch.schemas.incidents import IncidentCloseIn, IncidentView, SendIn
from services.dispatch.usecases import incident_actions, send_unit
from services.dispatch.usecases.access_scope import may_act_on_incident, may_see_incident, may_see_room

router = APIRouter(prefix="/v1", tags=["incidents"])


@router.get("/control-rooms/{control_room_id}/incidents")
def open_incidents(
    control_room_id: str,
    session: ReadSession,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: RoomPrincipal,
) -> list[IncidentView]:
    """List open incidents, most urgent first; many alike that nobody verified are one, with their `group`."""
    may_see_room(caller, control_room_id)
    return disclose_open_incidents(session, context, disclosures, caller, control_room_id)


@router.get("/incidents/{incident_id}")
def incident(
    incident_id: UUID,
    session: ReadSession,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: RoomPrincipal,
) -> IncidentView:
    """Read one incident; the card only while it is open."""
    may_see_incident(session, caller, incident_id)
    return disclose_incident(session, context, disclosures, caller, incident_id)


@router.post("/incidents/{incident_id}/display")
def display(
    incident_id: UUID, tx: WriteTx, context: ContextOf, disclosures: DisclosuresOf, caller: RoomPrincipal
) -> IncidentView:
    """Note that the incident stands on a screen of the control room."""
    may_see_incident(tx.session, caller, incident_id)
    incident_actions.display_incident(tx, context, incident_id)
    return disclose_incident(tx.session, context, disclosures, caller, incident_id)


@router.post("/incidents/{incident_id}/acknowledge")
def acknowledge(
    incident_id: UUID, tx: WriteTx, context: ContextOf, disclosures: DisclosuresOf, caller: RoomPrincipal
) -> IncidentView:
    """Take the alarm, as an operator of the room that answers for it; the escalation ladder stops."""
    may_act_on_incident(tx.session, caller, incident_id)
    incident_actions.acknowledge_incident(tx, context, incident_id, caller.subject, caller.cic or "")
    return disclose_incident(tx.session, context, disclosures, caller, incident_id)


@router.post("/incidents/{incident_id}/take-over")
def take_over(
    incident_id: UUID, tx: WriteTx, context: ContextOf, disclosures: DisclosuresOf, caller: RoomPrincipal
) -> IncidentView:
    """Accept the hand-over for the caller's control room."""
    may_act_on_incident(tx.session, caller, incident_id)
    incident_actions.take_over_incident(tx, context, incident_id, caller.subject, caller.cic or "")
    return disclose_incident(tx.session, context, disclosures, caller, incident_id)


@router.post("/incidents/{incident_id}/send")
def send(
    incident_id: UUID,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: RoomPrincipal,
    body: SendIn | None = None,
) -> IncidentView:
    """Send the named unit, or the proposed one if none is named; a caller with a conflict may not name one."""
    unit_id = body.unit_id if body else None
    if unit_id is None:
        may_see_incident(tx.session, caller, incident_id)
    else:
        may_act_on_incident(tx.session, caller, incident_id)
    send_unit.send(tx, context, incident_id, unit_id, caller.cic)
    return disclose_incident(tx.session, context, disclosures, caller, incident_id)


@router.post("/incidents/{incident_id}/close")
def close(
    incident_id: UUID,
    body: IncidentCloseIn,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: Supervisor,
) -> IncidentView:
    """Close the incident, as a supervisor, with a reason."""
    may_act_on_incident(tx.session, caller, incident_id)
    incident_actions.close_incident(
        tx,
        context,
        incident_id,
        body.outcome,
        by="supervisor",
        person=caller.subject,
        reason=body.reason,
        control_room_id=caller.cic,
    )
    return disclose_incident(tx.session, context, disclosures, caller, incident_id)
