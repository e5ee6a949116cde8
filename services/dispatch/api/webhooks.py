"""Webhooks of control rooms: which are in force, and which wait for a second person; `rooms` proposes."""

from fastapi import FastAPI

from chassis.security.auth import require
from chassis.security.principal import Caller
from services.dispatch.schemas.control_rooms import RoomWebhook, WebhookAnswerIn, WebhookOut
from services.dispatch.usecases import room_webhooks
from services.dispatch.usecases.access_scope import may_see_room, may_set_up_room, room_of
from services.dispatch.usecases.context import Context


def add(app: FastAPI, context: Context) -> None:
    """The endpoints."""

    @app.get("/v1/webhooks", tags=["set-up"])
    def webhooks(caller: Caller = require("admin", "supervisor")) -> list[RoomWebhook]:
        """The webhooks that the caller looks after, and whether they work: all, or the own room's."""
        everywhere = "admin" in caller.roles
        own = list(context.board.control_rooms) if everywhere else [room_of(caller)]
        with context.database.read() as session:
            return room_webhooks.overview(session, own)

    @app.get("/v1/control-rooms/{cic_id}/webhook", tags=["set-up"])
    def webhook(cic_id: str, caller: Caller = require("admin", "supervisor")) -> WebhookOut:
        """Where the room's alarms go, and where somebody proposes to send them. Never the secret."""
        may_set_up_room(caller, cic_id)
        with context.database.read() as session:
            return room_webhooks.standing(session, cic_id)

    @app.post("/v1/control-rooms/{cic_id}/webhook/confirm", tags=["set-up"], status_code=204)
    def confirm_webhook(cic_id: str, body: WebhookAnswerIn, caller: Caller = require("supervisor")) -> None:
        """Put the proposed webhook into force: not for who proposed it."""
        may_see_room(caller, cic_id)
        room_webhooks.confirm(context, cic_id, body.proposal_id, caller)

    @app.post("/v1/control-rooms/{cic_id}/webhook/decline", tags=["set-up"], status_code=204)
    def decline_webhook(
        cic_id: str, body: WebhookAnswerIn, caller: Caller = require("admin", "supervisor")
    ) -> None:
        """Take the proposal away; the old webhook stays."""
        may_set_up_room(caller, cic_id)
        room_webhooks.decline(context, cic_id, body.proposal_id, caller)
