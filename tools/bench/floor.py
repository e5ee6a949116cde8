"""The floor: a bare durable commit, and a bare confirmed publish to a quorum queue with its delivery."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from uuid import uuid4

import pika
import psycopg

_ROUNDS = 200
_BODY = b"x" * 800  # about the size of an alarm.raised event
_QUEUE = "bench.floor"


@dataclass(frozen=True, slots=True)
class Floor:
    """Medians in milliseconds, measured one at a time on an idle system, at one pace."""

    commit_ms: float
    publish_ms: float
    delivery_ms: float

    @property
    def sum_ms(self) -> float:
        """One commit and one hop: a hop is over when the message is both confirmed and delivered."""
        return self.commit_ms + max(self.publish_ms, self.delivery_ms)


def measure(database_url: str, broker_url: str, rate: float | None = None) -> Floor:
    """Measure on the running cluster and broker; `broker_url` must be allowed to declare a queue.

    `rate`: so many a second, evenly, as the presses come that are compared with it: after a pause of 50 ms a
    commit costs two to three times what it costs in a loop, which keeps caches and clocks warm. None: a loop.
    """
    pause_s = 1 / rate if rate else 0.0
    publish_ms, delivery_ms = _hop(broker_url, pause_s)
    return Floor(_commit(database_url, pause_s), publish_ms, delivery_ms)


def _commit(database_url: str, pause_s: float) -> float:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_floor (id uuid PRIMARY KEY, body bytea)")
        connection.commit()
        took = []
        for _ in range(_ROUNDS):
            time.sleep(pause_s)
            started = time.perf_counter()
            connection.execute("INSERT INTO bench_floor VALUES (%s, %s)", (uuid4(), _BODY))
            connection.commit()
            took.append(time.perf_counter() - started)
        connection.execute("DROP TABLE bench_floor")
        connection.commit()
    return statistics.median(took) * 1000


def _hop(broker_url: str, pause_s: float) -> tuple[float, float]:
    """Time two connections, as between two services: one publishes and waits for its confirm, one consumes."""
    published: dict[bytes, float] = {}
    confirmed: list[float] = []
    delivered: list[float] = []
    sender = pika.BlockingConnection(pika.URLParameters(broker_url))
    reader = pika.BlockingConnection(pika.URLParameters(broker_url))
    out, inn = sender.channel(), reader.channel()
    out.queue_declare(_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    out.confirm_delivery()
    properties = pika.BasicProperties(delivery_mode=2)

    def take(_: object, __: object, ___: object, body: bytes) -> None:
        delivered.append(time.perf_counter() - published[body[:16]])

    async def run() -> None:
        inn.basic_consume(_QUEUE, take, auto_ack=True)
        reading = asyncio.create_task(asyncio.to_thread(_read, reader, delivered))
        await asyncio.to_thread(send)
        await reading

    def send() -> None:
        for _ in range(_ROUNDS):
            time.sleep(pause_s)
            key = uuid4().bytes
            published[key] = started = time.perf_counter()
            out.basic_publish("", _QUEUE, key + _BODY, properties, mandatory=True)
            confirmed.append(time.perf_counter() - started)

    asyncio.run(run())
    out.queue_delete(_QUEUE)
    sender.close()
    reader.close()
    return statistics.median(confirmed) * 1000, statistics.median(delivered) * 1000


def _read(connection: pika.BlockingConnection, delivered: list[float]) -> None:
    until = time.monotonic() + 60
    while len(delivered) < _ROUNDS and time.monotonic() < until:
        connection.process_data_events(time_limit=0.2)
