"""Photos of the card, in the control room and at the unit."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from services.dispatch.api.dependencies import (
    ContextOf,
    DisclosuresOf,
    ReadSession,
    RoomPrincipal,
    UnitPrincipal,
)
from services.dispatch.presenters.caller_view import disclose_photo, load_incident_view, load_order_view
from services.dispatch.usecases.access_scope import may_see_incident, own_order

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
    session: ReadSession,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: RoomPrincipal,
) -> Response:
    """Show a photo of the card, while the alarm is open."""
    may_see_incident(session, caller, incident_id)
    view = load_incident_view(session, context, incident_id)
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
    session: ReadSession,
    context: ContextOf,
    disclosures: DisclosuresOf,
    caller: UnitPrincipal,
) -> Response:
    """Show a photo of the card, while the order is the unit's."""
    view = load_order_view(session, context, own_order(session, caller, order_id))
    return _picture(disclose_photo(session, context, disclosures, caller, view, photo_id))


def _picture(jpeg: bytes) -> Response:
    """Answer with a photo; nothing of it stays anywhere."""
    return Response(jpeg, media_type="image/jpeg")
