"""Events of the outbox that cannot go hold up none that can."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from chassis.messaging.outbox import Relay
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import declare
from contracts.envelope import wrap
from contracts.topology import Queue
from tests.support.broker import Broker
from tests.support.dispatching import Dispatch, alarm

QUEUE = "dispatch.swept"


@contextmanager
def _relay(broker: Broker, engine: Engine) -> Iterator[Relay]:
    """The sweeper of an API process."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    publisher = Publisher(broker.url)
    asyncio.run_coroutine_threadsafe(publisher.start(), loop).result()
    relay = Relay(engine, publisher)
    relay.start()
    try:
        yield relay
    finally:
        relay.stop()
        asyncio.run_coroutine_threadsafe(publisher.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _store(desk: Dispatch, exchange: str, key: str, body: bytes, age_s: int) -> UUID:
    event_id = uuid4()
    desk.do(
        "INSERT INTO outbox (id, exchange, routing_key, body, created_at) "
        "VALUES (:id, :exchange, :key, :body, now() - make_interval(secs => :age))",
        id=event_id,
        exchange=exchange,
        key=key,
        body=body,
        age=age_s,
    )
    return event_id


def _event() -> bytes:
    return wrap(alarm(), source="/test").encode()


@pytest.mark.parametrize("bad", ["no such exchange", "no event", "opens with no key", "no queue"])
def test_an_event_that_cannot_go_delays_no_other(desk: Dispatch, broker: Broker, bad: str) -> None:
    declare(broker.url, (), (Queue(QUEUE),))
    exchange, key, body = {
        # The broker closes the channel, and with it what is on its way beside it.
        "no such exchange": ("no.such.exchange", "x", _event()),
        "no event": ("", QUEUE, b"\x00 rubbish"),
        "opens with no key": ("", QUEUE, desk.context.vault.encrypt_bytes("elsewhere", _event())),
        "no queue": ("", "dispatch.nobody", _event()),
    }[bad]
    planted = {_store(desk, exchange, key, body, 3600) for _ in range(3)}
    good = [_store(desk, "", QUEUE, _event(), 60) for _ in range(5)]
    for event_id, count in zip(sorted(planted), (2**31 - 1, -(2**31)), strict=False):
        desk.do("UPDATE outbox SET failures = :count WHERE id = :id", count=count, id=event_id)
    with _relay(broker, desk.context.database.engine):
        until = time.monotonic() + 20
        while time.monotonic() < until and _left(desk) & set(good):
            time.sleep(0.1)
        assert _left(desk) == planted
        # Put off, and not given up.
        assert {
            row[0] for row in desk.sql("SELECT failures > 0 AND put_off_until IS NOT NULL FROM outbox")
        } == {True}
    channel = broker.channel()
    arrivals = channel.consume(QUEUE, auto_ack=True, inactivity_timeout=1)
    found = {UUID(got[1].message_id) for got in iter(lambda: next(arrivals), (None, None, None))}
    channel.connection.close()
    assert set(good) <= found


def _left(desk: Dispatch) -> set[UUID]:
    return {row[0] for row in desk.sql("SELECT id FROM outbox")}
