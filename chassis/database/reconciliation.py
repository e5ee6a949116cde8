"""A service's own records: what it holds of a period, counted and digested by its database.

Never in the way of an alarm: each question is short, read-only, bounded, and gives up soon.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.database.database import Database
from contracts.reconciliation import FIRST, MOST_ENTRIES, NOTHING, Digest, Entry, Part, Section, periods

# Milliseconds: an hour of the worst day takes a tenth of it.
_PATIENCE_MS = 1500
_BETWEEN = "FROM ({0}) AS b WHERE received_at >= :since AND received_at < :until"
_DIGESTS = (
    "SELECT width_bucket(received_at, CAST(:edges AS timestamptz[])) AS part, count(*) AS entries, "
    "encode(sha256(convert_to(string_agg(CAST(id AS text), ',' ORDER BY id), 'UTF8')), 'hex') AS sha256 "
    f"{_BETWEEN} GROUP BY 1"
)
_ENTRIES = f"SELECT id, alarm_id, received_at {_BETWEEN} AND id > :after ORDER BY id LIMIT :limit"
_HELD = "SELECT id FROM ({0}) AS b WHERE id = ANY(:ids)"


class Records:
    """`sections`: for each the SELECT of its `id`, `alarm_id` and `received_at`, without any condition.

    PostgreSQL moves the conditions inside, where an index over the time serves them.
    """

    def __init__(self, database: Database, sections: Mapping[Section, str]) -> None:
        self._database, self._sections = database, dict(sections)

    @property
    def sections(self) -> tuple[Section, ...]:
        """What is kept here."""
        return tuple(self._sections)

    def digests(self, since: datetime, until: datetime, parts: int) -> list[Part]:
        """Count the entries of each part of a period in each section, and give the digest of their ids."""
        edges = periods(since, until, parts)
        values = {"since": since, "until": until, "edges": [start for start, _ in edges]}
        found: dict[Section, dict[int, Digest]] = {}
        with self._asking() as session:
            for section, query in self._sections.items():
                rows = session.execute(text(_DIGESTS.format(query)), values)
                found[section] = {row.part: Digest(entries=row.entries, sha256=row.sha256) for row in rows}
        return [
            Part(
                since=start,
                until=end,
                sections={name: digests.get(number, NOTHING) for name, digests in found.items()},
            )
            for number, (start, end) in enumerate(edges, start=1)
        ]

    def entries(self, section: Section, since: datetime, until: datetime, after: UUID = FIRST) -> list[Entry]:
        """List the entries of a period after one of them, by their ids: a page at most."""
        values = {"since": since, "until": until, "after": after, "limit": MOST_ENTRIES}
        with self._asking() as session:
            rows = session.execute(text(_ENTRIES.format(self._sections[section])), values)
            return [Entry(id=row.id, alarm_id=row.alarm_id, received_at=row.received_at) for row in rows]

    def held(self, section: Section, ids: Collection[UUID]) -> set[UUID]:
        """Find which of these ids are here, whenever they were received."""
        with self._asking() as session:
            rows = session.execute(text(_HELD.format(self._sections[section])), {"ids": list(ids)})
            return set(rows.scalars())

    @contextmanager
    def _asking(self) -> Iterator[Session]:
        with Session(self._database.engine) as session:
            session.execute(text("SET TRANSACTION READ ONLY"))
            session.execute(text(f"SET LOCAL statement_timeout = {_PATIENCE_MS}"))
            yield session
