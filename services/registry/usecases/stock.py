"""A zone's stock of buttons and phones: entered, matched to a file, taken back, lost, found, written off."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from chassis.database.unit_of_work import UnitOfWork
from services.registry.domain import stock as domain
from services.registry.domain.lifecycle import DeviceStatus
from services.registry.domain.stock import STOCK_KINDS, StockKind, StockMove, StockPlace, StockStatus
from services.registry.errors import ButtonNotInStock, DeviceAlreadyIssued, StockUnknown
from services.registry.models import DeviceRow, StockRow
from services.registry.store import stock as store
from services.registry.usecases.access_scope import pick_conflicted, zone_of
from services.registry.usecases.locks import lock_or_refuse

# More than that is not chosen from a list; each still has its number.
_MOST_FREE = 500


@dataclass(frozen=True, slots=True)
class Item:
    """An item, where it is, and the device that it is part of: None for who must not know of its file."""

    row: StockRow
    status: StockStatus
    device: DeviceRow | None


def enter_item(uow: UnitOfWork, kind: StockKind, serial: str) -> Item:
    """Put an item into the stock of the caller's zone; what somebody had before is to be wiped first.

    Raises `StockKnown`, `DeviceAlreadyIssued`, `DoneAtOnce`.
    """
    zone = zone_of(uow.caller)
    lock_or_refuse(uow, f"{kind} {serial}", "serial")
    if kind == "button" and store.is_out(uow.session, serial):
        raise DeviceAlreadyIssued("serial: this one is issued to a file", field="serial")
    row = StockRow(
        id=uuid4(),
        zone_id=zone,
        kind=kind,
        serial=serial,
        status=StockStatus.RETURNED if store.was_used(uow.session, kind, serial) else StockStatus.STOCK,
        entered_at=uow.at,
        entered_by=uow.caller.subject,
    )
    store.add(uow.session, row)
    return Item(row, _status(row, None), None)


def list_items(uow: UnitOfWork, place: StockPlace | None, after: UUID | None, limit: int) -> list[Item]:
    """List what the caller's zone has in a place, or anywhere, in order of id."""
    return _seen(uow, store.items(uow.session, zone_of(uow.caller), place, after, limit))


def list_free(uow: UnitOfWork) -> dict[StockKind, list[StockRow]]:
    """List what the caller's zone may issue, by kind."""
    rows = store.free(uow.session, zone_of(uow.caller), _MOST_FREE)
    return {kind: [row for row in rows if row.kind == kind] for kind in STOCK_KINDS}


def move_item(uow: UnitOfWork, item_id: UUID, wanted: StockMove) -> Item:
    """Take back what was wiped, report lost, find, or write off; raises `StockUnknown`, `StockMoveRefused`."""
    row = store.item(uow.session, item_id, lock=True)
    if row is None or row.zone_id != zone_of(uow.caller):
        raise StockUnknown("there is no such item in this stock")
    device = store.devices_of(uow.session, [row.id]).get(row.id)
    # What is part of a device of a file is moved with that device: its status is not the stock's to change.
    status = StockStatus.ISSUED if device else domain.stock_status(row.status, None)
    row.status = domain.stock_moved(status, wanted)
    if wanted == "take_back":
        row.wiped_at, row.wiped_by = uow.at, uow.caller.subject
    return Item(row, domain.stock_status(row.status, None), None)


def match_item(uow: UnitOfWork, item_id: UUID, kind: StockKind, field: str) -> StockRow:
    """Take an item from the stock of the caller's zone; raises `StockUnknown`, `StockMoveRefused`."""
    row = store.item(uow.session, item_id, lock=True)
    if row is None or row.zone_id != zone_of(uow.caller) or row.kind != kind:
        raise StockUnknown(f"there is no such {kind} in this stock", field=field)
    return _matched(uow, row, field)


def match_serial(uow: UnitOfWork, serial: str, *, unknown_is_meant: bool) -> StockRow | None:
    """Take one by the number on the button; None where no stock knows it: those are issued as they are.

    Raises `ButtonNotInStock` too: where the zone keeps a stock, a number that it does not know is a slip.
    """
    lock_or_refuse(uow, f"button {serial}", "button_serial")
    row = store.by_serial(uow.session, "button", serial)
    if row is None:
        if not unknown_is_meant and store.is_kept(uow.session, zone_of(uow.caller), "button"):
            raise ButtonNotInStock("button_serial: your stock has no such button", field="button_serial")
        return None
    if row.zone_id != zone_of(uow.caller):
        raise DeviceAlreadyIssued("button_serial: this one is not of your stock", field="button_serial")
    return _matched(uow, row, "button_serial")


def _matched(uow: UnitOfWork, row: StockRow, field: str) -> StockRow:
    device = store.devices_of(uow.session, [row.id]).get(row.id)
    row.status = domain.stock_moved(_status(row, device), "match", field)
    return row


def _seen(uow: UnitOfWork, rows: Sequence[StockRow]) -> list[Item]:
    devices = store.devices_of(uow.session, [row.id for row in rows])
    files = {device.enrolment_id for device in devices.values()}
    unseen = pick_conflicted(uow, files)
    return [_item(row, devices.get(row.id), unseen) for row in rows]


def _item(row: StockRow, device: DeviceRow | None, unseen: set[UUID]) -> Item:
    if device is not None and device.enrolment_id in unseen:
        return Item(row, StockStatus.ISSUED, None)
    return Item(row, _status(row, device), device)


def _status(row: StockRow, device: DeviceRow | None) -> StockStatus:
    return domain.stock_status(row.status, DeviceStatus(device.status) if device else None)
