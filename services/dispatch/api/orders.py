"""The life of an order, as its unit tells it."""

from uuid import UUID

from fastapi import FastAPI

from chassis.errors import Invalid
from chassis.security.accounts import is_one_of
from chassis.security.auth import require
from chassis.security.principal import Caller
from contracts.dispatch import OrderState
from services.dispatch.api.dependencies import UNIT
from services.dispatch.models import OrderRow
from services.dispatch.presenters.caller_view import incident_for, order_for
from services.dispatch.presenters.disclosure import Disclosures
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import DeclineIn, OrderCloseIn, OrderView, RadioIn, RecallIn
from services.dispatch.usecases import act_for_crew
from services.dispatch.usecases.access_scope import has_tie, incident_of_order, own_order, refuse_tied
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.incident_actions import close_from_scene
from services.dispatch.usecases.order_actions import move_order


def add(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    """The endpoints."""

    def seen(caller: Caller, order: OrderRow) -> OrderView:
        return disclosures.show(caller, order_for(context, order.id, order.incident_id))

    def moved(caller: Caller, order_id: UUID, target: OrderState, reason: str | None = None) -> OrderView:
        order = own_order(context, caller, order_id)
        move_order(context, order_id, caller.subject, target, reason)
        return seen(caller, order)

    @app.post("/v1/orders/{order_id}/receipt", tags=["orders"])
    def receipt(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit's terminal has the order."""
        return moved(caller, order_id, "received")

    @app.post("/v1/orders/{order_id}/acknowledge", tags=["orders"])
    def acknowledge(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The crew takes it."""
        return moved(caller, order_id, "acknowledged")

    @app.post("/v1/orders/{order_id}/en-route", tags=["orders"])
    def en_route(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit moves."""
        return moved(caller, order_id, "en_route")

    @app.post("/v1/orders/{order_id}/on-scene", tags=["orders"])
    def on_scene(order_id: UUID, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit is there."""
        return moved(caller, order_id, "on_scene")

    @app.post("/v1/orders/{order_id}/decline", tags=["orders"])
    def decline(order_id: UUID, body: DeclineIn, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit cannot go; another one is looked for at once."""
        return moved(caller, order_id, "declined", body.reason)

    @app.post("/v1/orders/{order_id}/close", tags=["orders"])
    def close(order_id: UUID, body: OrderCloseIn, caller: Caller = require(*UNIT)) -> OrderView:
        """The unit sees the victim safe: the incident ends with an outcome. Only from on scene."""
        order = own_order(context, caller, order_id)
        refuse_tied(tied=has_tie(context, caller, order))
        close_from_scene(context, order_id, body.outcome, caller.subject)
        return seen(caller, order)


def add_on_behalf(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    """The endpoints of an operator who speaks for a crew."""
    operator = require("operator", "supervisor")

    def untied(caller: Caller, order_id: UUID) -> UUID:
        """The incident of an order that the caller's room has; raises `OrderUnknown`, `Tied`."""
        incident_id = incident_of_order(context, order_id)
        view = incident_for(context, caller, incident_id)
        refuse_tied(tied=is_one_of(caller.subject, view.kept_from))
        return incident_id

    @app.post("/v1/orders/{order_id}/radio", tags=["orders"])
    def radio(order_id: UUID, body: RadioIn, caller: Caller = operator) -> IncidentView:
        """An operator confirms what a crew said by radio; such a unit is not replaced for its silence."""
        incident_id = untied(caller, order_id)
        if body.state != "victim_safe":
            act_for_crew.confirm_by_radio(context, order_id, caller, body.state, body.reason)
        elif body.outcome is None:
            raise Invalid("an alarm ends with an outcome", field="outcome")
        else:
            close_from_scene(context, order_id, body.outcome, caller.subject, caller, body.reason)
        return disclosures.show(caller, incident_for(context, caller, incident_id))

    @app.post("/v1/orders/{order_id}/recall", tags=["orders"])
    def recall(order_id: UUID, body: RecallIn, caller: Caller = operator) -> IncidentView:
        """An operator calls a unit back that is not there yet; the next nearest is proposed."""
        incident_id = untied(caller, order_id)
        act_for_crew.recall(context, order_id, caller, body.reason)
        return disclosures.show(caller, incident_for(context, caller, incident_id))
