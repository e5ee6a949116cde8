"""The life of an order, as its unit tells it."""

from uuid import UUID

from fastapi import FastAPI

from chassis.auth import require
from chassis.caller import Caller
from contracts.dispatch import OrderState
from services.dispatch import access
from services.dispatch.disclosures import Disclosures
from services.dispatch.models import OrderRow
from services.dispatch.schemas import DeclineIn, OrderCloseIn, OrderView
from services.dispatch.usecases import moving
from services.dispatch.usecases.context import Context


def add(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    """The endpoints."""

    def seen(caller: Caller, order: OrderRow) -> OrderView:
        return disclosures.show(caller, access.order_for(context, order.id, order.incident_id))

    def moved(caller: Caller, order_id: UUID, target: OrderState, reason: str | None = None) -> OrderView:
        order = access.own_order(context, caller, order_id)
        moving.move_order(context, order_id, caller.subject, target, reason)
        return seen(caller, order)

    @app.post("/v1/orders/{order_id}/receipt", tags=["orders"])
    def receipt(order_id: UUID, caller: Caller = require(*access.UNIT)) -> OrderView:
        """The unit's terminal has the order."""
        return moved(caller, order_id, "received")

    @app.post("/v1/orders/{order_id}/acknowledge", tags=["orders"])
    def acknowledge(order_id: UUID, caller: Caller = require(*access.UNIT)) -> OrderView:
        """The crew takes it."""
        return moved(caller, order_id, "acknowledged")

    @app.post("/v1/orders/{order_id}/en-route", tags=["orders"])
    def en_route(order_id: UUID, caller: Caller = require(*access.UNIT)) -> OrderView:
        """The unit moves."""
        return moved(caller, order_id, "en_route")

    @app.post("/v1/orders/{order_id}/on-scene", tags=["orders"])
    def on_scene(order_id: UUID, caller: Caller = require(*access.UNIT)) -> OrderView:
        """The unit is there."""
        return moved(caller, order_id, "on_scene")

    @app.post("/v1/orders/{order_id}/decline", tags=["orders"])
    def decline(order_id: UUID, body: DeclineIn, caller: Caller = require(*access.UNIT)) -> OrderView:
        """The unit cannot go; another one is looked for at once."""
        return moved(caller, order_id, "declined", body.reason)

    @app.post("/v1/orders/{order_id}/close", tags=["orders"])
    def close(order_id: UUID, body: OrderCloseIn, caller: Caller = require(*access.UNIT)) -> OrderView:
        """The unit sees the victim safe: the incident ends with an outcome. Only from on scene."""
        order = access.own_order(context, caller, order_id)
        access.refuse_tied(tied=access.has_tie(context, caller, order))
        moving.close_from_scene(context, order_id, body.outcome, caller.subject)
        return seen(caller, order)
