"""The recorder: what only the broker held is stored, and the ledger is told of every press once."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from opentelemetry.trace import Span

from chassis.database.database import Database, Transaction
from chassis.database.isolation import Less, bisect_with_less
from chassis.runtime import clock
from chassis.security.vault import Vault
from contracts.alarm import AlarmRaised, PressesRecorded
from contracts.press import CHEAP, WITHOUT
from services.alarm.domain.evidence import evidence_associated_data
from services.alarm.domain.press import uuid_of
from services.alarm.events.outgoing import recorded_press
from services.alarm.store import devices, presses

log = logging.getLogger(__name__)

_AT_ONCE = 200


def record_all(database: Database, raised: Sequence[AlarmRaised], vault: Vault, cause: Span) -> None:
    """Store and report presses, together or apart; one that cannot be stored is stored in part.

    Raises what the first one that could not be stored at all met; by then all others are.
    """

    def attempt(some: Sequence[AlarmRaised]) -> None:
        with database.transaction() as transaction:
            record(transaction, {press.alarm_id: press for press in some}, vault, cause)

    failed = bisect_with_less(raised, attempt, _LESS)
    if failed:
        raise failed[0][1]


_LESS: Less[AlarmRaised] = Less(
    WITHOUT, CHEAP, sender=lambda press: press.device_id, which=lambda press: f"press {press.alarm_id}"
)


def record(transaction: Transaction, raised: Mapping[UUID, AlarmRaised], vault: Vault, cause: Span) -> None:
    """Store and report presses (by alarm id). Copies have no effect."""
    ordered = [raised[alarm_id] for alarm_id in sorted(raised)]
    new = presses.record(
        transaction.session,
        ordered,
        [press.content for press in ordered],
        [
            vault.encrypt(
                evidence_associated_data(press.alarm_id),
                {
                    "body": None,
                    "fix": press.fix.model_dump(mode="json") if press.fix else None,
                    "proof": press.proof,
                },
            )
            for press in ordered
        ],
    )
    publish_recorded(transaction, new, cause)


def report_overlooked(database: Database, after_s: float) -> bool:
    """Tell the ledger of presses that the broker lost before the recorder read them; True if there may be more.

    They are here, and dispatch gets them another way (`redelivery.py`).
    """
    with database.transaction() as transaction:
        found = presses.overlooked(transaction.session, clock.now() - timedelta(seconds=after_s), _AT_ONCE)
        publish_recorded(transaction, found, None)
    if found:
        log.warning("%d presses were told to the ledger though no recorder read them", len(found))
    return len(found) == _AT_ONCE


def publish_recorded(transaction: Transaction, new: Sequence[Mapping[str, Any]], cause: Span | None) -> None:
    """Tell the ledger of presses that were stored (rows as `presses.recorded` gives them)."""
    if not new:
        return
    verified = {row["device_id"]: row for row in new if row["lane"] == "verified"}
    known_as = {device: row for device_id, row in verified.items() if (device := uuid_of(device_id))}
    contacts = {device: known_as[device]["received_at"] for device in sorted(known_as)}
    devices.note_contact(transaction.session, list(contacts), list(contacts.values()))
    known = devices.enrolments_of(
        transaction.session, [found for row in new if (found := uuid_of(row["device_id"]))]
    )
    entries = tuple(recorded_press(row, known.get(uuid_of(row["device_id"]))) for row in new)
    transaction.publish(PressesRecorded(presses=entries), cause=cause)
