"""The SQL of writing: one statement per table and batch, whatever the number of events."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql
from sqlmodel import Session, SQLModel

from chassis.database.columns import table_of
from services.reporting.domain.entries import Entries
from services.reporting.models import (
    ConflictRow,
    DeviceRow,
    EnrolmentRow,
    EscalationRow,
    FactRow,
    IncidentRow,
    OrderRow,
    PressRow,
    ProposerRow,
)

# What names a row of one of the tables.
K = TypeVar("K", UUID, str, tuple[str, str, str], tuple[UUID, str, datetime])
_LEAST = "LEAST(t.{0}, excluded.{0})"
_MOST = "GREATEST(t.{0}, excluded.{0})"
_UNION = "ARRAY(SELECT DISTINCT unnest(t.{0} || excluded.{0}) ORDER BY 1)"
_NOW = "CAST(:now AS timestamptz)"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no type here


def _kinds(row: type[SQLModel], fixed: Mapping[str, str]) -> dict[str, str]:
    """Name the columns of a table that rows bring, with their types; `fixed` are made here."""
    columns = table_of(row).columns
    return {column.name: column.type.compile(_DIALECT) for column in columns if column.name not in fixed}


def _insert(row: type[SQLModel], fixed: Mapping[str, str]) -> str:
    """Make the INSERT of the rows in the JSON parameter `rows`; `fixed` columns are SQL, for new rows only."""
    kinds = _kinds(row, fixed)
    columns = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    read = (f"coalesce({name}, '{{}}')" if kind.endswith("[]") else name for name, kind in kinds.items())
    return (
        f"INSERT INTO {table_of(row).name} AS t ({', '.join([*kinds, *fixed])}) "  # noqa: S608 - names of our own
        f"SELECT {', '.join([*read, *fixed.values()])} "
        f"FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({columns}) "
    )


def _key(row: type[SQLModel]) -> list[str]:
    return [column.name for column in table_of(row).primary_key.columns]


def _merge(row: type[SQLModel], rules: Mapping[str, str], **fixed: str) -> TextClause:
    """Merge column by column (by default the earliest, or all), and write nothing when nothing is new."""
    standard = {name: _UNION if kind.endswith("[]") else _LEAST for name, kind in _kinds(row, fixed).items()}
    every = {name: rule for name, rule in {**standard, **rules}.items() if name not in _key(row)}
    sets = ", ".join(f"{name} = {rule.format(name)}" for name, rule in every.items())
    old = ", ".join(f"t.{name}" for name in every)
    new = ", ".join(rule.format(name) for name, rule in every.items())
    return text(
        f"{_insert(row, fixed)}ON CONFLICT ({', '.join(_key(row))}) DO UPDATE SET {sets} "
        f"WHERE ROW({old}) IS DISTINCT FROM ROW({new})"
    )


def _replace(row: type[SQLModel], version: str) -> TextClause:
    """Have the row with the highest `version` stand."""
    (key,) = _key(row)
    sets = ", ".join(f"{name} = excluded.{name}" for name in _kinds(row, {}) if name != key)
    return text(
        f"{_insert(row, {})}ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE t.{version} < excluded.{version}"
    )


def _add(row: type[SQLModel], **fixed: str) -> TextClause:
    """Add what is not there yet."""
    return text(f"{_insert(row, fixed)}ON CONFLICT DO NOTHING")


_PRESS = _merge(PressRow, {}, seen_at=_NOW)
_INCIDENT = _merge(IncidentRow, {}, seen_at=_NOW)
_ORDER = _merge(OrderRow, {"automatic": _MOST, "late": _MOST})
_ESCALATION = _merge(EscalationRow, {})
_CONTROL_ROOM = text(
    "INSERT INTO control_rooms AS t (control_room_id, registered_at, last_canary_at) "
    "SELECT control_room_id, CASE WHEN registered THEN CAST(:now AS timestamptz) END, last_canary_at "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
    "AS r(control_room_id text, registered boolean, last_canary_at timestamptz) "
    "ON CONFLICT (control_room_id) DO UPDATE SET "
    "registered_at = LEAST(t.registered_at, excluded.registered_at), "
    # What is said to come yet would hide each later silence.
    "last_canary_at = GREATEST(CASE WHEN t.last_canary_at <= CAST(:now AS timestamptz) + interval '1 minute' "
    "THEN t.last_canary_at END, excluded.last_canary_at)"
)
_FACT = _add(FactRow, recorded_at=_NOW)
_DEVICE = _replace(DeviceRow, "version")
_ENROLMENT = _replace(EnrolmentRow, "changed_at")
_CONFLICT = _merge(ConflictRow, {"declared_at": _MOST, "withdrawn_at": _MOST})
_PROPOSER = _add(ProposerRow)


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
    devices = {
        key: each.model_dump(include=set(_kinds(DeviceRow, {}))) for key, each in entries.devices.items()
    }
    _write(session, _DEVICE, devices, now)
    enrolments = {
        key: each.model_dump(include=set(_kinds(EnrolmentRow, {}))) for key, each in entries.enrolments.items()
    }
    _write(session, _ENROLMENT, enrolments, now)
    _write(session, _CONFLICT, entries.conflicts, now)
    _write(session, _PROPOSER, entries.proposers, now)
