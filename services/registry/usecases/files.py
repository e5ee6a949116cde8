"""The file of one victim: opened, with its papers, switched on and off, ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from chassis.database.damaged_rows import Known
from chassis.database.database import Session, Transaction
from chassis.database.unit_of_work import UnitOfWork
from chassis.runtime import clock
from contracts.common import local_day
from services.registry.domain import card
from services.registry.domain import lifecycle as domain
from services.registry.domain.lifecycle import DeviceStatus, EnrolmentStatus, Preconditions
from services.registry.errors import DateInFuture
from services.registry.events import outgoing
from services.registry.models import DeviceRow, EnrolmentRow, GrantRow
from services.registry.store import encrypted_columns
from services.registry.store import files as store
from services.registry.usecases import alarm_reminders, devices, reminders, transfers, zones
from services.registry.usecases.access_scope import (
    find_own_file,
    find_readable_file,
    lock_changeable_file,
    zone_of,
)
from services.registry.usecases.file_changes import publish_change
from services.registry.usecases.search import UNREADABLE


@dataclass(frozen=True, slots=True)
class File:
    """A file as its managing zone sees it."""

    row: EnrolmentRow
    devices: Sequence[DeviceRow]
    preconditions: Preconditions
    to_end: bool
    unprotected: bool
    suspended_for: str | None
    pv_number: str | None
    convention_by: str | None


def open_file(uow: UnitOfWork) -> File:
    """Open a file at the caller's zone; raises `ZoneUnknown`."""
    zone = zone_of(uow.caller)
    zones.refuse_unknown(uow, zone, "zone")
    row = EnrolmentRow(
        id=uuid4(),
        managing_zone_id=zone,
        created_at=uow.at,
        created_by=uow.caller.subject,
    )
    store.add(uow.session, row)
    publish_change(uow, row)
    return _file(uow, row)


def read_file(uow: UnitOfWork, enrolment_id: UUID) -> File:
    """Read one file that the caller may read; raises `EnrolmentUnknown`."""
    return _file(uow, find_readable_file(uow, enrolment_id))


def list_files(uow: UnitOfWork, limit: int) -> Sequence[EnrolmentRow]:
    """List the newest files of the caller's zone; none in which the caller has a conflict of interest."""
    return store.enrolments(uow.session, zone_of(uow.caller), uow.caller.subject, limit)


def put_police_report(uow: UnitOfWork, enrolment_id: UUID, pv_number: str) -> File:
    """Record the number of the police report."""
    row = lock_changeable_file(uow, enrolment_id)
    row.pv_number = uow.encrypt(encrypted_columns.pv_number(row.id), pv_number)
    return _file(uow, row)


def sign_convention(uow: UnitOfWork, enrolment_id: UUID, signed_on: date, by: str) -> File:
    """Record the signature under the convention."""
    row = lock_changeable_file(uow, enrolment_id)
    if signed_on > local_day(uow.at):
        raise DateInFuture("a signature cannot lie in the future", field="signed_on")
    row.convention_signed_on = signed_on
    row.convention_by = uow.encrypt(encrypted_columns.convention_by(row.id), by)
    return _file(uow, row)


def activate_alarm(uow: UnitOfWork, enrolment_id: UUID) -> File:
    """Switch the alarm on with every device that passed its test; raises `ActivationRefused`."""
    row = lock_changeable_file(uow, enrolment_id)
    after = domain.enrolment_moved(_status(row), "activate")
    held = store.devices(uow.session, row.id)
    _preconditions(uow.session, row, held).refuse_if_missing()
    row.status, row.activated_at = after, uow.at
    publish_change(uow, row)
    for device in held:
        if device.status == DeviceStatus.MATCHED and device.tested_at is not None:
            devices.apply_move(uow.tx, device, "activate", uow.at)
    alarm_reminders.refresh_reminders(uow.session, row.id, row, at=uow.at, by=uow.caller.subject)
    return _file(uow, row)


def suspend_alarm(uow: UnitOfWork, enrolment_id: UUID, reason: str) -> File:
    """Switch the alarm off for a while, devices included; its presses still reach a control room."""
    row = find_own_file(uow, enrolment_id, lock=True)
    row.status = domain.enrolment_moved(_status(row), "suspend")
    row.suspended_for = uow.encrypt(encrypted_columns.suspended_for(row.id), {"reason": reason})
    publish_change(uow, row)
    for device in store.devices(uow.session, row.id):
        if device.status in domain.LIVE:
            devices.apply_move(uow.tx, device, "suspend", uow.at)
    alarm_reminders.refresh_reminders(uow.session, row.id, row, at=uow.at, by=uow.caller.subject)
    return _file(uow, row)


def end_file(uow: UnitOfWork, enrolment_id: UUID) -> File:
    """Close a file whose alarm is to end and whose devices were handed in; raises `EndRefused`."""
    row = find_own_file(uow, enrolment_id, lock=True)
    after = domain.enrolment_moved(_status(row), "end")
    statuses = [DeviceStatus(device.status) for device in store.devices(uow.session, row.id)]
    decided = store.to_end(uow.session, row.id) or not store.was_granted(uow.session, row.id)
    domain.refuse_to_end(decided=decided, devices=statuses)
    row.status, row.ended_at = after, uow.at
    publish_change(uow, row)
    if row.card is not None:
        row.card_version += 1
        uow.tx.publish(outgoing.card_withdrawn(row))
    reminders.settle_kinds(uow, row.id, *(k for k in card.REMINDER_KINDS if k != "break_glass"))
    transfers.withdraw_open(uow, row.id)
    return _file(uow, row)


def record_decision(tx: Transaction, row: GrantRow) -> None:
    """Record what the committee decided. A refusal or an expiry never switches an alarm off."""
    file = store.enrolment(tx.session, row.enrolment_id, lock=True)
    store.put_decision(tx.session, row)
    alarm_reminders.refresh_reminders(tx.session, row.enrolment_id, file, at=clock.now(), by="committee")


def _file(uow: UnitOfWork, row: EnrolmentRow) -> File:
    held, to_end = store.devices(uow.session, row.id), store.to_end(uow.session, row.id)
    statuses = [DeviceStatus(device.status) for device in held]
    suspended_for = uow.decrypt_mapping(encrypted_columns.suspended_for(row.id), row.suspended_for).get(
        "reason"
    )
    return File(
        row=row,
        devices=held,
        preconditions=_preconditions(uow.session, row, held),
        to_end=to_end,
        unprotected=domain.unprotected(_status(row), statuses, to_end=to_end),
        suspended_for=None if suspended_for is None else str(suspended_for),
        pv_number=_text(uow, encrypted_columns.pv_number(row.id), row.pv_number),
        convention_by=_text(uow, encrypted_columns.convention_by(row.id), row.convention_by),
    )


def _text(uow: UnitOfWork, place: str, value: bytes | None) -> str | None:
    """Read an encrypted text of a file: one that cannot be read hides nothing else of it."""
    if not value:
        return None
    return Known("encrypted value", place).read("text", lambda: str(uow.decrypt(place, value)), UNREADABLE)


def _preconditions(session: Session, row: EnrolmentRow, held: Sequence[DeviceRow]) -> Preconditions:
    live = [device for device in held if device.status in domain.LIVE]
    return Preconditions(
        police_report=row.pv_number is not None,
        grant=store.has_grant(session, row.id),
        convention=row.convention_signed_on is not None,
        card=row.card is not None,
        device=bool(live),
        test_press=any(device.tested_at is not None for device in live),
    )


def _status(row: EnrolmentRow) -> EnrolmentStatus:
    return EnrolmentStatus(row.status)
