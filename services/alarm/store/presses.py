"""Presses: written by the API and by the recorder, whichever comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis import clock
from chassis.sql import Statement, send
from contracts.alarm import AlarmRaised


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


# Unnested arrays: one statement, prepared once, whatever the size of the batch. The select sees the
# table as it was before, so it finds exactly the presses that were there already. The recorder may have
# been faster: then only the signed body is added.
_PUT = (
    b"WITH new AS (SELECT * FROM unnest(%(alarm_id)s::uuid[], %(device_id)s::text[], "
    b"%(counter)s::bigint[], %(lane)s::text[], %(channel)s::text[], "
    b"%(pressed_at)s::timestamptz[], %(received_at)s::timestamptz[], "
    b"%(deadline_at)s::timestamptz[], %(flags)s::text[], %(content)s::text[], "
    b"%(evidence)s::bytea[]) AS n(alarm_id, device_id, counter, lane, channel, pressed_at, received_at, "
    b"deadline_at, flags, content, evidence)), "
    b"put AS (INSERT INTO presses (alarm_id, device_id, counter, lane, channel, pressed_at, received_at, "
    b"deadline_at, stored_at, flags, content, evidence, whole) "
    b"SELECT alarm_id, device_id, counter, lane, channel, pressed_at, received_at, deadline_at, %(now)s, "
    b"CAST(flags AS jsonb), content, evidence, true FROM new "
    b"ON CONFLICT (alarm_id) DO UPDATE SET evidence = EXCLUDED.evidence, whole = true "
    b"WHERE NOT presses.whole AND presses.content IS NOT DISTINCT FROM EXCLUDED.content) "
    b"SELECT old.alarm_id, old.content, old.received_at, old.deadline_at "
    b"FROM presses old JOIN new USING (alarm_id)"
)
_OUTBOX = (
    b"INSERT INTO outbox (id, exchange, routing_key, body, created_at) "
    b"SELECT id, %(exchange)s, routing_key, body, %(now)s FROM unnest(%(id)s::uuid[], "
    b"%(routing_key)s::text[], %(body)s::bytea[]) AS n(id, routing_key, body) ON CONFLICT DO NOTHING"
)


def put_presses(session: Session, presses: Sequence[NewPress]) -> dict[UUID, Stored]:
    """Store presses and their events; returns what was there before. Each alarm id at most once, sorted."""
    at = clock.now()
    values = _columns([press.raised for press in presses]) | {
        "content": [press.content for press in presses],
        "evidence": [press.evidence for press in presses],
        "now": at,
    }
    unsent = [press for press in presses if not press.confirmed]
    events = {
        "id": [press.raised.alarm_id for press in unsent],
        "exchange": AlarmRaised.EXCHANGE,
        "routing_key": [press.raised.routing_key for press in unsent],
        "body": [press.event for press in unsent],
        "now": at,
    }
    before, *_ = send(session, Statement(_PUT, values), *([Statement(_OUTBOX, events)] if unsent else []))
    return {row.alarm_id: Stored(row.content, row.received_at, row.deadline_at) for row in before}


# A press that the API stored is only marked; one that only the broker held is stored here. Either way it
# comes back exactly once, and then the ledger is told.
_RECORD = text(
    "INSERT INTO presses AS p (alarm_id, device_id, counter, lane, channel, pressed_at, received_at, "
    "deadline_at, stored_at, flags, content, evidence, whole, reported_at) "
    "SELECT alarm_id, device_id, counter, lane, channel, pressed_at, received_at, deadline_at, :now, "
    "CAST(flags AS jsonb), content, evidence, false, :now "
    "FROM unnest(CAST(:alarm_id AS uuid[]), CAST(:device_id AS text[]), CAST(:counter AS bigint[]), "
    "CAST(:lane AS text[]), CAST(:channel AS text[]), CAST(:pressed_at AS timestamptz[]), "
    "CAST(:received_at AS timestamptz[]), CAST(:deadline_at AS timestamptz[]), CAST(:flags AS text[]), "
    "CAST(:content AS text[]), CAST(:evidence AS bytea[])) AS n(alarm_id, device_id, counter, lane, channel, "
    "pressed_at, received_at, deadline_at, flags, content, evidence) "
    "ON CONFLICT (alarm_id) DO UPDATE SET reported_at = :now WHERE p.reported_at IS NULL "
    "RETURNING p.alarm_id, p.device_id, p.counter, p.lane, p.channel, p.pressed_at, p.received_at, "
    "p.stored_at, p.deadline_at, p.flags"
)


def record(
    session: Session, raised: Sequence[AlarmRaised], contents: Sequence[str | None], evidence: Sequence[bytes]
) -> list[dict[str, Any]]:
    """Store what is missing; returns the presses that the ledger does not know yet. Sorted, ids once."""
    parameters = _columns(raised) | {"content": list(contents), "evidence": list(evidence), "now": clock.now()}
    return [dict(row._mapping) for row in session.execute(_RECORD, parameters)]


_COLUMNS = ("alarm_id", "device_id", "counter", "lane", "channel", "pressed_at", "received_at", "deadline_at")


def _columns(raised: Sequence[AlarmRaised]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: [getattr(each, name) for each in raised] for name in _COLUMNS}
    return columns | {"flags": [_flags(each.flags) for each in raised]}


def _flags(flags: Sequence[str]) -> str:
    """As JSON; they are words of our own, so nothing needs escaping."""
    return "[" + ",".join(f'"{flag}"' for flag in flags) + "]"
