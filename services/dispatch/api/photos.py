"""Photos of the card, in the control room and at the unit."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.dispatch.api.dependencies import ContextOf, DisclosuresOf, Reading, RoomPrincipal, UnitPrincipal
from services.dispatch.presenters.caller_view import disclose_photo, incident_for, order_for
from services.dispatch.usecases.access_scope import own_order

_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}

router = APIRouter(prefix="/v1")


@router.get(
    "/incidents/{incident_id}/photos/{photo_id}",
    tags=["incidents"],
    response_class=Response,
    responses=_JPEG,
)
def photo_in_room(
    incident_id: UUID,
    photo_id: UUID,
    session: Reading,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: RoomPrincipal,
) -> Response:
    """Show a photo of the card, while the alarm is open."""
    view = incident_for(session, context, caller, incident_id)
    return _picture(disclose_photo(session, context, disclosures, caller, view, photo_id))


@router.get(
    "/orders/{order_id}/photos/{photo_id}",
    tags=["orders"],
    response_class=Response,
    responses=_JPEG,
)
def photo_at_unit(
    order_id: UUID,
    photo_id: UUID,
    session: Reading,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> Response:
    """Show a photo of the card, while the order is the unit's."""
    order = own_order(session, caller, order_id)
    view = order_for(session, context, order.id, order.incident_id)
    return _picture(disclose_photo(session, context, disclosures, caller, view, photo_id))


def _picture(jpeg: bytes) -> Response:
    """Answer with a photo; nothing of it stays anywhere."""
    return Response(jpeg, media_type="image/jpeg")
