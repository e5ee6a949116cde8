"""What devices send besides presses: tests, fixes, cancel requests, heartbeats. Off the lane of presses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.telemetry import metrics
from contracts.alarm import (
    AlarmLocated,
    CancelRequested,
    DevicesReported,
    ReportedDevice,
    TestRaised,
    TestReceived,
    digest_code,
)
from contracts.common import Fix
from contracts.telemetry import DEVICE_MESSAGE_REFUSED
from services.alarm.domain.press import Claim
from services.alarm.events.outgoing import reported_device
from services.alarm.store import alarm_progress
from services.alarm.store import devices as store
from services.alarm.usecases.access_scope import is_of_other_device


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A heartbeat on its way into the database. `values`: what the device says of itself."""

    device_id: UUID
    values: Mapping[str, object]
    enrolment_id: UUID | None
    received_at: datetime


def receive_test(transaction: Transaction, claim: Claim, test_id: UUID, enrolment_id: UUID | None) -> None:
    """Send a test press on its way; a copy of one has no effect."""
    device_id, counter = claim.uuid, claim.counter
    if device_id is None or counter is None:
        raise ValueError("a test is of a verified device and has a counter")
    at = clock.now()
    if not store.put_test(transaction.session, test_id, device_id, counter, at):
        return
    store.note_contact(transaction.session, [device_id], [at])
    transaction.publish(
        TestRaised(test_id=test_id, device_id=device_id, counter=counter, received_at=at, fix=claim.fix),
        event_id=test_id,
    )
    transaction.publish(
        TestReceived(test_id=test_id, device_id=device_id, enrolment_id=enrolment_id, received_at=at)
    )


def receive_fixes(
    transaction: Transaction, alarm_id: UUID, device_id: UUID, sequence: int, fixes: Sequence[Fix]
) -> None:
    """Publish where the device was; a copy of the message gives the same events."""
    at = clock.now()
    if _is_refused(transaction, alarm_id, device_id, "fixes"):
        return
    for index, fix in enumerate(fixes):
        located = AlarmLocated(
            alarm_id=alarm_id,
            device_id=device_id,
            sequence=sequence + index,
            fix=fix,
            received_at=at,
        )
        transaction.publish(located)


def request_cancel(transaction: Transaction, alarm_id: UUID, device_id: UUID, code: object) -> None:
    """Pass the request on, and show the device nothing new: what happens next depends on the code.

    The code is not judged here, so that the answer cannot tell one from another either.
    """
    requested = CancelRequested(
        alarm_id=alarm_id,
        device_id=device_id,
        code_digest=digest_code(alarm_id, code),
        received_at=clock.now(),
    )
    if not _is_refused(transaction, alarm_id, device_id, "cancel"):
        alarm_progress.freeze(transaction.session, alarm_id, device_id, requested.received_at)
        transaction.publish(requested)


def _is_refused(transaction: Transaction, alarm_id: UUID, device_id: UUID, kind: str) -> bool:
    """Say whether another device raised this alarm, counted. Where only the broker has it, dispatch judges."""
    refused = is_of_other_device(transaction.session, alarm_id, device_id)
    if refused:
        metrics.count(DEVICE_MESSAGE_REFUSED, kind=kind, reason="other_device")
    return refused


def write_heartbeats(transaction: Transaction, heartbeats: Sequence[Heartbeat]) -> None:
    """Store heartbeats and tell of them: of each device the last one counts."""
    latest: dict[UUID, Heartbeat] = {}
    for heartbeat in heartbeats:
        latest[heartbeat.device_id] = heartbeat
    changed = store.put_health(
        transaction.session,
        [{**heartbeat.values, "received_at": heartbeat.received_at} for _, heartbeat in sorted(latest.items())],
    )
    if changed:
        transaction.publish(
            DevicesReported(devices=tuple(_reported(latest[device_id]) for device_id in sorted(changed)))
        )


def _reported(heartbeat: Heartbeat) -> ReportedDevice:
    return reported_device(heartbeat.values, heartbeat.enrolment_id, heartbeat.received_at)
