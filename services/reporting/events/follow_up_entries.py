"""What events about devices, files and decisions add for the follow-up of victims."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from chassis.security.accounts import account
from contracts.alarm import DeviceAttention, DevicesReported, PressesRecorded, TestReceived
from contracts.committee import (
    AlarmGranted,
    AlarmProvisionallyGranted,
    AlarmRefused,
    ApplicationSubmitted,
)
from contracts.conflicts import NEVER, ConflictStatement
from contracts.dispatch import (
    TestRouted,
)
from contracts.registry import (
    DeviceChanged,
    EnrolmentChanged,
)
from services.reporting.domain.entries import Conflict, Entries
from services.reporting.domain.facts import FactKind


class _Enrolled(Protocol):
    """An event, or a part of one, about an enrolment."""

    @property
    def enrolment_id(self) -> UUID | None: ...

    def model_dump(self, *, mode: str, include: set[str]) -> dict[str, JsonValue]: ...


def _fact(entries: Entries, kind: FactKind, key: object, event: _Enrolled, at: datetime, *names: str) -> None:
    """Note one fact; its data are the named fields of the event."""
    entries.facts[f"{kind}:{key}"] = {
        "key": f"{kind}:{key}",
        "kind": kind,
        "enrolment_id": event.enrolment_id,
        "device_id": str(event.device_id) if hasattr(event, "device_id") else None,
        "at": at,
        "data": event.model_dump(mode="json", include=set(names)),
    }


def add_press_fact(entries: Entries, event: PressesRecorded) -> None:
    """Add presses to what the follow-up knows."""
    names = ("alarm_id", "lane", "channel", "flags")
    for press in event.presses:
        _fact(entries, FactKind.PRESS, press.alarm_id, press, press.received_at, *names)


def add_heartbeats(entries: Entries, event: DevicesReported) -> None:
    """Add what devices said of themselves."""
    names = ("phone_battery", "button_battery", "bluetooth", "location_permission", "app_version")
    for device in event.devices:
        key = f"{device.device_id}:{device.received_at.isoformat()}"
        _fact(entries, FactKind.HEARTBEAT, key, device, device.received_at, *names)


def add_device_attention(entries: Entries, event: DeviceAttention) -> None:
    """Add a condition of a device."""
    key = f"{event.device_id}:{event.kind}:{event.level}:{event.since.isoformat()}"
    _fact(entries, FactKind.ATTENTION, key, event, event.since, "kind", "level")


def add_test(entries: Entries, event: TestReceived) -> None:
    """Add a test press."""
    _fact(entries, FactKind.TEST, event.test_id, event, event.received_at, "test_id")


def add_routed_test(entries: Entries, event: TestRouted) -> None:
    """Add a test that came to its control room."""
    _fact(entries, FactKind.TEST_ROUTED, event.test_id, event, event.routed_at, "test_id", "control_room_id")


def add_enrolment(entries: Entries, event: EnrolmentChanged) -> None:
    """Keep the latest change of an enrolment, and add it."""
    known = entries.enrolments.get(event.enrolment_id)
    if known is None or known.changed_at < event.changed_at:
        entries.enrolments[event.enrolment_id] = event
    key = f"{event.enrolment_id}:{event.changed_at.isoformat()}"
    _fact(entries, FactKind.ENROLMENT, key, event, event.changed_at, "status")


def add_device(entries: Entries, event: DeviceChanged) -> None:
    """Keep the highest version of a device, and add it."""
    known = entries.devices.get(event.device_id)
    if known is None or known.version < event.version:
        entries.devices[event.device_id] = event
    _fact(entries, FactKind.DEVICE, f"{event.device_id}:{event.version}", event, event.changed_at, "status")


def add_decision(entries: Entries, event: AlarmGranted | AlarmRefused) -> None:
    """Add a decision of the committee."""
    entries_kind = FactKind.GRANTED if isinstance(event, AlarmGranted) else FactKind.REFUSED
    _fact(entries, entries_kind, event.decision_id, event, event.decided_at, "review_on", "ends_on")


def add_provisional_grant(entries: Entries, event: AlarmProvisionallyGranted) -> None:
    """Add a provisional grant."""
    _fact(entries, FactKind.GRANTED_PROVISIONALLY, event.decision_id, event, event.decided_at)


def add_application(entries: Entries, event: ApplicationSubmitted) -> None:
    """Add an application, and keep whose case it is."""
    _fact(entries, FactKind.APPLIED, event.application_id, event, event.submitted_at, "procedure")
    if event.enrolment_id is not None and event.proposer is not None:
        key = (str(event.enrolment_id), event.proposer, event.zone_id or "")
        entries.proposers[key] = {"enrolment_id": key[0], "partner": key[1], "zone_id": key[2]}


def add_conflict(entries: Entries, event: ConflictStatement) -> None:
    """Keep the last declaration and withdrawal of a conflict of interest."""
    key = (account(event.person), str(event.enrolment_id), str(event.source))
    unknown = Conflict(person=key[0], enrolment_id=key[1], source=key[2], declared_at=NEVER, withdrawn_at=None)
    row = entries.conflicts.setdefault(key, unknown)
    row["declared_at"] = max(row["declared_at"], event.declared_at)
    if event.withdrawn_at is not None:
        row["withdrawn_at"] = max(row["withdrawn_at"] or NEVER, event.withdrawn_at)
