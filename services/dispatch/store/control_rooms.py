"""The SQL of control rooms: how each wants its alarms, and whether its webhook works."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col, select

from services.dispatch.models import ControlRoomRow, PublishedZonesRow, WebhookProposalRow

_DELIVERED = text("UPDATE control_rooms SET webhook_delivered_at = :now WHERE id = :cic")
# A second attempt is one after a failure.
_UNDELIVERED = text(
    "SELECT split_part(subject_id, '|', 2) AS control_room_id, count(*) FILTER (WHERE attempt > 1) AS failing, "
    "count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked FROM due WHERE kind = 'webhook' GROUP BY 1"
)


def load_control_room(session: Session, control_room_id: str) -> ControlRoomRow | None:
    """Load what was set up for a control room; None where nothing ever was."""
    return session.get(ControlRoomRow, control_room_id)


def lock_control_room(session: Session, control_room_id: str) -> ControlRoomRow | None:
    """Lock what was set up for a control room until the transaction ends; None where nothing ever was."""
    return session.get(ControlRoomRow, control_room_id, with_for_update=True)


def store_policy(session: Session, control_room_id: str, policy: str, *, amqp: bool) -> None:
    """Store how a control room wants its alarms, but for its webhook."""
    values = {"policy": policy, "amqp": amqp}
    statement = upsert(ControlRoomRow).values(id=control_room_id, announced=False, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def add_control_rooms(session: Session, rooms: Collection[str]) -> None:
    """Add those of these control rooms that are not there yet."""
    rows = [{"id": room, "policy": "proposed", "amqp": False, "announced": False} for room in rooms]
    session.execute(upsert(ControlRoomRow).values(rows).on_conflict_do_nothing())


def lock_unannounced(session: Session) -> Iterable[ControlRoomRow]:
    """Find the control rooms that nobody was told of, locked; those that another process has are left to it."""
    query = select(ControlRoomRow).where(~col(ControlRoomRow.announced)).with_for_update(skip_locked=True)
    rows: Iterable[ControlRoomRow] = session.exec(query)
    return rows


def lock_published_zones(session: Session) -> PublishedZonesRow:
    """Find the zones that others were told of last, locked."""
    session.execute(upsert(PublishedZonesRow).values(id=1, number=0, zones=[]).on_conflict_do_nothing())
    row: PublishedZonesRow = session.exec(select(PublishedZonesRow).with_for_update()).one()
    return row


def load_webhook_proposal(session: Session, control_room_id: str) -> WebhookProposalRow | None:
    """Load the webhook that is proposed for a control room; None where none is."""
    return session.get(WebhookProposalRow, control_room_id)


def replace_webhook_proposal(
    session: Session, before: WebhookProposalRow | None, proposal: WebhookProposalRow
) -> None:
    """Store what is proposed, in place of an earlier proposal for the same room."""
    if before is not None:
        session.delete(before)
        session.flush()
    session.add(proposal)


def remove_webhook_proposal(session: Session, proposal: WebhookProposalRow) -> None:
    """Remove a proposal that was answered."""
    session.delete(proposal)


def store_webhook(session: Session, room: ControlRoomRow, url: str | None, secret: bytes | None) -> None:
    """Store another webhook (None: none) of a control room. `secret`: encrypted."""
    room.webhook_url, room.webhook_secret = url, secret
    room.webhook_delivered_at = None
    session.add(room)


def note_webhook_delivered(session: Session, control_room_id: str, now: datetime) -> None:
    """Note that the webhook of a control room took something."""
    session.execute(_DELIVERED, {"cic": control_room_id, "now": now})


def undelivered_webhooks(session: Session) -> dict[str, tuple[int, int]]:
    """Count by control room: how many webhooks failed and are tried again, and how many were parked."""
    return {row.control_room_id: (row.failing, row.parked) for row in session.execute(_UNDELIVERED)}
