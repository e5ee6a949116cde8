"""The SQL of writing: one statement per table and batch, whatever the number of events."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel import Session

from services.reporting.domain.entries import Entries
from services.reporting.domain.stages import OrderState

# What names a row of one of the tables.
K = TypeVar("K", UUID, str, tuple[str, str, str], tuple[UUID, str, datetime])
_LEAST = "LEAST(t.{0}, excluded.{0})"
_MOST = "GREATEST(t.{0}, excluded.{0})"
_UNION = "ARRAY(SELECT DISTINCT unnest(t.{0} || excluded.{0}) ORDER BY 1)"
_MOMENT = "timestamptz"


def _insert(table: str, types: Mapping[str, str], fixed: Mapping[str, str] | None = None) -> str:
    """Make the INSERT of the rows in the JSON parameter `rows`; `fixed` columns are SQL, for new rows only."""
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    fixed = fixed or {}
    read = ", ".join(
        f"coalesce({name}, '{{}}')" if kind.endswith("[]") else name for name, kind in types.items()
    )
    return (
        f"INSERT INTO {table} AS t ({', '.join([*types, *fixed])}) "  # noqa: S608 - constants of this file
        f"SELECT {', '.join([read, *fixed.values()])} "
        f"FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({columns}) "
    )


def _merge(key: str, rules: Mapping[str, str]) -> str:
    """Make the ON CONFLICT clause: merge column by column, and write nothing when nothing is new."""
    sets = ", ".join(f"{name} = {rule.format(name)}" for name, rule in rules.items())
    old = ", ".join(f"t.{name}" for name in rules)
    new = ", ".join(rule.format(name) for name, rule in rules.items())
    return f"ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE ROW({old}) IS DISTINCT FROM ROW({new})"


def _upsert(table: str, key: str, types: dict[str, str], rules: dict[str, str], **fixed: str) -> TextClause:
    every = {name: rules.get(name, _UNION if kind.endswith("[]") else _LEAST) for name, kind in types.items()}
    every.pop(key)
    return text(_insert(table, types, fixed) + _merge(key, every))


_PRESS = _upsert(
    "press",
    "alarm_id",
    {"alarm_id": "uuid", "device_id": "text", "enrolment_id": "uuid", "counter": "bigint", "lane": "text"}
    | {"channel": "text", "incident_ids": "uuid[]", "flags": "text[]"}
    | {f"{name}_at": _MOMENT for name in ("pressed", "received", "stored", "routed", "deadline")},
    {},
    seen_at="CAST(:now AS timestamptz)",
)
_INCIDENT = _upsert(
    "incident",
    "incident_id",
    {"incident_id": "uuid", "enrolment_id": "uuid", "control_room_id": "text", "zone_id": "text"}
    | {"outcome": "text"}
    | {f"{n}_at": _MOMENT for n in ("opened", "routed", "deadline", "displayed", "acknowledged", "closed")},
    {},
    seen_at="CAST(:now AS timestamptz)",
)
_ORDER = _upsert(
    "dispatch_order",
    "order_id",
    {"order_id": "uuid", "incident_id": "uuid", "unit_id": "text", "control_room_id": "text"}
    | {"automatic": "boolean", "late": "boolean"}
    | {f"{state}_at": _MOMENT for state in OrderState},
    {"automatic": _MOST, "late": _MOST},
)
_ESCALATION = text(
    _insert(
        "escalation",
        {"incident_id": "uuid", "level": "text", "at": _MOMENT, "control_room_id": "text", "target": "text"},
    )
    + "ON CONFLICT (incident_id, level, at) DO UPDATE SET "
    "control_room_id = LEAST(t.control_room_id, excluded.control_room_id), "
    "target = LEAST(t.target, excluded.target)"
)
_CONTROL_ROOM = text(
    "INSERT INTO control_room AS t (control_room_id, registered_at, last_canary_at) "
    "SELECT control_room_id, CASE WHEN registered THEN CAST(:now AS timestamptz) END, last_canary_at "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
    "AS r(control_room_id text, registered boolean, last_canary_at timestamptz) "
    "ON CONFLICT (control_room_id) DO UPDATE SET "
    "registered_at = LEAST(t.registered_at, excluded.registered_at), "
    # What is said to come yet would hide each later silence.
    "last_canary_at = GREATEST(CASE WHEN t.last_canary_at <= CAST(:now AS timestamptz) + interval '1 minute' "
    "THEN t.last_canary_at END, excluded.last_canary_at)"
)
_FACT = text(
    _insert(
        "fact",
        {
            "key": "text",
            "kind": "text",
            "enrolment_id": "uuid",
            "device_id": "text",
            "at": _MOMENT,
            "data": "jsonb",
        },
        {"recorded_at": "CAST(:now AS timestamptz)"},
    )
    + "ON CONFLICT DO NOTHING"
)
_OF_DEVICE = {"device_id": "uuid", "enrolment_id": "uuid", "status": "text", "version": "integer"}
_DEVICE = text(
    _insert("device", _OF_DEVICE)
    + "ON CONFLICT (device_id) DO UPDATE SET enrolment_id = excluded.enrolment_id, status = excluded.status, "
    "version = excluded.version WHERE t.version < excluded.version"
)
_OF_ENROLMENT = {"enrolment_id": "uuid", "managing_zone_id": "text", "status": "text", "changed_at": _MOMENT}
_ENROLMENT = text(
    _insert("enrolment", _OF_ENROLMENT)
    + "ON CONFLICT (enrolment_id) DO UPDATE SET managing_zone_id = excluded.managing_zone_id, "
    "status = excluded.status, changed_at = excluded.changed_at WHERE t.changed_at < excluded.changed_at"
)

_TIE = text(
    _insert(
        "tied_person",
        {"person": "text", "enrolment_id": "uuid", "source": "uuid"}
        | {"declared_at": _MOMENT, "withdrawn_at": _MOMENT},
    )
    + _merge("person, enrolment_id, source", {"declared_at": _MOST, "withdrawn_at": _MOST})
)
_PROPOSER = text(
    _insert("proposer", {"enrolment_id": "uuid", "partner": "text", "zone_id": "text"})
    + "ON CONFLICT DO NOTHING"
)


def _json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)


def _write(
    session: Session, statement: TextClause, rows: Mapping[K, Mapping[str, object]], now: datetime
) -> None:
    if rows:
        # In order of their keys, so that two workers never wait for each other in a ring.
        values = {"rows": json.dumps([rows[key] for key in sorted(rows)], default=_json)}
        if ":now" in statement.text:
            values["now"] = now.isoformat()
        session.execute(statement, values)


def write_entries(session: Session, entries: Entries, now: datetime) -> None:
    """Add what a batch of events says to the ledger."""
    _write(session, _PRESS, entries.presses, now)
    _write(session, _INCIDENT, entries.incidents, now)
    _write(session, _ORDER, entries.orders, now)
    _write(session, _ESCALATION, entries.escalations, now)
    _write(session, _CONTROL_ROOM, entries.control_rooms, now)
    _write(session, _FACT, entries.facts, now)
    devices = {key: each.model_dump(include=set(_OF_DEVICE)) for key, each in entries.devices.items()}
    _write(session, _DEVICE, devices, now)
    enrolments = {key: each.model_dump(include=set(_OF_ENROLMENT)) for key, each in entries.enrolments.items()}
    _write(session, _ENROLMENT, enrolments, now)
    _write(session, _TIE, entries.ties, now)
    _write(session, _PROPOSER, entries.proposers, now)
