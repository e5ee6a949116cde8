"""An operator speaks for a crew that has only a radio, or calls it back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from chassis.errors import Invalid
from chassis.security.auth import require
from chassis.security.principal import Principal
from services.dispatch.api.dependencies import ContextOf, DisclosuresOf, WriteTx
from services.dispatch.presenters.caller_view import disclose_incident
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import RadioIn, RecallIn
from services.dispatch.usecases import act_for_crew
from services.dispatch.usecases.access_scope import incident_of_order, may_act_on_incident
from services.dispatch.usecases.incident_actions import close_from_scene

router = APIRouter(prefix="/v1/orders", tags=["orders"])
Operator = Annotated[Principal, require("operator", "supervisor")]


@router.post("/{order_id}/radio")
def radio(
    order_id: UUID,
    body: RadioIn,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: Operator,
) -> IncidentView:
    """Confirm, as an operator, what a crew said by radio; such a unit is not replaced for its silence."""
    incident_id = incident_of_order(tx.session, order_id)
    may_act_on_incident(tx.session, caller, incident_id)
    if body.state != "victim_safe":
        act_for_crew.confirm_by_radio(tx, context, order_id, caller, body.state, body.reason)
    elif body.outcome is None:
        raise Invalid("an alarm ends with an outcome", field="outcome")
    else:
        close_from_scene(tx, context, order_id, body.outcome, caller.subject, caller, body.reason)
    return disclose_incident(tx.session, context, disclosures, caller, incident_id)


@router.post("/{order_id}/recall")
def recall(
    order_id: UUID,
    body: RecallIn,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: Operator,
) -> IncidentView:
    """Call back, as an operator, a unit that is not there yet; the next nearest is proposed."""
    incident_id = incident_of_order(tx.session, order_id)
    may_act_on_incident(tx.session, caller, incident_id)
    act_for_crew.recall(tx, context, order_id, caller, body.reason)
    return disclose_incident(tx.session, context, disclosures, caller, incident_id)
