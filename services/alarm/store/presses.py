"""Presses: written by the API and by the recorder, whichever comes first."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from chassis.database.columns import table_of
from chassis.database.sql import Insert, Statement, as_json, send
from chassis.messaging import outbox
from chassis.runtime import clock
from contracts.alarm import AlarmRaised
from contracts.reconciliation import Section
from services.alarm.models import PressRow

# What reporting sets against the records of the others (chassis/database/reconciliation.py).
RECORDS: dict[Section, str] = {"presses": "SELECT alarm_id AS id, alarm_id, received_at FROM presses"}


@dataclass(slots=True)
class NewPress:
    """A press on its way into the database. `event`: the encoded event, for the outbox.

    `confirmed`: the broker already holds the event, so that the outbox need not.
    """

    raised: AlarmRaised
    content: str
    evidence: bytes
    event: bytes
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database held under this alarm id before: None for a new press."""

    content: str | None
    received_at: datetime
    deadline_at: datetime


_ROW = Insert(
    table_of(PressRow),
    (
        *("alarm_id", "device_id", "counter", "lane", "channel", "pressed_at", "received_at", "deadline_at"),
        *("stored_at", "flags", "content", "digest", "evidence", "whole", "reported_at"),
    ),
)
_NEW = f"new AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS n({_ROW.fields}))"  # noqa: S608
# The last select sees the table as it was before, so it finds exactly the presses that were there already.
# The recorder may have been faster: then only the signed body is added.
_PUT = (
    f"WITH {_NEW}, put AS (INSERT INTO presses ({_ROW.names}) SELECT {_ROW.values} FROM new AS n "  # noqa: S608
    "ON CONFLICT (alarm_id) DO UPDATE SET evidence = EXCLUDED.evidence, whole = true "
    "WHERE NOT presses.whole AND presses.content IS NOT DISTINCT FROM EXCLUDED.content) "
    "SELECT old.alarm_id, old.content, old.received_at, old.deadline_at "
    "FROM presses old JOIN new USING (alarm_id)"
).encode()
_STORED = (
    b"SELECT alarm_id, content, received_at, deadline_at FROM presses WHERE alarm_id = ANY(%(ids)s::uuid[])"
)
# What the ledger is told of a press.
_REPORTED = (
    "p.alarm_id, p.device_id, p.counter, p.lane, p.channel, p.pressed_at, p.received_at, p.stored_at, "
    "p.deadline_at, p.flags"
)
# A press that the API stored is only marked; one that only the broker held is stored here. Either way it
# comes back exactly once, and then the ledger is told.
_RECORD = (
    f"WITH {_NEW} INSERT INTO presses AS p ({_ROW.names}) SELECT {_ROW.values} FROM new AS n "  # noqa: S608
    "ON CONFLICT (alarm_id) DO UPDATE SET reported_at = EXCLUDED.reported_at WHERE p.reported_at IS NULL "
    f"RETURNING {_REPORTED}"
).encode()
_OVERLOOKED = (
    "UPDATE presses p SET reported_at = %(now)s WHERE alarm_id IN (SELECT alarm_id FROM presses "  # noqa: S608
    "WHERE reported_at IS NULL AND stored_at < %(before)s ORDER BY stored_at LIMIT %(limit)s "
    f"FOR UPDATE SKIP LOCKED) RETURNING {_REPORTED}"
).encode()


def put_presses(session: Session, presses: Sequence[NewPress]) -> dict[UUID, Stored]:
    """Store presses and their events; returns what was there before. Each alarm id at most once, sorted."""
    at = clock.now()
    rows = [
        _values(p.raised) | {"content": p.content, "evidence": p.evidence, "whole": True, "stored_at": at}
        for p in presses
    ]
    events = [
        outbox.Outgoing(p.raised.alarm_id, AlarmRaised.EXCHANGE, p.raised.routing_key, p.event, None)
        for p in presses
        if not p.confirmed
    ]
    unsent = outbox.stored(events, session)
    before, *_ = send(session, Statement(_PUT, {"rows": as_json(rows)}), *([unsent] if unsent else []))
    return {row.alarm_id: Stored(row.content, row.received_at, row.deadline_at) for row in before}


def stored(session: Session, alarm_ids: Collection[UUID]) -> dict[UUID, Stored]:
    """Give those of these presses that are there."""
    [rows] = send(session, Statement(_STORED, {"ids": list(alarm_ids)}))
    return {row.alarm_id: Stored(row.content, row.received_at, row.deadline_at) for row in rows}


def record(
    session: Session, raised: Sequence[AlarmRaised], contents: Sequence[str | None], evidence: Sequence[bytes]
) -> list[dict[str, Any]]:
    """Store what is missing; returns the presses that the ledger does not know yet. Sorted, ids once."""
    at = clock.now()
    rows = [
        _values(press)
        | {"content": content, "evidence": each, "whole": False, "stored_at": at, "reported_at": at}
        for press, content, each in zip(raised, contents, evidence, strict=True)
    ]
    return recorded(session, rows)


def recorded(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Store these presses where they are missing; return the rows that the ledger does not know yet."""
    [new] = send(session, Statement(_RECORD, {"rows": as_json(rows)}))
    return [row._asdict() for row in new]


def overlooked(session: Session, before: datetime, limit: int) -> list[dict[str, Any]]:
    """Take up to `limit` presses stored before then that the ledger was not told of; they now count as told."""
    values = {"now": clock.now(), "before": before, "limit": limit}
    [rows] = send(session, Statement(_OVERLOOKED, values))
    return [row._asdict() for row in rows]


_COLUMNS = ("alarm_id", "device_id", "counter", "lane", "channel", "pressed_at", "received_at", "deadline_at")


def _values(raised: AlarmRaised) -> dict[str, object]:
    return {name: getattr(raised, name) for name in (*_COLUMNS, "flags", "digest")}
