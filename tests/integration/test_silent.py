"""A process that vanishes in the middle of a transaction, and those who wait for what it had claimed."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from chassis.silent import SILENT_S, end_silent
from tests.support.books import Books, opened
from tests.support.postgres import Cluster

_CLAIM = b"INSERT INTO inbox (queue, event_id, handled_at) VALUES ('test', $1, now())"


@pytest.fixture(scope="module")
def books(cluster: Cluster) -> Iterator[Books]:
    with opened(cluster) as made:
        yield made


def connect(books: Books, application: str) -> psycopg.Connection[Any]:
    url = books.settings.database_url.get_secret_value().replace("+psycopg", "")
    options = "-c idle_in_transaction_session_timeout=1000" if application == "reporting" else ""
    return psycopg.connect(url, application_name=application, options=options)


@pytest.fixture
def vanished(books: Books) -> Iterator[UUID]:
    """An event that was claimed in a pipeline whose end never came: no time-out of PostgreSQL is running."""
    event_id = uuid4()
    with connect(books, "reporting") as connection:
        wire = connection.pgconn
        wire.enter_pipeline_mode()
        wire.send_query_params(b"BEGIN", None)
        wire.send_query_params(_CLAIM, [str(event_id).encode()])
        wire.send_flush_request()
        while wire.flush():
            time.sleep(0.01)
        yield event_id
        wire.finish()


def claim(books: Books, *event_ids: UUID) -> set[UUID]:
    with books.database.transaction() as tx:
        return tx.claim("test", event_ids)


def test_what_a_vanished_process_claimed_is_free_again_in_time(books: Books, vanished: UUID) -> None:
    with pytest.raises(OperationalError, match="lock timeout"):
        claim(books, vanished)
    ended, until = 0, time.monotonic() + 10
    while not ended and time.monotonic() < until:
        ended = end_silent(books.database.engine)
        time.sleep(0.2)
    assert ended == 1
    assert claim(books, vanished) == {vanished}


def test_a_person_who_looks_is_left_alone(books: Books) -> None:
    with connect(books, "psql") as connection:
        connection.execute("SELECT 1")
        time.sleep(SILENT_S + 0.5)
        assert end_silent(books.database.engine) == 0
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_who_works_is_left_alone(books: Books) -> None:
    with books.database.transaction() as tx:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            tx.claim("test", [uuid4()])
            end_silent(books.database.engine)
            time.sleep(0.5)
