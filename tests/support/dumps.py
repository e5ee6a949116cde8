"""What rests on disk, for tests that look for what must not."""

import base64
from collections.abc import Iterator

import psycopg
from psycopg import sql


def pieces(photo: bytes) -> list[str]:
    """A stretch of a photo that is in no other, as it would look in a row and in a message."""
    start = len(photo) // 2 // 3 * 3
    piece = photo[start : start + 24]
    return [piece.hex(), base64.b64encode(piece).decode()]


def dump(url: str) -> Iterator[tuple[str, str]]:
    """Every row of every table of a database, as text: bytes as hexadecimal digits."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            for (row,) in rows:
                yield table, row
