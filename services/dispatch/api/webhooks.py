"""Webhooks of control rooms: which are in force, and which wait for a second person."""

from typing import Annotated

from fastapi import APIRouter

from chassis.security.auth import require
from chassis.security.principal import Principal
from services.dispatch.api.dependencies import ContextOf, ReadSession, SetUpTx, Supervisor, WriteTx
from services.dispatch.presenters.webhooks import present_room_webhooks, present_webhook
from services.dispatch.schemas.control_rooms import RoomWebhook, WebhookAnswerIn, WebhookOut
from services.dispatch.usecases import room_webhooks
from services.dispatch.usecases.access_scope import may_see_room, may_set_up_room, room_of

router = APIRouter(prefix="/v1", tags=["set-up"])
Keeper = Annotated[Principal, require("admin", "supervisor")]


@router.get("/webhooks")
def webhooks(session: ReadSession, context: ContextOf, caller: Keeper) -> list[RoomWebhook]:
    """List the webhooks that the caller looks after, and whether they work: all, or the own room's."""
    everywhere = "admin" in caller.roles
    own = list(context.situation.control_rooms) if everywhere else [room_of(caller)]
    return present_room_webhooks(session, own)


@router.get("/control-rooms/{control_room_id}/webhook")
def webhook(control_room_id: str, session: ReadSession, caller: Keeper) -> WebhookOut:
    """Show where the room's alarms go, and where somebody proposes to send them. Never the secret."""
    may_set_up_room(caller, control_room_id)
    return present_webhook(session, control_room_id)


@router.post("/control-rooms/{control_room_id}/webhook/confirm", status_code=204)
def confirm_webhook(
    control_room_id: str, body: WebhookAnswerIn, tx: SetUpTx, context: ContextOf, caller: Supervisor
) -> None:
    """Put the proposed webhook into force: its proposer may not."""
    may_see_room(caller, control_room_id)
    room_webhooks.confirm(tx, context, control_room_id, body.proposal_id, caller)


@router.post("/control-rooms/{control_room_id}/webhook/decline", status_code=204)
def decline_webhook(control_room_id: str, body: WebhookAnswerIn, tx: WriteTx, caller: Keeper) -> None:
    """Take the proposal away; the old webhook stays."""
    may_set_up_room(caller, control_room_id)
    room_webhooks.decline(tx, control_room_id, body.proposal_id, caller)
