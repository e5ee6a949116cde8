"""Statements of the hot path: straight to the driver, several in one round trip, each prepared once.

SQLAlchemy keeps pool, session and errors; only its per-statement work, which costs as much again as the
statement itself, is left out. Parameters are named as the driver has them: `%(name)s`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import namedtuple_row
from pydantic_core import to_json
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

# Faults of the database, not of what is written: what met one is kept, and tried again.
AWAY = (OperationalError, InterfaceError, InternalError, ProgrammingError, PoolTimeout)
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no type here


def unreachable(error: Exception) -> bool:
    """Say whether no database answered at all, so that whoever asks next waits just as long."""
    silent = isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) is None
    return silent or isinstance(error, PoolTimeout)


# Classes of SQLSTATE. Connection, transaction rolled back, resources, object in use, operator, system: the same
# may go well in a moment. Data, integrity, view check, program limits, raised by a trigger: it never will.
_PASSING = ("08", "25", "40", "53", "55", "57", "58")
_OF_DATA = ("22", "23", "44", "54", "P0")
# Who wrote the same key at the same moment was faster: the second time finds it there.
_RACES = ("23505", "23P01")


def passing(error: Exception) -> bool:
    """Say whether the database was away or busy, so that the same may go well in a moment."""
    if isinstance(error, PoolTimeout | InterfaceError) or unreachable(error):
        return True
    return _sqlstate(error)[:2] in _PASSING


def of_its_data(error: Exception) -> bool:
    """Say whether the database refused what was written, and will do so each time."""
    state = _sqlstate(error)
    if state in _RACES:
        return False
    return state[:2] in _OF_DATA or (not state and isinstance(error, DataError | IntegrityError))


def _sqlstate(error: Exception) -> str:
    return (getattr(error.orig, "sqlstate", None) or "") if isinstance(error, DBAPIError) else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its values. Shorter than 4 KB: longer ones the driver reads anew each time."""

    text: bytes
    values: Mapping[str, object]


class Insert:
    """Any number of rows as one statement that is prepared once: they travel as one JSON document."""

    def __init__(self, table: Table, columns: Sequence[str] = (), tail: str = "") -> None:
        """`columns`: those that are given (default: all); `tail`: what follows, as ON CONFLICT."""
        columns = tuple(columns) or tuple(column.name for column in table.columns)
        types = {c: str(table.c[c].type.compile(_DIALECT)) for c in columns}
        blobs = {c for c in columns if types[c] == "BYTEA"}
        self.names = ", ".join(columns)
        self.fields = ", ".join(f"{c} {'text' if c in blobs else types[c]}" for c in columns)
        self.values = ", ".join(f"decode(n.{c}, 'hex')" if c in blobs else f"n.{c}" for c in columns)
        text = (
            f"INSERT INTO {table.name} ({self.names}) SELECT {self.values} "  # noqa: S608 - names of our own
            f"FROM jsonb_to_recordset(%(rows)s::jsonb) AS n({self.fields}) {tail}"
        )
        self._text = text.encode()

    def __call__(self, rows: Sequence[Mapping[str, object]]) -> Statement:
        """Build the statement that inserts these rows; what is not given is NULL."""
        return Statement(self._text, {"rows": as_json(rows)})


def as_json(rows: Sequence[object]) -> str:
    """Write rows as `jsonb_to_recordset` reads them: bytes in hexadecimal, times and ids as text.

    `rows`: mappings or dataclasses.
    """
    return to_json(rows, bytes_mode="hex").decode()


def send(session: Session, *statements: Statement) -> list[list[Any]]:
    """Run statements in one round trip, in the transaction of `session`; returns the rows of each, by name.

    Raises SQLAlchemy's errors, as the session itself does.
    """
    try:
        raw = _raw(session)
        with raw.pipeline():
            cursors = [_execute(raw, statement) for statement in statements]
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
    except psycopg.Error as error:
        raise _translated(session, error) from error


def commit(session: Session, *statements: Statement) -> None:
    """Run statements and commit, all in one round trip."""
    session.flush()
    if not statements:
        session.commit()
        return
    try:
        raw = _raw(session)
        with raw.pipeline():
            for statement in statements:
                _execute(raw, statement)
            _commit(raw)
    except psycopg.Error as error:
        raise _translated(session, error) from error
    session.commit()  # costs nothing: the driver knows that no transaction is open


def _raw(session: Session) -> psycopg.Connection:
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - the one driver of this project
    return connection


def _execute(raw: psycopg.Connection, statement: Statement) -> psycopg.Cursor[NamedTuple]:
    cursor = raw.cursor(row_factory=namedtuple_row)
    return cursor.execute(statement.text, statement.values)


def _commit(raw: psycopg.Connection) -> None:
    raw.commit()


def _translated(session: Session, error: psycopg.Error) -> Exception:
    """Turn the error into the session's own; a broken connection is dropped, and all idle ones with it."""
    connection = session.connection()
    gone = connection.connection.dbapi_connection is None or _raw(session).closed
    if gone:
        connection.invalidate(error)
        connection.engine.dispose(close=False)
    return DBAPIError.instance(
        "hot path", {}, error, psycopg.Error, hide_parameters=True, connection_invalidated=gone
    )
