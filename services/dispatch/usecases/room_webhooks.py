"""Another webhook of a control room: one person proposes it, a supervisor of that room confirms it.

Every card of the room goes there, so nobody may send them elsewhere alone; until then the old one counts.
"""

from uuid import UUID, uuid4

from chassis.database.database import Transaction
from chassis.errors import Forbidden, Invalid
from chassis.runtime import clock
from chassis.security import audit
from chassis.security.accounts import is_one_of
from chassis.security.principal import Principal
from services.dispatch.domain.webhooks import NewWebhook
from services.dispatch.errors import WebhookProposalUnknown
from services.dispatch.models import ControlRoomRow, WebhookProposalRow
from services.dispatch.store.control_rooms import (
    load_webhook_proposal,
    lock_control_room,
    remove_webhook_proposal,
    replace_webhook_proposal,
    store_webhook,
)
from services.dispatch.store.encrypted_columns import webhook_associated_data, webhook_proposal_associated_data
from services.dispatch.usecases.context import Context

_FIELDS = ("webhook_url", "webhook_secret")


def refuse_wrong(context: Context, wanted: NewWebhook) -> None:
    """Refuse (`Invalid`) a webhook that can never come into force."""
    url = wanted.url
    if url is None:
        if wanted.secret is not None:
            raise Invalid("a signing secret needs the address that it is for", field="webhook_url")
        return
    if why := context.settings.webhook_egress.refusal(url):
        raise Invalid(why, field="webhook_url")
    if not url.startswith("https://") and context.settings.production:
        raise Invalid("orders carry a location: the webhook must be https", field="webhook_url")
    if wanted.secret is None:
        raise Invalid("a webhook needs its signing secret", field="webhook_secret")


def propose(
    tx: Transaction, context: Context, control_room_id: str, wanted: NewWebhook, by: Principal
) -> WebhookProposalRow | None:
    """Propose another webhook, or none, in place of an earlier proposal; None where there is none to end."""
    room, before = _locked(tx, control_room_id)
    if wanted.url is None and room.webhook_url is None:
        return None
    row = WebhookProposalRow(
        control_room_id=control_room_id,
        id=uuid4(),
        url=wanted.url,
        secret=context.vault.encrypt(webhook_proposal_associated_data(control_room_id), wanted.secret)
        if wanted.secret
        else None,
        proposed_by=by.subject,
        proposed_at=clock.now(),
    )
    replace_webhook_proposal(tx.session, before, row)
    audit.wrote(tx, by, audit.Purpose("webhook proposed", f"control_room:{control_room_id}"), _FIELDS)
    return row


def confirm(tx: Transaction, context: Context, control_room_id: str, proposal_id: UUID, by: Principal) -> None:
    """Put a proposed webhook into force; raises `WebhookProposalUnknown`, `Forbidden` for its proposer."""
    room, row = _proposed(tx, control_room_id, proposal_id)
    if is_one_of(by.subject, [row.proposed_by]):
        raise Forbidden("you proposed it: somebody else must confirm it", field="proposal_id")
    encrypted = row.secret
    if encrypted is not None:
        secret = context.vault.decrypt(webhook_proposal_associated_data(control_room_id), encrypted)
        encrypted = context.vault.encrypt(webhook_associated_data(control_room_id), secret)
    store_webhook(tx.session, room, row.url, encrypted)
    remove_webhook_proposal(tx.session, row)
    audit.wrote(tx, by, audit.Purpose("webhook confirmed", f"control_room:{control_room_id}"), _FIELDS)


def decline(tx: Transaction, control_room_id: str, proposal_id: UUID, by: Principal) -> None:
    """Take a proposal away; raises `WebhookProposalUnknown`."""
    _, row = _proposed(tx, control_room_id, proposal_id)
    remove_webhook_proposal(tx.session, row)
    audit.wrote(tx, by, audit.Purpose("webhook declined", f"control_room:{control_room_id}"), _FIELDS)


def _proposed(
    tx: Transaction, control_room_id: str, proposal_id: UUID
) -> tuple[ControlRoomRow, WebhookProposalRow]:
    room, row = _locked(tx, control_room_id)
    if row is None or row.id != proposal_id:
        raise WebhookProposalUnknown("nobody proposes this webhook any more", field="proposal_id")
    return room, row


def _locked(tx: Transaction, control_room_id: str) -> tuple[ControlRoomRow, WebhookProposalRow | None]:
    """Lock the room; returns what is proposed for it too."""
    room = lock_control_room(tx.session, control_room_id)
    if room is None:
        raise WebhookProposalUnknown("nothing was ever set up for this control room", field="control_room_id")
    return room, load_webhook_proposal(tx.session, control_room_id)
