"""Photos of the card, in the control room and at the unit."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI, Response

from chassis.security.auth import require
from chassis.security.principal import Caller
from services.dispatch.api.dependencies import ROOM, UNIT
from services.dispatch.presenters.caller_view import incident_for, order_for, photo_on_card
from services.dispatch.presenters.disclosure import Disclosures, V
from services.dispatch.usecases.access_scope import own_order
from services.dispatch.usecases.context import Context

_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}


def add(app: FastAPI, context: Context, disclosures: Disclosures) -> None:
    """The endpoints."""

    @app.get(
        "/v1/incidents/{incident_id}/photos/{photo_id}",
        tags=["incidents"],
        response_class=Response,
        responses=_JPEG,
    )
    def photo_in_room(incident_id: UUID, photo_id: UUID, caller: Caller = require(*ROOM)) -> Response:
        """A photo of the card, while the alarm is open."""
        return _picture(context, disclosures, caller, incident_for(context, caller, incident_id), photo_id)

    @app.get(
        "/v1/orders/{order_id}/photos/{photo_id}",
        tags=["orders"],
        response_class=Response,
        responses=_JPEG,
    )
    def photo_at_unit(order_id: UUID, photo_id: UUID, caller: Caller = require(*UNIT)) -> Response:
        """A photo of the card, while the order is the unit's."""
        order = own_order(context, caller, order_id)
        view = order_for(context, order.id, order.incident_id)
        return _picture(context, disclosures, caller, view, photo_id)


def _picture(context: Context, disclosures: Disclosures, caller: Caller, view: V, photo_id: UUID) -> Response:
    """A photo of the card that this view shows; nothing of it stays anywhere."""
    picture = photo_on_card(context, disclosures.show(caller, view), photo_id)
    disclosures.picture(caller, view)
    return Response(picture, media_type="image/jpeg")
