"""Webhooks of control rooms as people look after them. Never their secrets."""

from collections.abc import Sequence
from typing import Literal

from chassis.database.database import Session
from services.dispatch.models import WebhookProposalRow
from services.dispatch.schemas.control_rooms import RoomWebhook, WebhookOut, WebhookProposed
from services.dispatch.store.control_rooms import load_control_room, load_webhook_proposal, undelivered_webhooks


def present_webhook(session: Session, control_room_id: str) -> WebhookOut:
    """Show the webhook in force, and the one that waits for a second person."""
    room, row = load_control_room(session, control_room_id), load_webhook_proposal(session, control_room_id)
    return WebhookOut(
        webhook_url=room.webhook_url if room else None, proposed=present_proposal(row) if row else None
    )


def present_room_webhooks(session: Session, rooms: Sequence[str]) -> list[RoomWebhook]:
    """Show the webhooks of these rooms, with whether they work."""
    failed = undelivered_webhooks(session)
    return [
        _room_webhook(session, control_room_id, *failed.get(control_room_id, (0, 0)))
        for control_room_id in rooms
    ]


def _room_webhook(session: Session, control_room_id: str, failing: int, parked: int) -> RoomWebhook:
    now, room = present_webhook(session, control_room_id), load_control_room(session, control_room_id)
    state: Literal["none", "proposed", "confirmed", "failing", "parked"]
    if now.webhook_url is None:
        state = "proposed" if now.proposed else "none"
    else:
        state = "parked" if parked else "failing" if failing else "confirmed"
    return RoomWebhook(
        **dict(now),
        control_room_id=control_room_id,
        state=state,
        undelivered=failing + parked,
        delivered_at=room.webhook_delivered_at if room else None,
    )


def present_proposal(row: WebhookProposalRow) -> WebhookProposed:
    """Show what is proposed, without its secret."""
    return WebhookProposed(
        proposal_id=row.id, webhook_url=row.url, proposed_by=row.proposed_by, proposed_at=row.proposed_at
    )
