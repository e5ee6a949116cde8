"""The life of an order, as its unit tells it."""

from uuid import UUID

from fastapi import APIRouter

from contracts.dispatch import OrderState
from services.dispatch.api.dependencies import ContextOf, DisclosuresOf, UnitCaller
from services.dispatch.presenters.caller_view import disclose_order
from services.dispatch.schemas.orders import DeclineIn, OrderCloseIn, OrderView
from services.dispatch.usecases.access_scope import has_tie, own_order, refuse_tied
from services.dispatch.usecases.incident_actions import close_from_scene
from services.dispatch.usecases.order_actions import move_order

router = APIRouter(prefix="/v1/orders", tags=["orders"])


def _report(
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitCaller,
    order_id: UUID,
    target: OrderState,
    reason: str | None = None,
) -> OrderView:
    order = own_order(context, caller, order_id)
    move_order(context, order_id, caller.subject, target, reason)
    return disclose_order(context, disclosures, caller, order)


@router.post("/{order_id}/receipt")
def receipt(order_id: UUID, context: ContextOf, disclosures: DisclosuresOf, caller: UnitCaller) -> OrderView:
    """Report that the unit's terminal has the order."""
    return _report(context, disclosures, caller, order_id, "received")


@router.post("/{order_id}/acknowledge")
def acknowledge(
    order_id: UUID, context: ContextOf, disclosures: DisclosuresOf, caller: UnitCaller
) -> OrderView:
    """Report that the crew takes the order."""
    return _report(context, disclosures, caller, order_id, "acknowledged")


@router.post("/{order_id}/en-route")
def en_route(order_id: UUID, context: ContextOf, disclosures: DisclosuresOf, caller: UnitCaller) -> OrderView:
    """Report that the unit is on its way."""
    return _report(context, disclosures, caller, order_id, "en_route")


@router.post("/{order_id}/on-scene")
def on_scene(order_id: UUID, context: ContextOf, disclosures: DisclosuresOf, caller: UnitCaller) -> OrderView:
    """Report that the unit is there."""
    return _report(context, disclosures, caller, order_id, "on_scene")


@router.post("/{order_id}/decline")
def decline(
    order_id: UUID, body: DeclineIn, context: ContextOf, disclosures: DisclosuresOf, caller: UnitCaller
) -> OrderView:
    """Report that the unit cannot go; another one is looked for at once."""
    return _report(context, disclosures, caller, order_id, "declined", body.reason)


@router.post("/{order_id}/close")
def close(
    order_id: UUID, body: OrderCloseIn, context: ContextOf, disclosures: DisclosuresOf, caller: UnitCaller
) -> OrderView:
    """Report that the unit sees the victim safe: the incident ends with an outcome. Only from on scene."""
    order = own_order(context, caller, order_id)
    refuse_tied(tied=has_tie(context, caller, order))
    close_from_scene(context, order_id, body.outcome, caller.subject)
    return disclose_order(context, disclosures, caller, order)
