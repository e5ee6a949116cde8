"""The SQL of the way from a press to an order: batches in as few statements as can be."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database.columns import table_of
from chassis.database.sql import Insert, Statement, as_json
from services.dispatch.domain.incidents import NewIncident
from services.dispatch.domain.urgency import RE_PRESSES_THAT_COUNT
from services.dispatch.models import IncidentRow, OrderRow, PressRow
from services.dispatch.store.conflicts import STANDS
from services.dispatch.store.incidents import MOST
from services.dispatch.store.units import TAKE_WANTED_UNITS

# The statement of the hot path: opens the incident of each press and takes its unit, in one round trip.
# A further press of the same subject joins its open incident; the database decides which came first.
# Units are locked in the order of their ids, so that two workers cannot deadlock.
_NEW_INCIDENT = Insert(
    table_of(IncidentRow),
    (
        *("id", "subject", "device_id", "enrolment_id", "lane", "source", "known_device", "control_room_id"),
        *("also_control_room_ids", "zone_id", "border_zones", "basis", "flags", "urgency", "presses", "state"),
        *("raised_at", "deadline_at", "routed_at", "last_press_at", "fix", "fix_at", "first_fix"),
        *("traceparent", "revision", "changed_at"),
    ),
)

# `urgency_of`, for so many presses more.
_URGENCY_OF_JOINED = (
    f"LEAST(CAST(known.urgency AS bigint) + LEAST(known.presses + CAST(EXCLUDED.presses AS bigint) - 1, "
    f"{RE_PRESSES_THAT_COUNT}) - LEAST(CAST(known.presses AS bigint) - 1, {RE_PRESSES_THAT_COUNT}), {MOST})"
)
_OPEN_OR_JOIN = (
    f"WITH raised AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) "  # noqa: S608
    f"AS raised({_NEW_INCIDENT.fields}, unit_id text, order_id uuid)), "
    f"opened_or_joined AS (INSERT INTO incidents AS known ({_NEW_INCIDENT.names}) "
    f"SELECT {_NEW_INCIDENT.values} FROM raised AS n ORDER BY n.subject "
    "ON CONFLICT (subject) WHERE state = 'open' DO UPDATE SET "
    f"presses = LEAST(CAST(known.presses AS bigint) + EXCLUDED.presses, {MOST}), "
    f"urgency = {_URGENCY_OF_JOINED}, "
    "last_press_at = GREATEST(known.last_press_at, EXCLUDED.last_press_at), "
    f"revision = LEAST(CAST(known.revision AS bigint) + 1, {MOST}), "
    "changed_at = EXCLUDED.changed_at "
    "RETURNING id, subject, control_room_id, presses, urgency, (xmax = 0) AS opened), "
    "wanted AS (SELECT raised.unit_id, raised.order_id FROM raised "
    "JOIN opened_or_joined AS found ON found.id = raised.id AND found.opened), "
    f"{TAKE_WANTED_UNITS} "
    "SELECT opened_or_joined.*, taken_units.order_id FROM opened_or_joined "
    "LEFT JOIN raised ON raised.id = opened_or_joined.id "
    "LEFT JOIN taken_units ON taken_units.order_id = raised.order_id"
).encode()
_OWNERS = (
    b"SELECT d.id, d.enrolment_id, d.public_key, e.managing_zone_id, c.encrypted AS card, "
    b"ARRAY(SELECT o.id FROM perpetrators p "
    b"JOIN perpetrators q ON q.ref = p.ref AND q.enrolment_id <> p.enrolment_id "
    b"JOIN incidents o ON o.enrolment_id = q.enrolment_id AND o.state = 'open' "
    b"WHERE p.enrolment_id = d.enrolment_id) AS linked, "
    b"ARRAY(SELECT DISTINCT COALESCE(t.spelt, t.subject) FROM conflicts t "
    b"WHERE t.enrolment_id = d.enrolment_id "
    b"AND " + STANDS + b") AS conflicted "
    b"FROM devices d LEFT JOIN enrolments e ON e.id = d.enrolment_id "
    b"LEFT JOIN cards c ON c.enrolment_id = d.enrolment_id WHERE d.id = ANY(%(ids)s::uuid[])"
)

_UNVERIFIED = (
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

insert_presses = Insert(table_of(PressRow), tail="ON CONFLICT DO NOTHING")
insert_orders = Insert(
    table_of(OrderRow),
    (
        *(
            "id",
            "incident_id",
            "unit_id",
            "control_room_id",
            "state",
            "automatic",
            "distance_m",
            "search_basis",
        ),
        *("by_radio", "created_at", "sent_at"),
    ),
)


def select_open_unverified(devices: Collection[str]) -> Statement:
    """Select open incidents of unverified presses that name these devices and nobody took, in order."""
    return Statement(_UNVERIFIED, {"devices": list(devices)})


def select_known_presses(ids: Collection[UUID], keys: Sequence[str]) -> Statement:
    """Select presses with one of these ids or keys of copies, and when the incident of each was closed."""
    return Statement(_KNOWN, {"ids": list(ids), "keys": list(keys)})


def select_owners(device_ids: Collection[UUID]) -> Statement:
    """Select enrolment, key, managing zone, encrypted card, linked incidents, conflicts of known devices."""
    return Statement(_OWNERS, {"ids": list(device_ids)})


def open_or_join(rows: Sequence[NewIncident], now: datetime) -> Statement:
    """Open an incident for each subject, or join its open one; take the unit of each that was opened.

    Subjects must be distinct; where they are now is left to `join`. `unit_id` and `order_id` of a row: the
    unit that its order is to take, if any.
    What comes back: the incident, and the order whose unit was free.
    """
    return Statement(_OPEN_OR_JOIN, {"rows": as_json(rows), "now": now})
