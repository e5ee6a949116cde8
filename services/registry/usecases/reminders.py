"""What a zone must look at: what nobody verified lately, measures that end, offers, break-glass access.

A reminder changes nothing about an alarm. It is told at its time and once more each day, louder, until the file
says otherwise or somebody says that it is done.
"""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from chassis.database.database import Database, Session, Transaction
from chassis.database.isolation import bisect
from chassis.database.sql import passing
from chassis.database.unit_of_work import UnitOfWork
from chassis.runtime import clock
from contracts.common import local_day, morning
from contracts.registry import Card, ReminderKind
from services.registry.domain import card as domain
from services.registry.errors import ReminderLasts, ReminderUnknown
from services.registry.events import outgoing
from services.registry.models import ReminderRow
from services.registry.store import reminders as store
from services.registry.usecases.access_scope import find_own_file, zone_of

# What a new version of the card answers by itself.
_OF_A_CARD: tuple[ReminderKind, ...] = ("verify", "measure")
# Told again, and louder, after this time.
_AGAIN = timedelta(days=1)
_BATCH = 100
# Those that this process could not tell of lately, so that they take no other's place.
_failed: deque[UUID] = deque(maxlen=1000)

log = logging.getLogger(__name__)


class Reminder(NamedTuple):
    """What is to be looked at, and from when. `key`: which one of its kind."""

    kind: ReminderKind
    key: str
    due_at: datetime


def schedule_for_card(uow: UnitOfWork, enrolment_id: UUID, card: Card) -> None:
    """Schedule what this version of the card will have to be looked at for."""
    this_day = local_day(uow.at)
    wanted = domain.reminders_of_card(card, this_day)
    store.settle(
        uow.session,
        enrolment_id,
        _OF_A_CARD,
        at=uow.at,
        by=uow.caller.subject,
        but=[key for _, key, _ in wanted],
    )
    dated = (Reminder(kind, key, morning(day) if day > this_day else uow.at) for kind, key, day in wanted)
    schedule_reminders(uow.session, enrolment_id, dated)


def schedule_reminders(session: Session, enrolment_id: UUID, wanted: Iterable[Reminder]) -> None:
    """Schedule reminders of a file."""
    store.put(session, _rows(enrolment_id, wanted))


def replace_reminders(
    session: Session,
    enrolment_id: UUID,
    kinds: Sequence[ReminderKind],
    wanted: Sequence[Reminder],
    *,
    at: datetime,
    by: str,
) -> None:
    """Keep, of these kinds, the reminders that are wanted and no others; none starts anew."""
    store.settle(session, enrolment_id, kinds, at=at, by=by, but=[each.key for each in wanted])
    store.keep(session, _rows(enrolment_id, wanted))


def _rows(enrolment_id: UUID, wanted: Iterable[Reminder]) -> list[ReminderRow]:
    return [ReminderRow(id=uuid4(), enrolment_id=enrolment_id, **each._asdict()) for each in wanted]


def settle_kinds(uow: UnitOfWork, enrolment_id: UUID, *kinds: ReminderKind) -> None:
    """Settle the reminders of these kinds (default: all)."""
    wanted = kinds or domain.REMINDER_KINDS
    store.settle(uow.session, enrolment_id, wanted, at=uow.at, by=uow.caller.subject)


def settle_one(uow: UnitOfWork, enrolment_id: UUID, kind: ReminderKind, key: str) -> None:
    """Settle one reminder."""
    store.settle_one(uow.session, enrolment_id, kind, key, at=uow.at, by=uow.caller.subject)


def list_reminders(uow: UnitOfWork, limit: int) -> list[ReminderRow]:
    """List what the caller's zone must look at now, the highest step first."""
    zone = zone_of(uow.caller)
    return list(store.of_zone(uow.session, zone, uow.caller.subject, uow.at, limit))


def settle_reminder(uow: UnitOfWork, reminder_id: UUID) -> ReminderRow:
    """Settle a reminder by hand; what must be verified must be so again in thirty days.

    Raises `ReminderUnknown`, `ReminderLasts` for what ends by itself.
    """
    row = store.reminder(uow.session, reminder_id)
    if row is None or row.settled_at is not None or row.due_at > uow.at:
        raise ReminderUnknown("there is no such reminder")
    find_own_file(uow, row.enrolment_id, lock=True)
    if row.kind in domain.LASTING:
        raise ReminderLasts("this ends when what it reminds of is done, not before")
    row.settled_at, row.settled_by = uow.at, uow.caller.subject
    uow.session.flush()
    if row.kind == "verify":
        again = morning(local_day(uow.at) + timedelta(days=domain.VERIFY_DAYS))
        schedule_reminders(uow.session, row.enrolment_id, [Reminder("verify", row.key, again)])
    return row


def publish_due(database: Database) -> int:
    """Publish what is due, again each day; return how many. One that cannot be published holds up no other."""
    at = clock.now()
    with database.read() as session:
        due = store.due_ids(session, at, at - _AGAIN, _BATCH, but=list(_failed))
    failed = bisect(due, lambda some: _publish(database, some, at))
    for reminder_id, error in failed:
        log.error("reminder %s cannot be told of: %s", reminder_id, type(error).__name__)
    _failed.extend(reminder_id for reminder_id, error in failed if not passing(error))
    return len(due) - len(failed)


def _publish(database: Database, ids: Sequence[UUID], at: datetime) -> None:
    with database.transaction() as tx:
        _publish_each(tx, store.due(tx.session, ids, at, at - _AGAIN), at)


def _publish_each(tx: Transaction, due: Sequence[tuple[ReminderRow, str | None]], at: datetime) -> None:
    for row, zone in due:
        if row.reminded_at is not None:
            row.reminder_step += 1
        row.reminded_at = at
        tx.publish(outgoing.file_reminded(row, zone))
