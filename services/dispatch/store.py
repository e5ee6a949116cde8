"""The SQL of dispatch: batches in as few statements as can be."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, text, true, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from chassis.database.columns import table_of
from chassis.database.sql import Insert, Statement, as_json, send
from chassis.runtime import clock
from chassis.security.accounts import is_one_of
from contracts.common import Fix
from services.dispatch.domain import LIVE, ORDER_MOVES, RE_PRESSES_THAT_COUNT
from services.dispatch.models import (
    CardRow,
    IncidentRow,
    OrderRow,
    PerpetratorRow,
    PhotoRow,
    PressRow,
    UnitRow,
)

log = logging.getLogger(__name__)

# The statement of the hot path: opens the incident of each press and takes its unit, in one round trip.
# A further press of the same subject joins its open incident; the database decides which came first.
# Units are locked in the order of their ids, so that two workers cannot deadlock.
_NEW_INCIDENT = Insert(
    table_of(IncidentRow),
    (
        *("id", "subject", "device_id", "enrolment_id", "lane", "source", "known_device", "cic_id"),
        *("also_cics", "zone_id", "border_zones", "basis", "flags", "urgency", "presses", "state"),
        *("raised_at", "deadline_at", "routed_at", "last_press_at", "fix", "fix_at", "first_fix"),
        *("traceparent", "revision", "changed_at"),
    ),
)
_TAKE = (
    "ORDER BY u.id FOR UPDATE OF u), t AS (UPDATE units SET order_id = f.order_id, changed_at = %(now)s "
    "FROM f WHERE units.id = f.id RETURNING units.order_id)"
)
# No number of a row may keep a further press out.
MOST = 2**31 - 1
# `domain.urgency_of`, for so many presses more.
_URGENCY_OF_JOINED = (
    f"LEAST(CAST(i.urgency AS bigint) + LEAST(i.presses + CAST(EXCLUDED.presses AS bigint) - 1, "
    f"{RE_PRESSES_THAT_COUNT}) - LEAST(CAST(i.presses AS bigint) - 1, {RE_PRESSES_THAT_COUNT}), {MOST})"
)
_OPEN_OR_JOIN = (
    f"WITH n AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS n({_NEW_INCIDENT.fields}, "  # noqa: S608
    "unit_id text, order_id uuid)), "
    f"i AS (INSERT INTO incidents AS i ({_NEW_INCIDENT.names}) SELECT {_NEW_INCIDENT.values} "
    "FROM n ORDER BY n.subject "
    "ON CONFLICT (subject) WHERE state = 'open' DO UPDATE SET "
    f"presses = LEAST(CAST(i.presses AS bigint) + EXCLUDED.presses, {MOST}), "
    f"urgency = {_URGENCY_OF_JOINED}, "
    "last_press_at = GREATEST(i.last_press_at, EXCLUDED.last_press_at), "
    f"revision = LEAST(CAST(i.revision AS bigint) + 1, {MOST}), "
    "changed_at = EXCLUDED.changed_at "
    "RETURNING id, subject, cic_id, presses, urgency, (xmax = 0) AS opened), "
    "f AS (SELECT u.id, n.order_id FROM n JOIN i ON i.id = n.id AND i.opened "
    f"JOIN units u ON u.id = n.unit_id WHERE u.order_id IS NULL AND u.available {_TAKE} "
    "SELECT i.*, t.order_id FROM i LEFT JOIN n ON n.id = i.id LEFT JOIN t ON t.order_id = n.order_id"
).encode()
_CLAIM_UNITS = (
    "WITH w AS (SELECT * FROM unnest(%(units)s::text[], %(orders)s::uuid[]) AS w(unit_id, order_id)), "  # noqa: S608
    "f AS (SELECT u.id, w.order_id FROM w "
    f"JOIN units u ON u.id = w.unit_id WHERE u.order_id IS NULL AND u.available {_TAKE} SELECT order_id FROM t"
).encode()
# A tie that was not withdrawn since it was last declared.
STANDS = b"(t.withdrawn_at IS NULL OR t.declared_at > t.withdrawn_at)"
_STANDS_OF = (
    b"SELECT 1 FROM ties t WHERE t.enrolment_id = %(enrolment_id)s AND t.subject = %(person)s AND " + STANDS
)
_OWNERS = (
    b"SELECT d.id, d.enrolment_id, d.public_key, e.managing_zone_id, c.sealed AS card, "
    b"ARRAY(SELECT o.id FROM perpetrators p "
    b"JOIN perpetrators q ON q.ref = p.ref AND q.enrolment_id <> p.enrolment_id "
    b"JOIN incidents o ON o.enrolment_id = q.enrolment_id AND o.state = 'open' "
    b"WHERE p.enrolment_id = d.enrolment_id) AS linked, "
    b"ARRAY(SELECT DISTINCT COALESCE(t.spelt, t.subject) FROM ties t WHERE t.enrolment_id = d.enrolment_id "
    b"AND " + STANDS + b") AS tied "
    b"FROM devices d LEFT JOIN enrolments e ON e.id = d.enrolment_id "
    b"LEFT JOIN cards c ON c.enrolment_id = d.enrolment_id WHERE d.id = ANY(%(ids)s::uuid[])"
)
_SENDER = (
    b"SELECT p.incident_id, p.fix_sequence, p.device_id = %(device_id)s::uuid::text AS own, d.status "
    b"FROM presses p LEFT JOIN devices d ON d.id = %(device_id)s::uuid WHERE p.alarm_id = %(alarm_id)s"
)
_UNPROVED = (
    b"SELECT id, subject, device_id, source, fix, first_fix, last_press_at FROM incidents "
    b"WHERE state = 'open' AND lane = 'unverified' AND acknowledged_at IS NULL "
    b"AND device_id = ANY(%(devices)s::text[]) "
    b"ORDER BY last_press_at"
)
_KNOWN = (
    b"SELECT p.alarm_id, p.copy_key, p.received_at, p.incident_id, i.closed_at FROM presses p "
    b"JOIN incidents i ON i.id = p.incident_id "
    b"WHERE p.alarm_id = ANY(%(ids)s::uuid[]) OR p.copy_key = ANY(%(keys)s::text[])"
)
_NOW_KNOWN = text(
    "UPDATE incidents SET known_device = true, revision = revision + 1, changed_at = :now "
    "WHERE state = 'open' AND lane = 'unverified' AND device_id = :device AND NOT known_device"
)
_DELIVERED = text("UPDATE control_rooms SET webhook_delivered_at = :now WHERE id = :cic")
# A second attempt is one after a failure.
_UNDELIVERED = text(
    "SELECT split_part(subject_id, '|', 2) AS cic_id, count(*) FILTER (WHERE attempt > 1) AS failing, "
    "count(*) FILTER (WHERE parked_at IS NOT NULL) AS parked FROM due WHERE kind = 'webhook' GROUP BY 1"
)
_CHANGED = b"SELECT id, revision FROM incidents WHERE changed_at > %(since)s"
_INCIDENTS = b"SELECT * FROM incidents WHERE id = ANY(%(ids)s::uuid[])"
_ORDERS = (
    b"SELECT o.*, COALESCE(u.callsign, o.unit_id) AS callsign, COALESCE(u.cic_id, o.cic_id) AS unit_cic_id, "
    b"u.seen_at AS unit_seen_at "
    b"FROM orders o "
    b"LEFT JOIN units u ON u.id = o.unit_id WHERE o.incident_id = ANY(%(ids)s::uuid[]) ORDER BY o.created_at"
)
_CARDS = (
    b"SELECT c.enrolment_id, c.sealed FROM incidents i JOIN cards c ON c.enrolment_id = i.enrolment_id "
    b"WHERE i.id = ANY(%(ids)s::uuid[]) AND i.state = 'open' AND c.sealed IS NOT NULL"
)
# Open incidents of other enrolments that share a perpetrator.
_LINKED = (
    b"SELECT i.enrolment_id, other.id FROM incidents i JOIN perpetrators p ON p.enrolment_id = i.enrolment_id "
    b"JOIN perpetrators q ON q.ref = p.ref AND q.enrolment_id <> p.enrolment_id "
    b"JOIN incidents other ON other.enrolment_id = q.enrolment_id AND other.state = 'open' "
    b"WHERE i.id = ANY(%(ids)s::uuid[]) AND i.state = 'open'"
)
# Who has a tie to a party, by incident.
_TIED = (
    b"SELECT DISTINCT i.id, COALESCE(t.spelt, t.subject) AS subject FROM incidents i "
    b"JOIN ties t ON t.enrolment_id = i.enrolment_id WHERE i.id = ANY(%(ids)s::uuid[]) AND " + STANDS
)
new_presses = Insert(table_of(PressRow), tail="ON CONFLICT DO NOTHING")
new_orders = Insert(
    table_of(OrderRow),
    (
        *("id", "incident_id", "unit_id", "cic_id", "state", "automatic", "distance_m", "search_basis"),
        *("by_radio", "created_at", "sent_at"),
    ),
)

_UNACKNOWLEDGED = text(
    "SELECT cic_id, count(*) AS incidents, "
    "extract(epoch FROM now() - greatest(least(min(raised_at), now()), timestamptz 'epoch')) AS oldest_s "
    "FROM incidents WHERE state = 'open' AND acknowledged_at IS NULL GROUP BY cic_id"
)
# Incidents without an order whose proposed unit went elsewhere, unless somebody looks already.
_STALE_PROPOSALS = (
    b"SELECT DISTINCT o.incident_id FROM orders o JOIN units u ON u.id = o.unit_id WHERE o.state = 'proposed' "
    b"AND (u.order_id IS NOT NULL OR NOT u.available OR u.seen_at < %(fresh_since)s OR u.seen_at > %(ahead)s) "
    b"AND NOT EXISTS (SELECT 1 FROM orders l WHERE l.incident_id = o.incident_id AND l.state = ANY(%(live)s)) "
    b"AND NOT EXISTS (SELECT 1 FROM due d "
    b"WHERE d.subject_id = o.incident_id::text AND d.kind = ANY(%(looks)s))"
)
_FREE_UNITS = text("UPDATE units SET order_id = NULL, changed_at = :now WHERE order_id = ANY(:orders)")


def open_unproved(devices: Collection[str]) -> Statement:
    """Open incidents of unproved presses that name these devices and that nobody took, the last one last."""
    return Statement(_UNPROVED, {"devices": list(devices)})


def known_presses(ids: Collection[UUID], keys: Sequence[str]) -> Statement:
    """Presses with one of these ids or keys of copies, and when the incident of each was closed."""
    return Statement(_KNOWN, {"ids": list(ids), "keys": list(keys)})


def owners(device_ids: Collection[UUID]) -> Statement:
    """Enrolment, key, managing zone, sealed card, linked open incidents and who is tied, of known devices."""
    return Statement(_OWNERS, {"ids": list(device_ids)})


def open_or_join(rows: Sequence[Mapping[str, Any]], now: datetime) -> Statement:
    """Open an incident for each subject, or join its open one; take the unit of each that was opened.

    Subjects must be distinct; where they are now is left to `joining`. `unit_id` and `order_id` of a row: the
    unit that its order is to take, if any.
    What comes back: the incident, and the order whose unit was free.
    """
    return Statement(_OPEN_OR_JOIN, {"rows": as_json(rows), "now": now})


def claim_units(session: Session, wanted: Mapping[UUID, str], now: datetime) -> set[UUID]:
    """Take units (by order); returns the orders whose unit was free."""
    if not wanted:
        return set()
    values = {"orders": list(wanted), "units": list(wanted.values()), "now": now}
    [rows] = send(session, Statement(_CLAIM_UNITS, values))
    return {row.order_id for row in rows}


def free_units(session: Session, order_ids: Iterable[UUID], now: datetime) -> None:
    """Give the units of these orders back."""
    session.execute(_FREE_UNITS, {"now": now, "orders": list(order_ids)})


def is_free(session: Session, unit_id: str) -> bool:
    """Whether a unit is on duty and without an order."""
    unit = session.get(UnitRow, unit_id, populate_existing=True)
    return unit is not None and unit.available and unit.order_id is None


def stale_proposals(session: Session, fresh_since: datetime) -> list[UUID]:
    """Incidents whose operator sees a unit that cannot go, and for which nobody is looking."""
    ahead = clock.now() + timedelta(minutes=1)
    values = {
        "fresh_since": fresh_since,
        "ahead": ahead,
        "live": list(LIVE),
        "looks": ["find_unit", "send_unit"],
    }
    [rows] = send(session, Statement(_STALE_PROPOSALS, values))
    return [row.incident_id for row in rows]


def locked_incident(session: Session, incident_id: UUID) -> IncidentRow | None:
    """The incident, locked until the transaction ends. Always locked before its orders."""
    query = select(IncidentRow).where(col(IncidentRow.id) == incident_id).with_for_update()
    incident = session.execute(query).scalar_one_or_none()
    return readable(incident) if incident is not None else None


# What each of these must be; else it is as if nothing stood there.
_LISTS = ("also_cics", "border_zones", "flags")


def readable(incident: IncidentRow) -> IncidentRow:
    """The row, with lists where lists must be. Not noted as changes: who only reads writes nothing."""
    for name in _LISTS:
        value = getattr(incident, name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            log.error("incident %s: its %s is no list", incident.id, name)
            set_committed_value(incident, name, [])
    return incident


def note_sequence(session: Session, alarm_id: UUID, sequence: int) -> None:
    """The highest number of a fix of this press so far."""
    row = update(PressRow).where(col(PressRow.alarm_id) == alarm_id)
    session.execute(row.values(fix_sequence=func.greatest(col(PressRow.fix_sequence), sequence)))


def sender(session: Session, alarm_id: UUID, device_id: UUID) -> Any:
    """Of a press: its `incident_id`, whether it is this device's `own`, and the device's `status`; or None."""
    [rows] = send(session, Statement(_SENDER, {"alarm_id": alarm_id, "device_id": device_id}))
    return rows[0] if rows else None


def unproved_presses(session: Session, incident_id: UUID) -> list[PressRow]:
    """The presses of an incident whose proof waits for their device to be known."""
    query = select(PressRow).where(col(PressRow.incident_id) == incident_id, col(PressRow.proof).is_not(None))
    return list(session.execute(query).scalars())


def waiting_for(session: Session, device_id: UUID) -> list[UUID]:
    """The incidents with presses that name this device and wait for it to be known."""
    query = select(PressRow.incident_id).where(
        col(PressRow.device_id) == str(device_id), col(PressRow.proof).is_not(None)
    )
    return list(session.execute(query.distinct()).scalars())


def note_delivered(session: Session, cic_id: str, now: datetime) -> None:
    """The webhook of a control room took something."""
    session.execute(_DELIVERED, {"cic": cic_id, "now": now})


def undelivered(session: Session) -> dict[str, tuple[int, int]]:
    """By control room: how many webhooks failed and are tried again, and how many were parked."""
    return {row.cic_id: (row.failing, row.parked) for row in session.execute(_UNDELIVERED)}


def note_known_device(session: Session, device_id: UUID, now: datetime) -> None:
    """What names this device is of a victim, and stands for itself from now on."""
    session.execute(_NOW_KNOWN, {"device": str(device_id), "now": now})


_FORGET_WITHDRAWN = text(
    "UPDATE cards c SET sealed = NULL, withdrawn = FALSE WHERE c.enrolment_id = :enrolment_id AND c.withdrawn "
    "AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.enrolment_id = c.enrolment_id AND i.state = 'open' "
    "AND i.id <> :closed) RETURNING c.version"
)


def forget_withdrawn(session: Session, enrolment_id: UUID, closed: UUID) -> None:
    """With the last open alarm of an enrolment its card goes, where it was withdrawn meanwhile."""
    row = session.execute(_FORGET_WITHDRAWN, {"enrolment_id": enrolment_id, "closed": closed}).first()
    if row is None:
        return
    named = (col(PhotoRow.enrolment_id) == enrolment_id, col(PhotoRow.card_version) <= row.version)
    session.execute(delete(PhotoRow).where(*named))
    session.execute(delete(PerpetratorRow).where(col(PerpetratorRow.enrolment_id) == enrolment_id))


def forget_proofs(session: Session, incident_id: UUID) -> None:
    """What was signed is of no more use: it holds a place."""
    session.execute(
        update(PressRow)
        .where(col(PressRow.incident_id) == incident_id, col(PressRow.proof).is_not(None))
        .values(proof=None)
    )


def has_open(session: Session, subject: str) -> bool:
    """Whether an incident of this subject is open."""
    query = select(IncidentRow.id).where(col(IncidentRow.subject) == subject, col(IncidentRow.state) == "open")
    return session.execute(query).first() is not None


def incidents_of_presses(session: Session, keys: Mapping[str, UUID]) -> dict[UUID, UUID]:
    """Where presses belong, as far as they are here. `keys`: by key of their copies, what to call each.

    One that was stored before such keys were is known by its id.
    """
    key, incident = col(PressRow.copy_key), col(PressRow.incident_id)
    by_key = select(key, incident).where(key.in_(keys))
    by_id = select(PressRow.alarm_id, incident).where(key.is_(None), col(PressRow.alarm_id).in_(keys.values()))
    found = {row.alarm_id: row.incident_id for row in session.execute(by_id)}
    return found | {keys[row.copy_key]: row.incident_id for row in session.execute(by_key)}


def orders_of(session: Session, incident_ids: Collection[UUID]) -> list[OrderRow]:
    """All orders of these incidents, oldest first."""
    query = (
        select(OrderRow).where(col(OrderRow.incident_id).in_(incident_ids)).order_by(col(OrderRow.created_at))
    )
    orders = list(session.execute(query).scalars())
    for order in orders:
        if order.state not in ORDER_MOVES:
            log.error("order %s: its state cannot be read: it counts as sent", order.id)
            set_committed_value(order, "state", "sent")
    return orders


def live_orders(orders: Iterable[OrderRow]) -> list[OrderRow]:
    """Those that a unit holds now."""
    return [order for order in orders if order.state in LIVE]


def touch(session: Session, incident: IncidentRow, now: datetime, **changes: Any) -> None:
    """Change an incident: whoever watches it sees a new revision."""
    for name, value in changes.items():
        setattr(incident, name, value)
    incident.revision = min(incident.revision + 1, MOST)
    incident.changed_at = now
    session.add(incident)


def incidents(session: Session, ids: Collection[UUID]) -> list[IncidentRow]:
    """Incidents by id."""
    return [
        readable(row)
        for row in session.execute(select(IncidentRow).where(col(IncidentRow.id).in_(ids))).scalars()
    ]


def open_incidents(session: Session, cic_id: str | None = None) -> list[IncidentRow]:
    """Open incidents of a control room (its own and those it was brought into), or all."""
    if cic_id is None:
        return _open(session, true())
    brought_in = col(IncidentRow.also_cics).op("@>")([cic_id])
    return _open(session, or_(col(IncidentRow.cic_id) == cic_id, brought_in))


def roomless_incidents(session: Session, rooms: Collection[str]) -> list[UUID]:
    """Open incidents whose control room is none of these."""
    query = select(IncidentRow.id).where(
        col(IncidentRow.state) == "open", col(IncidentRow.cic_id).not_in(rooms)
    )
    return list(session.execute(query).scalars())


def served_incidents(
    session: Session, unit_id: str | None = None, cic_id: str | None = None
) -> list[IncidentRow]:
    """Open incidents for which this unit, or any unit of this control room, holds an order."""
    live = select(OrderRow.incident_id).where(col(OrderRow.state).in_(LIVE))
    if unit_id is not None:
        live = live.where(col(OrderRow.unit_id) == unit_id)
    if cic_id is not None:
        of_room = select(UnitRow.id).where(col(UnitRow.cic_id) == cic_id)
        live = live.where(col(OrderRow.unit_id).in_(of_room))
    return _open(session, col(IncidentRow.id).in_(live))


def _open(session: Session, which: ColumnElement[bool]) -> list[IncidentRow]:
    query = select(IncidentRow).where(col(IncidentRow.state) == "open", which)
    query = query.order_by(col(IncidentRow.urgency).desc(), col(IncidentRow.raised_at))
    return [readable(row) for row in session.execute(query).scalars()]


def unacknowledged(session: Session) -> list[tuple[str, int, float]]:
    """Each control room's open incidents that nobody took: how many, and the age of the oldest in seconds."""
    found = session.execute(_UNACKNOWLEDGED)
    return [(row.cic_id, row.incidents, float(row.oldest_s)) for row in found]


def changed_since(session: Session, since: datetime) -> dict[UUID, int]:
    """Revisions of incidents that changed, by id; the stream's safety net when no doorbell rang."""
    [rows] = send(session, Statement(_CHANGED, {"since": since}))
    return {row.id: row.revision for row in rows}


def seen_by(session: Session, ids: Collection[UUID]) -> list[list[Any]]:
    """What a view needs, in one round trip: incidents, orders with call signs, sealed cards, links, ties.

    Cards and links of open incidents only, both by enrolment; ties by incident.
    """
    values = {"ids": list(ids)}
    queries = (_INCIDENTS, _ORDERS, _CARDS, _LINKED, _TIED)
    return send(session, *(Statement(query, values) for query in queries))


def is_tied(session: Session, incident_id: UUID, subject: str) -> bool:
    """Whether a person has a tie to a party of an incident."""
    [rows] = send(session, Statement(_TIED, {"ids": [incident_id]}))
    return is_one_of(subject, (row.subject for row in rows))


def stands(session: Session, enrolment_id: UUID, person: str) -> bool:
    """Whether anybody says that a person (an account as it is compared) has a tie to a party of a file."""
    values = {"enrolment_id": enrolment_id, "person": person}
    [rows] = send(session, Statement(_STANDS_OF, values))
    return bool(rows)


def open_of(session: Session, enrolment_id: UUID) -> list[IncidentRow]:
    """Open incidents of an enrolment, locked until the transaction ends."""
    query = select(IncidentRow).where(
        col(IncidentRow.enrolment_id) == enrolment_id, col(IncidentRow.state) == "open"
    )
    return [readable(row) for row in session.execute(query.with_for_update()).scalars()]


def cards(session: Session, enrolment_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Sealed cards by enrolment."""
    if not enrolment_ids:
        return {}
    query = select(CardRow).where(
        col(CardRow.enrolment_id).in_(enrolment_ids), col(CardRow.sealed).is_not(None)
    )
    return {row.enrolment_id: row.sealed for row in session.execute(query).scalars() if row.sealed}


def fix_place(subject: str) -> str:
    """The place (vault) of the fix of a subject's incident."""
    return f"incidents:{subject}:fix"


def card_place(enrolment_id: UUID) -> str:
    """Where a card is sealed for."""
    return f"cards:{enrolment_id}:sealed"


def photo_place(photo_id: UUID) -> str:
    """Where a photo is sealed for."""
    return f"photos:{photo_id}:sealed"


def webhook_place(cic_id: str) -> str:
    """Where the secret of a control room's webhook is sealed for."""
    return f"control_rooms:{cic_id}:webhook_secret"


def webhook_proposal_place(cic_id: str) -> str:
    """Where the secret of a webhook that waits for a second person is sealed for."""
    return f"webhook_proposals:{cic_id}:secret"


def proof_place(alarm_id: UUID) -> str:
    """Where what a device signed is sealed for."""
    return f"presses:{alarm_id}:proof"


def said_place(about: UUID) -> str:
    """Where what somebody wrote about an order or an incident is sealed for."""
    return f"said:{about}"


def fix_json(fix: Fix) -> dict[str, Any]:
    """A fix as it is sealed."""
    return fix.model_dump(mode="json")
