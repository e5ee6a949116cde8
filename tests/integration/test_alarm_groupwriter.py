"""The group writer on a real table: shared commits, a bad row, a database that goes and comes back."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import create_engine, text

from chassis.database.group_commit import GroupWriter, NotWritten
from tests.support.alarm import AlarmDatabase
from tests.support.postgres import Cluster
from tests.support.waiting import eventually


class Shelf:
    """One table that refuses the row 666."""

    def __init__(self, alarm_database: AlarmDatabase) -> None:
        self.alarm_database = alarm_database
        self.engine = create_engine(alarm_database.url.replace("postgresql:", "postgresql+psycopg:"))
        self.commits = 0
        with self.engine.begin() as connection:
            connection.execute(text("CREATE TABLE shelf (n bigint CHECK (n <> 666))"))

    def write(self, rows: Sequence[int]) -> list[int]:
        with self.engine.begin() as connection:
            connection.execute(text("INSERT INTO shelf SELECT unnest(CAST(:rows AS bigint[]))"), {"rows": rows})
        self.commits += 1
        return [-row for row in rows]

    @property
    def rows(self) -> list[int]:
        return sorted(row[0] for row in self.alarm_database.rows("SELECT n FROM shelf"))


@pytest.fixture
def shelf(cluster: Cluster) -> Iterator[Shelf]:
    made = Shelf(AlarmDatabase(cluster.database("alarm")))
    yield made
    made.engine.dispose()


def test_what_waits_shares_one_commit(shelf: Shelf) -> None:
    writer: GroupWriter[int, int] = GroupWriter("test", shelf.write)

    async def story() -> list[int]:
        futures = [writer.submit(n) for n in range(100)]
        writer.start()
        return list(await asyncio.gather(*futures))

    assert asyncio.run(story()) == [-n for n in range(100)]
    assert shelf.commits == 1
    writer.stop()


def test_a_row_that_is_in_no_hurry_waits_for_company(shelf: Shelf) -> None:
    writer: GroupWriter[int, int] = GroupWriter("test", shelf.write, linger_s=0.5)
    writer.start()

    async def story() -> None:
        first = writer.submit(1)
        await asyncio.sleep(0.05)
        await asyncio.gather(first, writer.submit(2))

    asyncio.run(story())
    assert (shelf.rows, shelf.commits) == ([1, 2], 1)
    writer.stop()


def test_a_bad_row_hurts_nobody_else(shelf: Shelf) -> None:
    writer: GroupWriter[int, int] = GroupWriter("test", shelf.write)

    async def story() -> list[int | BaseException]:
        futures = [writer.submit(n) for n in (1, 666, 2)]
        writer.start()
        return list(await asyncio.gather(*futures, return_exceptions=True))

    first, bad, last = asyncio.run(story())
    assert (first, last) == (-1, -2)
    assert isinstance(bad, NotWritten)
    assert shelf.rows == [1, 2]
    writer.stop()


def test_rows_wait_in_memory_until_the_database_is_back(shelf: Shelf) -> None:
    writer: GroupWriter[int, int] = GroupWriter("test", shelf.write, capacity=2)
    writer.start()

    async def away() -> None:
        for n in (1, 2, 3):
            with pytest.raises(NotWritten):
                await writer.submit(n)

    shelf.alarm_database.allow_connections(False)
    try:
        asyncio.run(away())
        assert writer.kept == 2
    finally:
        shelf.alarm_database.allow_connections(True)
    eventually(lambda: shelf.rows == [1, 2])
    assert not writer.kept
    writer.stop()
