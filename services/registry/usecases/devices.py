"""Buttons with their phones: issued, suspended, lost, handed in, tested."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from chassis.database.database import Transaction
from chassis.database.unit_of_work import UnitOfWork
from chassis.errors import Invalid
from chassis.runtime import clock
from services.registry.domain import lifecycle as domain
from services.registry.domain.lifecycle import DeviceMove, DeviceStatus, EnrolmentStatus
from services.registry.errors import DeviceUnknown, EnrolmentMoveRefused, EnrolmentUnknown
from services.registry.events import outgoing
from services.registry.models import DeviceRow, EnrolmentRow, StockRow
from services.registry.store import encrypted_columns
from services.registry.store import files as store
from services.registry.usecases import alarm_reminders, stock
from services.registry.usecases.access_scope import find_own_file, lock_changeable_file


@dataclass(frozen=True, slots=True)
class Issue:
    """What is handed out: a button by its number or from the stock, with the phone that it was matched to."""

    public_key: str
    phone_number: str
    button_serial: str | None = None
    button_item_id: UUID | None = None
    phone_item_id: UUID | None = None
    not_in_stock: bool = False


def issue_device(uow: UnitOfWork, enrolment_id: UUID, wanted: Issue) -> DeviceRow:
    """Hand out a button with its phone; the device is `matched` until its test press passes.

    Raises `DeviceAlreadyIssued`, `StockUnknown`, `ButtonNotInStock`, `StockMoveRefused`,
    `EnrolmentMoveRefused`.
    """
    row = lock_changeable_file(uow, enrolment_id)
    if row.status == EnrolmentStatus.ENDED:
        raise EnrolmentMoveRefused("a file that has ended gets no device", status_now=row.status)
    button_serial, button = _button(uow, wanted)
    phone_item_id = wanted.phone_item_id
    phone = stock.match_item(uow, phone_item_id, "phone", "phone_item_id") if phone_item_id else None
    device = DeviceRow(
        id=uuid4(),
        enrolment_id=row.id,
        public_key=wanted.public_key,
        button_serial=button_serial,
        phone_number=b"",
        usable_since=uow.at,
        issued_at=uow.at,
        issued_by=uow.caller.subject,
        button_item_id=button.id if button else None,
        phone_item_id=phone.id if phone else None,
    )
    device.phone_number = uow.encrypt(encrypted_columns.phone_number(device.id), wanted.phone_number)
    store.add_device(uow.session, device)
    uow.tx.publish(outgoing.device_changed(device, uow.at))
    return device


def _button(uow: UnitOfWork, wanted: Issue) -> tuple[str, StockRow | None]:
    if wanted.button_item_id is not None and wanted.button_serial is None:
        item = stock.match_item(uow, wanted.button_item_id, "button", "button_item_id")
        return item.serial, item
    if wanted.button_serial is None or wanted.button_item_id is not None:
        raise Invalid("name the button by its serial number or as an item of the stock", field="button_serial")
    return wanted.button_serial, stock.match_serial(
        uow, wanted.button_serial, unknown_is_meant=wanted.not_in_stock
    )


def move_device(uow: UnitOfWork, device_id: UUID, wanted: DeviceMove) -> DeviceRow:
    """Suspend, report lost, take back or reactivate; a reactivated device must pass a test again.

    Raises `GapInProtection` rather than take back or suspend the last device of an alarm that is to go on.
    That it is lost is no wish but a fact.
    """
    row = _file_of(uow, device_id)
    held = store.devices(uow.session, row.id)
    device = next(d for d in held if d.id == device_id)
    if row.status == EnrolmentStatus.ENDED and wanted != "return":
        raise EnrolmentMoveRefused("a file that has ended uses no device", status_now=row.status)
    goes_on = row.activated_at is not None and row.status != EnrolmentStatus.ENDED
    leaves = wanted == "return" or (wanted == "suspend" and device.status == DeviceStatus.ACTIVE)
    if leaves and goes_on and not store.to_end(uow.session, row.id):
        file = EnrolmentStatus(row.status)
        domain.refuse_gap(file, [DeviceStatus(other.status) for other in held if other.id != device_id])
    apply_move(uow.tx, device, wanted, uow.at)
    alarm_reminders.refresh_reminders(uow.session, row.id, row, at=uow.at, by=uow.caller.subject)
    return device


def _file_of(uow: UnitOfWork, device_id: UUID) -> EnrolmentRow:
    """Lock the file of a device, if it is an own one; raises `DeviceUnknown`."""
    enrolment_id = store.enrolment_id_of(uow.session, device_id)
    if enrolment_id is None:
        raise DeviceUnknown("there is no such device")
    try:
        return find_own_file(uow, enrolment_id, lock=True)
    except EnrolmentUnknown:
        raise DeviceUnknown("there is no such device") from None


def record_test(tx: Transaction, device_id: UUID, received_at: datetime) -> None:
    """Record a test press that came through since the device was issued or taken back into use."""
    enrolment_id = store.enrolment_id_of(tx.session, device_id)
    if enrolment_id is None:
        return
    row = store.enrolment(tx.session, enrolment_id, lock=True)
    device = next(d for d in store.devices(tx.session, enrolment_id) if d.id == device_id)
    if received_at < max(device.usable_since, device.tested_at or device.usable_since):
        return
    device.tested_at = received_at
    # A second button of an alarm that is on already works from here.
    if row is not None and row.status == EnrolmentStatus.ACTIVE and device.status == DeviceStatus.MATCHED:
        apply_move(tx, device, "activate", clock.now())
        alarm_reminders.refresh_reminders(tx.session, row.id, row, at=clock.now(), by="test press")


def apply_move(tx: Transaction, device: DeviceRow, wanted: DeviceMove, at: datetime) -> None:
    """Move a device of a locked file, and publish it."""
    device.status = domain.device_moved(DeviceStatus(device.status), wanted)
    device.version += 1
    if wanted == "reactivate":
        device.tested_at, device.usable_since = None, at
    tx.publish(outgoing.device_changed(device, at))
