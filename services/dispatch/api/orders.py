"""The life of an order, as its unit tells it."""

from uuid import UUID

from fastapi import APIRouter

from chassis.database.database import Transaction
from chassis.security.principal import Principal
from contracts.dispatch import OrderState
from services.dispatch.api.dependencies import ContextOf, DisclosuresOf, UnitPrincipal, WriteTx
from services.dispatch.presenters.caller_view import disclose_order
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.schemas.orders import DeclineIn, OrderCloseIn, OrderView
from services.dispatch.usecases.access_scope import own_order, refuse_conflicted
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.incident_actions import close_from_scene
from services.dispatch.usecases.order_actions import move_order

router = APIRouter(prefix="/v1/orders", tags=["orders"])


def _report(
    tx: Transaction,
    context: Context,
    disclosures: Disclosures,
    caller: Principal,
    order_id: UUID,
    target: OrderState,
    reason: str | None = None,
) -> OrderView:
    order = own_order(tx.session, caller, order_id)
    move_order(tx, context, order_id, caller.subject, target, reason)
    return disclose_order(tx.session, context, disclosures, caller, order)


@router.post("/{order_id}/receipt")
def receipt(
    order_id: UUID,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> OrderView:
    """Report that the unit's terminal has the order."""
    return _report(tx, context, disclosures, caller, order_id, "received")


@router.post("/{order_id}/acknowledge")
def acknowledge(
    order_id: UUID,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> OrderView:
    """Report that the crew takes the order."""
    return _report(tx, context, disclosures, caller, order_id, "acknowledged")


@router.post("/{order_id}/en-route")
def en_route(
    order_id: UUID,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> OrderView:
    """Report that the unit is on its way."""
    return _report(tx, context, disclosures, caller, order_id, "en_route")


@router.post("/{order_id}/on-scene")
def on_scene(
    order_id: UUID,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> OrderView:
    """Report that the unit is there."""
    return _report(tx, context, disclosures, caller, order_id, "on_scene")


@router.post("/{order_id}/decline")
def decline(
    order_id: UUID,
    body: DeclineIn,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> OrderView:
    """Report that the unit cannot go; another one is looked for at once."""
    return _report(tx, context, disclosures, caller, order_id, "declined", body.reason)


@router.post("/{order_id}/close")
def close(
    order_id: UUID,
    body: OrderCloseIn,
    tx: WriteTx,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> OrderView:
    """Report that the unit sees the victim safe: the incident ends with an outcome. Only from on scene."""
    order = own_order(tx.session, caller, order_id)
    refuse_conflicted(tx.session, caller, order.incident_id)
    close_from_scene(tx, context, order_id, body.outcome, caller.subject)
    return disclose_order(tx.session, context, disclosures, caller, order)
