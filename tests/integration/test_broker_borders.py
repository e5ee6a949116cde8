"""No broker user writes what another service reads, but by the events of its own exchanges."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from contracts import topology
from contracts.topology import SERVICES, WRITES
from tests.support.broker import Broker


@pytest.fixture(params=SERVICES)
def forger(request: pytest.FixtureRequest) -> str:
    """The user that was taken over."""
    return str(request.param)


@pytest.fixture
def opened(broker: Broker, forger: str) -> Iterator[Callable[[], Any]]:
    """Opens a channel of the forger: a refused one is closed by the broker."""
    connection = pika.BlockingConnection(pika.URLParameters(broker.url_of(forger)))
    yield connection.channel
    connection.close()


@pytest.fixture
def foreign(broker: Broker, forger: str) -> Iterator[dict[str, Callable[[], int]]]:
    """The depth of each queue that others read."""
    channel = broker.channel()
    names = [
        q.name
        for q in topology.QUEUES
        if not q.name.startswith((f"{forger}.", "retry.", topology.UNROUTABLE))
        # Dispatch serves the control rooms' own.
        and not (forger == "dispatch" and q.name.startswith("cic."))
    ]
    for name in names:
        channel.queue_purge(name)

    def depth(name: str) -> Callable[[], int]:
        return lambda: int(channel.queue_declare(name, passive=True).method.message_count)

    yield {name: depth(name) for name in names}
    channel.connection.close()


def refused(act: Callable[..., object], *how: Any, **more: Any) -> bool:
    """Whether the broker closed the channel for it."""
    try:
        act(*how, **more)
    except ChannelClosedByBroker as error:
        return bool(error.reply_code == 403)
    return False


def test_nothing_forged_reaches_anothers_queue(
    forger: str, opened: Callable[[], Any], foreign: dict[str, Callable[[], int]]
) -> None:
    """By no exchange: not by another's retry or parking, nor by its own with another's queue as the key."""
    # Expires at once, whatever the delay, and is dead-lettered with all of its keys.
    properties = pika.BasicProperties(expiration="0", headers={"CC": [*foreign], "BCC": [*foreign]})
    for exchange in ["", *(e.name for e in topology.EXCHANGES if e.name not in WRITES[forger])]:
        for key in foreign:
            channel = opened()
            channel.confirm_delivery()
            if refused(channel.basic_publish, exchange, key, b"forged", properties):
                break
            channel.close()
    end = time.monotonic() + 3
    while not (forged := {name: n for name, depth in foreign.items() if (n := depth())}):
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    assert forged == {}


def test_nobody_binds_or_dead_letters_into_anothers(
    forger: str, opened: Callable[[], Any], foreign: dict[str, Callable[[], int]]
) -> None:
    own = next(iter(WRITES[forger]))
    others = ["", *(e.name for e in topology.EXCHANGES if forger not in e.name.split("."))]
    for exchange in others:
        arguments = {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "dispatch.alarms"}
        declare = opened().queue_declare
        assert refused(declare, f"{forger}.live.forged", exclusive=True, arguments=arguments), exchange
    for exchange in others[1:]:
        if exchange not in WRITES[forger]:
            assert refused(opened().exchange_bind, exchange, own, "#"), exchange
    for queue in foreign:
        assert refused(opened().queue_bind, queue, own, "#"), queue
