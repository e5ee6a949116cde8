"""The SQL of units: whose they are, where they are, who may see them, which order they hold."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.database.columns import table_of
from chassis.database.sql import Insert, Statement, as_json, send
from services.dispatch.domain.orders import LIVE
from services.dispatch.domain.units import NewUnit, Position
from services.dispatch.models import UnitRow
from services.dispatch.store.conflicts import STANDS
from services.dispatch.store.rows import SeenUnitRow

# Locks those of the `wanted` (unit_id, order_id) that are free, and gives each to its order.
# Units are locked in the order of their ids, so that two workers cannot deadlock.
TAKE_WANTED_UNITS = (
    "free_units AS (SELECT units.id, wanted.order_id FROM wanted JOIN units ON units.id = wanted.unit_id "
    "WHERE units.order_id IS NULL AND units.available ORDER BY units.id FOR UPDATE OF units), "
    "taken_units AS (UPDATE units SET order_id = free_units.order_id, changed_at = %(now)s "
    "FROM free_units WHERE units.id = free_units.id RETURNING units.order_id)"
)
_CLAIM_UNITS = (
    "WITH wanted AS (SELECT * FROM unnest(%(units)s::text[], %(orders)s::uuid[]) "  # noqa: S608
    f"AS wanted(unit_id, order_id)), {TAKE_WANTED_UNITS} SELECT order_id FROM taken_units"
).encode()
_FREE_UNITS = text("UPDATE units SET order_id = NULL, changed_at = :now WHERE order_id = ANY(:orders)")


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


def load_unit(session: Session, unit_id: str) -> UnitRow | None:
    """Load a unit; None where there is none."""
    return session.get(UnitRow, unit_id)


def lock_unit(session: Session, unit_id: str) -> UnitRow | None:
    """Lock a unit until the transaction ends; None where there is none."""
    return session.get(UnitRow, unit_id, with_for_update=True)


def touch_unit(session: Session, unit: UnitRow, now: datetime, **changes: str | None) -> None:
    """Change a unit: every process takes it over."""
    for name, value in changes.items():
        setattr(unit, name, value)
    unit.changed_at = now
    session.add(unit)


def is_unit_free(session: Session, unit_id: str) -> bool:
    """Say whether a unit is on duty and without an order."""
    unit = session.get(UnitRow, unit_id, populate_existing=True)
    return unit is not None and unit.available and unit.order_id is None


# A unit belongs to the room that registered it: who registers another room's unit changes nothing of it.
# Rows are locked in the order of their ids, so that two reports cannot deadlock.
_PUT = Insert(
    table_of(UnitRow),
    ("id", "callsign", "zone_id", "control_room_id", "lat", "lon", "available", "seen_at", "changed_at"),
    "ORDER BY n.id ON CONFLICT (id) DO UPDATE SET callsign = EXCLUDED.callsign, zone_id = EXCLUDED.zone_id, "
    "lat = COALESCE(EXCLUDED.lat, units.lat), lon = COALESCE(EXCLUDED.lon, units.lon), "
    "available = EXCLUDED.available, seen_at = EXCLUDED.seen_at, changed_at = EXCLUDED.changed_at "
    "WHERE units.control_room_id = EXCLUDED.control_room_id RETURNING id",
)
_MOVE = (
    b"WITH reported AS (SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) "
    b"AS reported(unit_id text, lat float8, lon float8, available bool)), "
    b"own_units AS (SELECT units.id FROM units JOIN reported ON reported.unit_id = units.id "
    b"WHERE %(cic)s::text IS NULL OR units.control_room_id = %(cic)s ORDER BY units.id FOR UPDATE OF units) "
    b"UPDATE units SET lat = reported.lat, lon = reported.lon, "
    b"available = COALESCE(reported.available, units.available), seen_at = %(now)s, changed_at = %(now)s "
    b"FROM reported JOIN own_units ON own_units.id = reported.unit_id "
    b"WHERE units.id = own_units.id RETURNING units.id"
)
_SEEN = (
    b"WITH seen_units AS (SELECT id FROM units WHERE id = ANY(%(units)s) ORDER BY id FOR UPDATE) "
    b"UPDATE units SET seen_at = %(now)s, changed_at = %(now)s FROM seen_units WHERE units.id = seen_units.id"
)
# Its own, those that are lent or offered to it, and others for as long as they serve an alarm of its own; with
# whom that alarm is withheld from.
_SEEN_BY_ROOM = (
    b"SELECT u.*, ARRAY(SELECT DISTINCT COALESCE(t.spelt, t.subject) FROM orders o "
    b"JOIN incidents i ON i.id = o.incident_id JOIN conflicts t ON t.enrolment_id = i.enrolment_id "
    b"WHERE o.id = u.order_id AND " + STANDS + b") AS withheld_from FROM units u "
    b"WHERE %(cic)s IN (u.control_room_id, u.lent_to, u.offered_to) OR u.order_id IN "
    b"(SELECT o.id FROM orders o JOIN incidents i ON i.id = o.incident_id WHERE i.control_room_id = %(cic)s "
    b"AND i.state = 'open' AND o.state = ANY(%(live)s)) ORDER BY u.id"
)


def store_units(session: Session, units: Sequence[NewUnit], now: datetime) -> set[str]:
    """Add units or change what is known of them; returns those that are now as `units` say.

    The others belong to another room. An order that a unit holds is not touched.
    """
    if not units:
        return set()
    [stored] = send(session, _PUT([_unit_row(unit, now) for unit in units]))
    return {row.id for row in stored}


def _unit_row(unit: NewUnit, now: datetime) -> Mapping[str, object]:
    return {
        "id": unit.unit_id,
        "callsign": unit.callsign,
        "zone_id": unit.zone_id,
        "control_room_id": unit.control_room_id,
        "lat": unit.lat if unit.lon is not None else None,
        "lon": unit.lon if unit.lat is not None else None,
        "available": unit.available,
        "seen_at": now,
        "changed_at": now,
    }


def store_positions(
    session: Session, positions: Sequence[Position], control_room_id: str | None, now: datetime
) -> set[str]:
    """Store where units of a control room (None: of any) are, and if available; return which moved."""
    if not positions:
        return set()
    rows = [asdict(position) for position in positions]
    [moved] = send(session, Statement(_MOVE, {"rows": as_json(rows), "cic": control_room_id, "now": now}))
    return {row.id for row in moved}


def note_sign_of_life(session: Session, unit_ids: Collection[str], now: datetime) -> None:
    """Note that these units are there: their terminals are connected, or their crews spoke."""
    send(session, Statement(_SEEN, {"units": list(unit_ids), "now": now}))


def units_seen_by(session: Session, control_room_id: str) -> list[SeenUnitRow]:
    """Load the units that a control room may see; `withheld_from`: who has a conflict in its alarm."""
    found: list[SeenUnitRow]
    [found] = send(session, Statement(_SEEN_BY_ROOM, {"cic": control_room_id, "live": list(LIVE)}))
    return found
