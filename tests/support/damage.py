"""Damage to one row of a database, as disks, hands and old releases do it; and its undoing."""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from tests.support.examples import examples

# What a column of a type may hold that no reader expects.
_TIMES = ("infinity", "0044-03-15 BC")
_JSON = ("7", "[null, 3]", '{"a": 1}')
VALUES: dict[str, tuple[str, ...]] = {
    "timestamp with time zone": _TIMES,
    "date": _TIMES,
    "text": ("rubbish", ""),
    "character varying": ("rubbish", ""),
    "jsonb": _JSON,
    "bytea": ("rubbish", ""),
    "double precision": ("NaN", "infinity", "1e300"),
    "integer": ("2147483647", "-1"),
    "bigint": ("9223372036854775807", "-1"),
    "ARRAY": ("{NULL}", "{}"),
}


class Damaged:
    """The columns of a database's tables, one of whose rows can be damaged."""

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def set(self, table: str, column: str, value: str | None, which: str) -> bool:
        """Have the row of a condition hold this; False where the database refuses it."""
        change = f'UPDATE "{table}" SET "{column}" = %s WHERE {which}'
        try:
            return self._connection.execute(change.encode(), (value,)).rowcount == 1
        except psycopg.Error:
            return False

    def columns(self, *tables: str) -> list[tuple[str, str, str]]:
        """Table, column and type of all that is no part of a key."""
        return self._connection.execute(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c "
            "WHERE c.table_name = ANY(%s) AND c.table_schema = 'public' AND NOT EXISTS ("
            "SELECT FROM information_schema.table_constraints k "
            "JOIN information_schema.key_column_usage u USING (constraint_schema, constraint_name) "
            "WHERE k.constraint_type = 'PRIMARY KEY' AND u.table_name = c.table_name "
            "AND u.column_name = c.column_name) ORDER BY 1, c.ordinal_position",
            (list(tables),),
        ).fetchall()

    def rows(self, table: str, which: str) -> list[str]:
        """The rows of a condition, each by its primary key: its place changes with every write."""
        run = self._connection.execute
        keys = [
            str(name)
            for (name,) in run(
                "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
                "AND a.attnum = ANY(i.indkey) WHERE i.indrelid = %s::regclass AND i.indisprimary",
                (table,),
            )
        ]
        texts = ", ".join(f'"{key}"::text' for key in keys)
        found = run(f'SELECT {texts} FROM "{table}" WHERE {which} ORDER BY ctid'.encode()).fetchall()
        return [
            " AND ".join(f"\"{key}\" = '{value}'" for key, value in zip(keys, each, strict=True))
            for each in found
        ]

    def of_no_shape(self, table: str, which: str) -> Iterator[tuple[str, str]]:
        """Each time and each JSON of a row holds, in turn, what no reader expects: column and value.

        Before a release all that VALUES has for it, in each run one of them.
        """
        for _, column, kind in self.columns(table):
            odd = VALUES[kind] if kind in ("timestamp with time zone", "date", "jsonb") else ()
            for value in random.sample(odd, min(len(odd), examples(len(odd)))):
                with self.damaged(table, column, value, which) as held:
                    if held:
                        yield column, value

    @contextmanager
    def damaged(self, table: str, column: str, value: str | None, which: str) -> Iterator[bool]:
        """One column of the row of a condition holds this; False where the database refuses it."""
        run = self._connection.execute
        old = run(f'SELECT "{column}"::text FROM "{table}" WHERE {which}'.encode()).fetchone()
        change = f'UPDATE "{table}" SET "{column}" = %s WHERE {which}'.encode()
        try:
            held = run(change, (value,)).rowcount == 1
        except psycopg.Error:
            held = False
        yield held
        if held:
            with suppress(psycopg.errors.IntegrityError):
                run(change, old)
