"""What can be done with files and devices; each function is one unit of work of its caller."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from chassis import clock
from chassis.caller import Caller
from chassis.database import Transaction
from chassis.errors import Forbidden
from chassis.vault import Vault
from contracts.registry import DeviceStatus, EnrolmentStatus
from services.registry import domain, events, store
from services.registry.domain import DeviceMove, Preconditions
from services.registry.errors import (
    CardUnknown,
    DateInFuture,
    DeviceAlreadyIssued,
    DeviceUnknown,
    EnrolmentMoveRefused,
    EnrolmentUnknown,
)
from services.registry.models import DeviceRow, EnrolmentRow, GrantRow

_BELGIUM = ZoneInfo("Europe/Brussels")


@dataclass(frozen=True, slots=True)
class File:
    """A file as its managing zone sees it."""

    row: EnrolmentRow
    devices: Sequence[DeviceRow]
    preconditions: Preconditions
    to_end: bool
    pv_number: str | None
    convention_by: str | None


def zone_of(caller: Caller) -> str:
    """The zone whose files the caller manages; raises `Forbidden`."""
    if caller.zone is None:
        raise Forbidden("the token names no police zone", field="zone")
    return caller.zone


def enrol(tx: Transaction, vault: Vault, caller: Caller) -> File:
    """Open a file at the caller's zone."""
    row = EnrolmentRow(
        id=uuid4(), managing_zone_id=zone_of(caller), created_at=clock.now(), created_by=caller.subject
    )
    tx.session.add(row)
    tx.session.flush()
    tx.publish(events.enrolment_changed(row, row.created_at))
    return _file(tx.session, vault, row)


def read(session: Session, vault: Vault, caller: Caller, enrolment_id: UUID) -> File:
    """One file of the caller's own zone; raises `EnrolmentUnknown`."""
    return _file(session, vault, _own(session, caller, enrolment_id))


def put_card(
    tx: Transaction,
    vault: Vault,
    pseudonym_key: bytes,
    caller: Caller,
    enrolment_id: UUID,
    content: dict[str, Any],
) -> EnrolmentRow:
    """Record the card and the codes (`card`, `cancel_code`, `duress_code`) as the next version."""
    row = _own(tx.session, caller, enrolment_id, lock=True)
    if row.status == "ended":
        raise EnrolmentMoveRefused("a file that has ended gets no card", status_now=row.status)
    for person in content["card"]["perpetrators"]:
        born_on = date.fromisoformat(person["born_on"]) if person["born_on"] else None
        ref = person["ref"] or domain.perpetrator_ref(pseudonym_key, row.id, person["name"], born_on)
        person["ref"] = str(ref)
    row.card_version += 1
    row.card = vault.seal(_place(row.id, "card"), content)
    tx.publish(events.card_published(row, content, clock.now()))
    return row


def read_card(session: Session, vault: Vault, caller: Caller, enrolment_id: UUID) -> tuple[int, Any]:
    """Version and content of the card, without the codes; raises `CardUnknown`."""
    row = _own(session, caller, enrolment_id)
    if row.card is None:
        raise CardUnknown("the file has no card yet")
    return row.card_version, vault.open(_place(row.id, "card"), row.card)["card"]


def put_police_report(
    tx: Transaction, vault: Vault, caller: Caller, enrolment_id: UUID, pv_number: str
) -> File:
    """Record the number of the police report."""
    row = _own(tx.session, caller, enrolment_id, lock=True)
    row.pv_number = vault.seal(_place(row.id, "pv_number"), pv_number)
    return _file(tx.session, vault, row)


def sign_convention(
    tx: Transaction, vault: Vault, caller: Caller, enrolment_id: UUID, signed_on: date, by: str
) -> File:
    """Record the signature under the convention."""
    row = _own(tx.session, caller, enrolment_id, lock=True)
    if signed_on > _today():
        raise DateInFuture("a signature cannot lie in the future", field="signed_on")
    row.convention_signed_on = signed_on
    row.convention_by = vault.seal(_place(row.id, "convention_by"), by)
    return _file(tx.session, vault, row)


def issue_device(
    tx: Transaction,
    vault: Vault,
    caller: Caller,
    enrolment_id: UUID,
    public_key: str,
    button_serial: str,
    phone_number: str,
) -> DeviceRow:
    """Hand out a button with the phone it was matched to; it is `matched` until its test press passes."""
    row = _own(tx.session, caller, enrolment_id, lock=True)
    if row.status == "ended":
        raise EnrolmentMoveRefused("a file that has ended gets no device", status_now=row.status)
    at = clock.now()
    device = DeviceRow(
        id=uuid4(),
        enrolment_id=row.id,
        public_key=public_key,
        button_serial=button_serial,
        phone_number=b"",
        usable_since=at,
        issued_at=at,
        issued_by=caller.subject,
    )
    device.phone_number = vault.seal(f"issued_device:{device.id}:phone_number", phone_number)
    tx.session.add(device)
    try:
        tx.session.flush()
    except IntegrityError as error:
        field = "button_serial" if "button" in str(error.orig) else "public_key"
        raise DeviceAlreadyIssued(f"{field}: this one was issued before", field=field) from None
    tx.publish(events.device_changed(device, at))
    return device


def move_device(tx: Transaction, caller: Caller, device_id: UUID, move: DeviceMove) -> DeviceRow:
    """Suspend, report lost, take back or reactivate; a reactivated device must pass a test again.

    Raises `GapInProtection` rather than take back the last device of an alarm that is to go on.
    """
    enrolment_id = store.enrolment_id_of(tx.session, device_id)
    if enrolment_id is None:
        raise DeviceUnknown("there is no such device")
    try:
        row = _own(tx.session, caller, enrolment_id, lock=True)
    except EnrolmentUnknown:
        raise DeviceUnknown("there is no such device") from None
    devices = store.devices(tx.session, enrolment_id)
    device = next(d for d in devices if d.id == device_id)
    if move == "return" and row.status == "active" and not store.to_end(tx.session, row.id):
        domain.refuse_gap([_device_status(other) for other in devices if other.id != device_id])
    _move_device(tx, device, move, clock.now())
    return device


def activate(tx: Transaction, vault: Vault, caller: Caller, enrolment_id: UUID) -> File:
    """Switch the alarm on with every device that passed its test; raises `ActivationRefused`."""
    row = _own(tx.session, caller, enrolment_id, lock=True)
    after = domain.enrolment_moved(_status(row), "activate")
    devices = store.devices(tx.session, row.id)
    _preconditions(tx.session, row, devices).refuse_if_missing()
    at = clock.now()
    row.status, row.activated_at = after, at
    tx.publish(events.enrolment_changed(row, at))
    for device in devices:
        if device.status == "matched" and device.tested_at is not None:
            _move_device(tx, device, "activate", at)
    return _file(tx.session, vault, row)


def suspend(tx: Transaction, vault: Vault, caller: Caller, enrolment_id: UUID) -> File:
    """Switch the alarm off for a while, devices included; its presses still reach a control room."""
    row = _own(tx.session, caller, enrolment_id, lock=True)
    row.status = domain.enrolment_moved(_status(row), "suspend")
    at = clock.now()
    tx.publish(events.enrolment_changed(row, at))
    for device in store.devices(tx.session, row.id):
        if device.status in domain.LIVE:
            _move_device(tx, device, "suspend", at)
    return _file(tx.session, vault, row)


def end(tx: Transaction, vault: Vault, caller: Caller, enrolment_id: UUID) -> File:
    """Close a file whose alarm is to end and whose devices were handed in; raises `EndRefused`."""
    row = _own(tx.session, caller, enrolment_id, lock=True)
    after = domain.enrolment_moved(_status(row), "end")
    statuses = [_device_status(device) for device in store.devices(tx.session, row.id)]
    decided = store.to_end(tx.session, row.id)
    domain.refuse_to_end(was_active=row.activated_at is not None, decided=decided, devices=statuses)
    row.status, row.ended_at = after, clock.now()
    tx.publish(events.enrolment_changed(row, row.ended_at))
    if row.card is not None:
        row.card_version += 1
        tx.publish(events.card_withdrawn(row))
    return _file(tx.session, vault, row)


def keep_decision(tx: Transaction, row: GrantRow) -> None:
    """Remember what the committee decided. A refusal or an expiry never switches an alarm off."""
    store.put_decision(tx.session, row)


def pass_test(tx: Transaction, device_id: UUID, received_at: datetime) -> None:
    """A test press came through: it counts from the moment the device was issued or taken back into use."""
    enrolment_id = store.enrolment_id_of(tx.session, device_id)
    if enrolment_id is None:
        return
    row = store.enrolment(tx.session, enrolment_id, lock=True)
    device = next(d for d in store.devices(tx.session, enrolment_id) if d.id == device_id)
    if received_at < max(device.usable_since, device.tested_at or device.usable_since):
        return
    device.tested_at = received_at
    # A second button of an alarm that is on already works from here.
    if row is not None and row.status == "active" and device.status == "matched":
        _move_device(tx, device, "activate", clock.now())


def _move_device(tx: Transaction, device: DeviceRow, move: DeviceMove, at: datetime) -> None:
    device.status = domain.device_moved(_device_status(device), move)
    device.version += 1
    if move == "reactivate":
        device.tested_at, device.usable_since = None, at
    tx.publish(events.device_changed(device, at))


def _device_status(device: DeviceRow) -> DeviceStatus:
    return next(status for status in domain.DEVICE_STATUSES if status == device.status)


def _own(session: Session, caller: Caller, enrolment_id: UUID, *, lock: bool = False) -> EnrolmentRow:
    """A file of the caller's zone; another zone's file does not exist for the caller."""
    zone = zone_of(caller)
    row = store.enrolment(session, enrolment_id, lock=lock)
    if row is None or row.managing_zone_id != zone:
        raise EnrolmentUnknown("there is no such file")
    return row


def _file(session: Session, vault: Vault, row: EnrolmentRow) -> File:
    devices = store.devices(session, row.id)
    return File(
        row=row,
        devices=devices,
        preconditions=_preconditions(session, row, devices),
        to_end=store.to_end(session, row.id),
        pv_number=vault.open(_place(row.id, "pv_number"), row.pv_number) if row.pv_number else None,
        convention_by=(
            vault.open(_place(row.id, "convention_by"), row.convention_by) if row.convention_by else None
        ),
    )


def _preconditions(session: Session, row: EnrolmentRow, devices: Sequence[DeviceRow]) -> Preconditions:
    live = [device for device in devices if device.status in domain.LIVE]
    return Preconditions(
        police_report=row.pv_number is not None,
        grant=store.has_grant(session, row.id, _today()),
        convention=row.convention_signed_on is not None,
        card=row.card is not None,
        device=bool(live),
        test_press=any(device.tested_at is not None for device in live),
    )


def _status(row: EnrolmentRow) -> EnrolmentStatus:
    return next(status for status in domain.ENROLMENT_STATUSES if status == row.status)


def _place(enrolment_id: UUID, column: str) -> str:
    return f"enrolment_file:{enrolment_id}:{column}"


def _today() -> date:
    return clock.now().astimezone(_BELGIUM).date()
