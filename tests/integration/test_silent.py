"""A process that vanishes in the middle of a transaction, and those who wait for what it had claimed."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from chassis.database.idle_transactions import LOOK_EVERY_S, LOOKS, Watch
from tests.support.ledger_database import LedgerDatabase

_CLAIM = b"INSERT INTO inbox (queue, event_id, handled_at) VALUES ('test', $1, now())"


def connect(ledger_database: LedgerDatabase, application: str) -> psycopg.Connection[Any]:
    url = ledger_database.settings.database_url.get_secret_value().replace("+psycopg", "")
    options = "-c idle_in_transaction_session_timeout=1000" if application == "reporting" else ""
    return psycopg.connect(url, application_name=application, options=options)


@pytest.fixture
def vanished(ledger_database: LedgerDatabase) -> Iterator[UUID]:
    """An event that was claimed in a pipeline whose end never came: no time-out of PostgreSQL is running."""
    event_id = uuid4()
    with connect(ledger_database, "reporting") as connection:
        wire = connection.pgconn
        wire.enter_pipeline_mode()
        wire.send_query_params(b"BEGIN", None)
        wire.send_query_params(_CLAIM, [str(event_id).encode()])
        wire.send_flush_request()
        while wire.flush():
            time.sleep(0.01)
        yield event_id
        wire.finish()


def claim(ledger_database: LedgerDatabase, *event_ids: UUID) -> set[UUID]:
    with ledger_database.database.transaction() as tx:
        return tx.claim("test", event_ids)


def looks(watch: Watch, times: int) -> int:
    ended = 0
    for _ in range(times):
        ended += watch.look()
        time.sleep(LOOK_EVERY_S)
    return ended


def test_what_a_vanished_process_claimed_is_free_again_in_time(
    ledger_database: LedgerDatabase, vanished: UUID
) -> None:
    began = time.monotonic()
    with pytest.raises(OperationalError, match="lock timeout"):
        claim(ledger_database, vanished)
    # Its batch must not pay for it with the three seconds that a statement may take.
    assert time.monotonic() - began < 2.5
    assert looks(Watch(ledger_database.database.engine), LOOKS) == 1
    assert claim(ledger_database, vanished) == {vanished}


def test_rows_that_are_no_claim_are_waited_for_as_before(ledger_database: LedgerDatabase) -> None:
    with ledger_database.database.transaction() as tx:
        before = tx.session.execute(text("SHOW lock_timeout")).scalar_one()
        tx.claim("test", [uuid4()])
        assert tx.session.execute(text("SHOW lock_timeout")).scalar_one() == before == "3s"


def test_a_person_who_looks_is_left_alone(ledger_database: LedgerDatabase) -> None:
    with connect(ledger_database, "psql") as connection:
        connection.execute("SELECT 1")
        assert looks(Watch(ledger_database.database.engine), LOOKS + 1) == 0
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_who_computes_for_a_second_or_two_is_left_alone(ledger_database: LedgerDatabase) -> None:
    watch = Watch(ledger_database.database.engine)
    with ledger_database.database.transaction() as tx:
        for _ in range(3):
            tx.claim("test", [uuid4()])
            assert looks(watch, LOOKS - 1) == 0
