"""A file follows the victim: its zone offers it, and answers for it until the other one takes it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

from chassis.database.unit_of_work import UnitOfWork
from services.registry.domain.lifecycle import EnrolmentStatus
from services.registry.domain.transfers import TransferMove, TransferState, transfer_moved
from services.registry.errors import (
    EnrolmentMoveRefused,
    TransferAnsweredBefore,
    TransferInvalid,
    TransferUnknown,
)
from services.registry.events import outgoing
from services.registry.models import EnrolmentRow, TransferRow
from services.registry.store import encrypted_columns, stock
from services.registry.store import transfers as store
from services.registry.usecases import cards, reminders, zones
from services.registry.usecases.access_scope import (
    find_own_file,
    find_unconflicted_file,
    is_conflicted,
    zone_of,
)
from services.registry.usecases.file_changes import publish_change
from services.registry.usecases.reminders import Reminder

# Somebody at the old zone comes back from leave within that; after it the file alone says so.
_DECLINED_SHOWN = timedelta(days=14)


def offer_file(
    uow: UnitOfWork, enrolment_id: UUID, to_zone_id: str, reason: str, within: timedelta
) -> TransferRow:
    """Offer a file to the zone that the victim moved to; it must answer within `within`.

    Raises `ZoneUnknown`, `TransferInvalid`, `TransferAnsweredBefore`.
    """
    row = find_own_file(uow, enrolment_id, lock=True)
    if row.status == EnrolmentStatus.ENDED:
        raise EnrolmentMoveRefused("a file that has ended moves nowhere", status_now=row.status)
    if to_zone_id == row.managing_zone_id:
        raise TransferInvalid("this zone manages the file already", field="to_zone_id")
    zones.refuse_unknown(uow, to_zone_id, "to_zone_id")
    if store.offered(uow.session, row.id) is not None:
        raise TransferAnsweredBefore("the file is on offer already", field="to_zone_id")
    transfer = TransferRow(
        id=uuid4(),
        enrolment_id=row.id,
        from_zone_id=row.managing_zone_id,
        to_zone_id=to_zone_id,
        encrypted=b"",
        offered_at=uow.at,
        offered_by=uow.caller.subject,
        due_at=uow.at + within,
    )
    transfer.encrypted = uow.encrypt(encrypted_columns.transfer(transfer.id), {"reason": reason})
    store.add(uow.session, transfer)
    reminders.schedule_reminders(uow.session, row.id, [Reminder("transfer", str(transfer.id), transfer.due_at)])
    uow.tx.publish(outgoing.transfer_offered(transfer))
    return transfer


def list_transfers(uow: UnitOfWork, limit: int) -> list[TransferRow]:
    """List what the caller's zone offers or is offered, then what of its offers was declined lately.

    Nothing in which the caller has a conflict of interest.
    """
    zone = zone_of(uow.caller)
    found = [
        *store.of_zone(uow.session, zone, limit),
        *store.declined(uow.session, zone, uow.at - _DECLINED_SHOWN, limit),
    ]
    return [row for row in found[:limit] if not is_conflicted(uow, row.enrolment_id)]


def find_last(uow: UnitOfWork, row: EnrolmentRow) -> TransferRow | None:
    """Find the last offer of a file, where the caller's zone can answer it or must hear it was declined."""
    made = store.of_file(uow.session, row.id)
    if not made or row.erased_at is not None:
        return None
    latest, zone = made[-1], uow.caller.zone if "file_manager" in uow.caller.roles else None
    offered = latest.state == TransferState.OFFERED
    declined = latest.state == TransferState.DECLINED and latest.from_zone_id == row.managing_zone_id
    concerned = zone in (latest.from_zone_id, latest.to_zone_id)
    return latest if concerned and (offered or declined) else None


def read_reasons(uow: UnitOfWork, row: TransferRow) -> Mapping[str, object]:
    """Read why a file is offered (`reason`), and why it was not taken (`declined`)."""
    return uow.decrypt_mapping(encrypted_columns.transfer(row.id), row.encrypted)


def accept_file(uow: UnitOfWork, transfer_id: UUID) -> TransferRow:
    """Take the file for the other zone: from here on it manages it, and its card says so."""
    row, transfer = _open(uow, transfer_id)
    if transfer.to_zone_id != zone_of(uow.caller):
        raise TransferUnknown("there is no such transfer")
    if row.status == EnrolmentStatus.ENDED:
        raise EnrolmentMoveRefused("a file that has ended moves nowhere", status_now=row.status)
    row.managing_zone_id = transfer.to_zone_id
    stock.follow(uow.session, row.id, transfer.to_zone_id)
    _answer(uow, transfer, "accept")
    publish_change(uow, row)
    if row.card is not None:
        cards.publish_card(uow, row)
    return transfer


def decline_file(uow: UnitOfWork, transfer_id: UUID, reason: str) -> TransferRow:
    """Decline the file, and say why; the old zone goes on."""
    _, transfer = _open(uow, transfer_id)
    if transfer.to_zone_id != zone_of(uow.caller):
        raise TransferUnknown("there is no such transfer")
    content = uow.decrypt_mapping(encrypted_columns.transfer(transfer.id), transfer.encrypted)
    transfer.encrypted = uow.encrypt(encrypted_columns.transfer(transfer.id), {**content, "declined": reason})
    _answer(uow, transfer, "decline")
    return transfer


def withdraw_offer(uow: UnitOfWork, transfer_id: UUID) -> TransferRow:
    """Take back an offer of the caller's zone."""
    row, transfer = _open(uow, transfer_id)
    if row.managing_zone_id != zone_of(uow.caller):
        raise TransferUnknown("there is no such transfer")
    _answer(uow, transfer, "withdraw")
    return transfer


def withdraw_open(uow: UnitOfWork, enrolment_id: UUID) -> None:
    """Withdraw what is on offer of a file that ends."""
    transfer = store.offered(uow.session, enrolment_id)
    if transfer is not None:
        _answer(uow, transfer, "withdraw")


def _open(uow: UnitOfWork, transfer_id: UUID) -> tuple[EnrolmentRow, TransferRow]:
    """Find an open transfer and its file, locked; raises `TransferUnknown`, `TransferAnsweredBefore`."""
    known = store.transfer(uow.session, transfer_id)
    zone = zone_of(uow.caller)
    if known is None or zone not in (known.from_zone_id, known.to_zone_id):
        raise TransferUnknown("there is no such transfer")
    row = find_unconflicted_file(uow, known.enrolment_id, lock=True)
    transfer = store.transfer(uow.session, transfer_id)
    if transfer is None or transfer.state != TransferState.OFFERED:
        raise TransferAnsweredBefore("this offer was answered before")
    return row, transfer


def _answer(uow: UnitOfWork, transfer: TransferRow, move: TransferMove) -> None:
    transfer.state = transfer_moved(TransferState(transfer.state), move)
    transfer.answered_at, transfer.answered_by = uow.at, uow.caller.subject
    reminders.settle_kinds(uow, transfer.enrolment_id, "transfer")
    uow.tx.publish(outgoing.transfer_answered(transfer))
