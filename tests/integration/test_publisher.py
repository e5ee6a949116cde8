"""Both publishers, on the real broker: what they call confirmed is there, and nobody waits for ever."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.messaging.message import Message, NotConfirmed
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import declare
from contracts.topology import DISPATCH_LIVE, Queue
from tests.support.broker import Broker

QUEUE = "dispatch.published"


@pytest.fixture
def queue(broker: Broker) -> Iterator[str]:
    declare(broker.url, (), (Queue(QUEUE),))
    channel = broker.channel()
    channel.queue_purge(QUEUE)
    channel.connection.close()
    yield QUEUE
    channel = broker.channel()
    channel.queue_delete(QUEUE)
    channel.connection.close()


def message(queue: str = QUEUE, exchange: str = "") -> Message:
    return Message(uuid4(), exchange, queue, b"{}")


def on_broker(broker: Broker) -> set[str]:
    channel = broker.channel()
    arrivals = channel.consume(QUEUE, auto_ack=True, inactivity_timeout=1)
    found = {got[1].message_id for got in iter(lambda: next(arrivals), (None, None, None))}
    channel.connection.close()
    return found


async def started(broker: Broker) -> Publisher:
    publisher = Publisher(broker.url)
    await publisher.start()
    await publisher.wait_connected(10)
    return publisher


def test_every_publish_resolves_and_confirmed_means_kept(broker: Broker, queue: str) -> None:
    async def story() -> tuple[set[UUID], int, int, float]:
        publisher = await started(broker)
        confirmed: set[UUID] = set()
        failed, slowest, stopping = 0, 0.0, False

        async def one() -> None:
            nonlocal failed, slowest
            while not stopping:
                each, began = message(), time.monotonic()
                try:
                    await publisher.publish(each, 2.0)
                    confirmed.add(each.id)
                    await asyncio.sleep(0.02)
                except NotConfirmed:
                    failed += 1
                    await asyncio.sleep(0.05)
                slowest = max(slowest, time.monotonic() - began)

        callers = [asyncio.create_task(one()) for _ in range(100)]
        before = 0
        for _ in range(2):
            await asyncio.sleep(1)
            before = len(confirmed)
            await asyncio.to_thread(broker.restart)
            await publisher.wait_connected(10)
        for _ in range(200):
            if len(confirmed) > before:
                break
            await asyncio.sleep(0.1)
        stopping = True
        async with asyncio.timeout(5):
            await asyncio.gather(*callers)
        await publisher.stop()
        return confirmed, failed, before, slowest

    confirmed, failed, before, slowest = asyncio.run(story())
    assert failed > 0  # the restarts were felt
    assert len(confirmed) > before > 0  # and it came back by itself
    assert slowest < 2.5
    assert {str(i) for i in confirmed} <= on_broker(broker)


def worker_during(broker: Broker, folder: Path, trouble: Callable[[], None]) -> dict[str, Any]:
    """What a publishing worker tells of a few seconds with some trouble in the middle."""
    out = folder / "out.json"
    env = {
        **os.environ,
        "BROKER_URL": broker.url,
        "BUS_TEST_OUT": str(out),
        "BUS_TEST_QUEUE": QUEUE,
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.integration.publishing_worker"]
    process = subprocess.Popen(command, env=env)
    try:
        time.sleep(2)
        trouble()
        time.sleep(2)
        (folder / "stop").touch()
        assert process.wait(15) == 0
    finally:
        process.kill()
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_the_workers_publisher_too(broker: Broker, queue: str, tmp_path: Path) -> None:
    result = worker_during(broker, tmp_path, broker.restart)
    assert len(result["confirmed"]) > 100
    assert result["slowest_s"] < 2.5
    assert result["only_routable"]
    assert result["survives_spoilt"]
    assert set(result["confirmed"]) <= on_broker(broker)


def test_a_blocked_worker_is_told_at_once(broker: Broker, queue: str, tmp_path: Path) -> None:
    def no_memory_left() -> None:
        broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        time.sleep(4)
        broker.ctl("set_vm_memory_high_watermark", "0.6")

    result = worker_during(broker, tmp_path, no_memory_left)
    assert result["slowest_s"] < 2.5
    assert result["refused_at_once"] > 10  # each of the eight waits out what was under way, and then no more
    assert result["survives_spoilt"]
    assert set(result["confirmed"]) <= on_broker(broker)


def test_without_a_broker_it_fails_at_once(broker: Broker) -> None:
    async def story() -> float:
        publisher = Publisher("amqp://nobody:nothing@127.0.0.1:9/x")
        await publisher.start()
        await asyncio.sleep(0.2)
        began = time.monotonic()
        with pytest.raises(NotConfirmed):
            await publisher.publish(message(), 5.0)
        assert await publisher.publish_many([message(), message()]) == set()
        await publisher.stop()
        return time.monotonic() - began

    assert asyncio.run(story()) < 0.5


def test_unroutable_is_not_confirmed_and_its_neighbour_is(broker: Broker, queue: str) -> None:
    async def story() -> None:
        publisher = await started(broker)
        good, bad = message(), message("no.such.queue")
        assert await publisher.publish_many([bad, good]) == {good.id}
        with pytest.raises(NotConfirmed, match="unroutable"):
            await publisher.publish(message("no.such.queue"), 2.0)
        with pytest.raises(NotConfirmed):  # cannot even be encoded; the next tags must stay in step
            await publisher.publish(message("x" * 300), 2.0)
        await publisher.publish(message(), 2.0)
        caught = message("nobody.asked", "alarm.urgent")  # its alternate exchange takes it
        await publisher.publish(caught, 2.0)
        with pytest.raises(NotConfirmed):  # the broker closes the channel for this
            await publisher.publish(message("x", "no.such.exchange"), 2.0)
        await publisher.wait_connected(5)
        assert await asyncio.to_thread(publisher.publish_and_wait, [message()])
        await publisher.stop()

    asyncio.run(story())


def test_a_broker_that_blocks_is_failed_at_once(broker: Broker, queue: str) -> None:
    async def story() -> float:
        publisher = await started(broker)
        broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            began = time.monotonic()
            with pytest.raises(NotConfirmed, match="blocked"):
                await publisher.publish(message(), 10.0)  # the broker blocks at the first publish
            assert time.monotonic() - began < 5  # what was in flight did not wait for its time-out
            began = time.monotonic()
            with pytest.raises(NotConfirmed, match="blocked"):
                await publisher.publish(message(), 2.0)
            return time.monotonic() - began
        finally:
            broker.ctl("set_vm_memory_high_watermark", "0.6")
            await publisher.stop()

    assert asyncio.run(story()) < 0.1


def test_a_change_notification_rings_again_after_a_restart(broker: Broker) -> None:
    async def story() -> None:
        publisher = Publisher(broker.url_of("dispatch"))
        received: list[list[bytes]] = []
        publisher.subscribe_transient(DISPATCH_LIVE, ["cic.*"], received.append)
        await publisher.start()
        await publisher.wait_connected(10)
        await publish_until_received(publisher, received)
        await asyncio.to_thread(broker.restart)
        await publisher.wait_connected(10)
        received.clear()
        await publish_until_received(publisher, received)
        received.clear()
        await publisher.publish_many([message("cic.1", DISPATCH_LIVE) for _ in range(50)])
        await asyncio.sleep(0.5)
        assert sum(map(len, received)) == 50
        assert len(received) < 50  # what came together was handed over together
        await publisher.stop()

    asyncio.run(story())


def test_a_change_notification_rings_again_after_a_broker_that_lost_its_disk(broker: Broker) -> None:
    """Who connected before the exchange was there again must not be deaf for ever."""

    async def story() -> None:
        publisher = Publisher(broker.url_of("dispatch"))
        received: list[list[bytes]] = []
        publisher.subscribe_transient(DISPATCH_LIVE, ["cic.*"], received.append)
        await publisher.start()
        await publisher.wait_connected(10)
        await publish_until_received(publisher, received)
        await asyncio.to_thread(broker.lose)
        await publisher.wait_connected(10)
        await asyncio.sleep(1)
        await asyncio.to_thread(declare, broker.url)
        received.clear()
        await publish_until_received(publisher, received)
        await publisher.stop()

    asyncio.run(story())


async def publish_until_received(publisher: Publisher, received: list[Any]) -> None:
    async with asyncio.timeout(10):
        while not received:
            await publisher.publish_many([message("cic.1", DISPATCH_LIVE)])
            await asyncio.sleep(0.05)
