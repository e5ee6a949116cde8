"""The rules of the bus, on the real broker, with a worker as production runs it."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import amqp
import pika
import pytest

from chassis.messaging.topology import declare
from contracts.envelope import Event
from contracts.topology import DELIVERY_LIMIT, RETRY_DELAYS_S, Queue, with_return
from tests.support.broker import Broker
from tests.support.bus import QUEUE, TARGET, TRACE, put
from tests.support.worker import Worker


@pytest.fixture
def bus(broker: Broker) -> Iterator[Any]:
    """A channel, with the queue under test and the parking queue empty."""
    declare(broker.url, (), (with_return(Queue(QUEUE)),))
    channel = broker.channel()
    channel.confirm_delivery()
    for queue in (QUEUE, "dispatch.parking"):
        channel.queue_purge(queue)
    yield channel
    channel.connection.close()


def parked(channel: Any) -> list[tuple[dict[str, Any], bytes]]:
    found = []
    while (got := channel.basic_get("dispatch.parking", auto_ack=True))[0]:
        got[1].headers.pop("x-delivery-count")  # the parking queue's own
        found.append((got[1].headers, got[2]))
    return found


def unsettled(broker: Broker) -> int:
    """Messages that the broker still keeps for the queue: those in hand come back once nobody reads."""
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    try:
        return int(connection.channel().queue_declare(QUEUE, passive=True).method.message_count)
    finally:
        connection.close()


def ids(worker: Worker) -> Counter[str]:
    return Counter(row["id"] for row in worker.rows("handled"))


def test_a_batch_is_handled_in_the_trace_of_its_events(broker: Broker, bus: Any, tmp_path: Path) -> None:
    sent = [str(put(bus)) for _ in range(200)]
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: len(ids(worker)) == 200)
        rows = worker.rows("handled")
    assert ids(worker) == Counter(sent)
    assert max(row["size"] for row in rows) > 1
    assert {row["trace"] for row in rows} == {TRACE}


def test_killed_in_the_middle_it_is_delivered_again(broker: Broker, bus: Any, tmp_path: Path) -> None:
    sent = str(put(bus, "die"))
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as first:
        first.wait(lambda: first.process.poll() is not None)
        assert first.rows("dying")
        assert not first.rows("handled")
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as second:
        second.wait(lambda: bool(second.rows("handled")))
        assert second.rows("handled")[0]["id"] == sent
        assert second.rows("handled")[0]["redelivered"]


def test_sigterm_finishes_what_is_in_hand(broker: Broker, bus: Any, tmp_path: Path) -> None:
    sent = str(put(bus, "slow"))
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: bool(worker.rows("slow began")))
        worker.process.terminate()
        put(bus)
        assert worker.process.wait(10) == 0, worker.log.read_text()
    assert set(ids(worker)) == {sent}
    assert unsettled(broker) == 1  # the second one waits for the next worker, the first was acknowledged


def test_one_poison_in_a_batch_hurts_no_neighbour(broker: Broker, bus: Any, tmp_path: Path) -> None:
    good = [str(put(bus)) for _ in range(5)]
    poison = put(bus, "permanent")
    good += [str(put(bus)) for _ in range(5)]
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: len(ids(worker)) == 10 and bool(worker.rows("parked")))
        assert ids(worker) == Counter(good)
        assert worker.rows("parked") == [
            {"what": "parked", "queue": QUEUE, "type": "test.v1", "reason": "Permanent"}
        ]
    ((headers, body),) = parked(bus)
    assert Event.decode(body).id == poison
    assert headers == {"x-origin-queue": QUEUE, "x-error": "Permanent", "x-attempt": 1}
    assert unsettled(broker) == 0


def test_undecodable_is_parked_at_once(broker: Broker, bus: Any, tmp_path: Path) -> None:
    put(bus, body=b"\xff{not json")
    good = str(put(bus))
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: bool(worker.rows("parked")) and len(ids(worker)) == 1)
        assert ids(worker) == Counter([good])
        assert worker.rows("parked")[0]["reason"] == "Undecodable"
    ((headers, body),) = parked(bus)
    assert headers["x-attempt"] == 1  # never tried again
    assert body == b"\xff{not json"


@pytest.mark.parametrize(("do", "reason"), [("data", "DataError"), ("trigger", "ProgrammingError")])
def test_what_the_database_refuses_for_its_data_is_not_tried_again(
    broker: Broker, bus: Any, tmp_path: Path, do: str, reason: str
) -> None:
    """Each attempt would cost those behind it as much as the first."""
    put(bus, do)
    good = str(put(bus))
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: bool(worker.rows("parked")) and len(ids(worker)) == 1)
        assert ids(worker) == Counter([good])
    ((headers, _),) = parked(bus)
    assert headers == {"x-origin-queue": QUEUE, "x-error": reason, "x-attempt": 1}


def test_a_failure_is_tried_again_a_second_later(broker: Broker, bus: Any, tmp_path: Path) -> None:
    sent = str(put(bus, "fail once"))
    began = time.time()
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: bool(worker.rows("handled")))
        (row,) = worker.rows("handled")
        assert (row["id"], row["attempt"]) == (sent, 2)
        assert row["at"] - began >= 1.0
        assert len(worker.rows("tick")) > 2  # a timer that fails goes on
        assert "secret name" not in worker.log.read_text()
    assert unsettled(broker) == 0


def test_after_the_last_attempt_it_is_parked(broker: Broker, bus: Any, tmp_path: Path) -> None:
    put(bus, "retryable", headers={"x-attempt": len(RETRY_DELAYS_S) + 1})
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: bool(worker.rows("parked")))
    ((headers, _),) = parked(bus)
    assert headers == {"x-origin-queue": QUEUE, "x-error": "Retryable", "x-attempt": len(RETRY_DELAYS_S) + 1}


def test_an_absent_database_is_no_fault_of_the_message(broker: Broker, bus: Any, tmp_path: Path) -> None:
    sent = str(put(bus, "away, then fail", headers={"x-away": 9}))
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: bool(worker.rows("handled")))
        (row,) = worker.rows("handled")
    # Nine outages before, and one now, took no attempt from it.
    assert (row["id"], row["attempt"]) == (sent, 2)
    assert not parked(bus)


def test_an_hour_of_an_absent_database_is_enough(broker: Broker, bus: Any, tmp_path: Path) -> None:
    put(bus, "away", headers={"x-away": 721})
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: bool(worker.rows("parked")))
    ((headers, _),) = parked(bus)
    assert headers == {"x-origin-queue": QUEUE, "x-error": "OperationalError", "x-attempt": 1}


def test_a_worker_that_is_deaf_to_a_queue_is_not_healthy(broker: Broker, bus: Any, tmp_path: Path) -> None:
    dates = tmp_path / "health"

    def told() -> str:
        command, env = (
            [sys.executable, "-m", "chassis.telemetry.health"],
            {**os.environ, "HEALTH_DIR": str(dates)},
        )
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False).stdout.strip()

    with Worker(TARGET, broker.url_of("dispatch"), tmp_path, HEALTH_DIR=str(dates)) as worker:
        # The queue's canary went through the broker and back; this worker's timer fails at each run.
        worker.wait(lambda: told() == "not done lately: timer.tick", every_s=0.5)
        (dates / "timer.tick").unlink()
        worker.wait(lambda: told() == "ok", every_s=0.5)
        long_ago = time.time() - 60
        os.utime(dates / QUEUE, (long_ago, long_ago))
        assert told() == f"not done lately: {QUEUE}"
        # The next canary finds it hearing again; it is no message, so no handler ever saw one.
        worker.wait(lambda: told() == "ok", every_s=0.5)
        assert worker.rows("handled") == []


def test_it_outlives_the_broker(broker: Broker, tmp_path: Path) -> None:
    broker.kill()
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: len(worker.rows("tick")) > 2)  # timers run without a broker
        broker.start()
        channel = broker.channel()
        first = str(put(channel))
        worker.wait(lambda: first in ids(worker))
        broker.restart()
        channel = broker.channel()
        second = str(put(channel))
        worker.wait(lambda: second in ids(worker))
        channel.connection.close()


def test_a_queue_that_appears_later_is_read(broker: Broker, tmp_path: Path) -> None:
    channel = broker.channel()
    channel.queue_delete(QUEUE)
    with Worker(TARGET, broker.url_of("dispatch"), tmp_path) as worker:
        worker.wait(lambda: len(worker.rows("tick")) > 5)
        declare(broker.url, (), (with_return(Queue(QUEUE)),))
        sent = str(put(channel))
        worker.wait(lambda: sent in ids(worker))
    channel.connection.close()


def test_declaring_twice_changes_nothing_and_a_difference_is_refused(broker: Broker) -> None:
    declare(broker.url)
    with pytest.raises(amqp.exceptions.PreconditionFailed):
        declare(broker.url, (), (Queue("dispatch.alarms", (), {"x-max-length": 5}),))


def test_what_kills_every_reader_is_parked_by_the_broker(broker: Broker, bus: Any) -> None:
    """No code of ours gets to count when the process dies at each delivery: the broker does."""
    sent = str(put(bus))
    for delivery in range(DELIVERY_LIMIT + 1):
        reader = broker.channel()
        got, properties, _ = _get(reader, QUEUE)
        assert got, f"gone after {delivery} deliveries"
        assert (properties.headers or {}).get("x-delivery-count", 0) == delivery
        reader.connection.close()  # as a crash does: in hand, unanswered
    _, properties, body = _get(bus, "dispatch.parking")
    assert json.loads(body)["id"] == sent
    assert properties.headers["x-first-death-reason"] == "delivery_limit"
    assert not bus.basic_get(QUEUE)[0]


def _get(channel: Any, queue: str) -> Any:
    """The next message, within five seconds: what a dead reader had comes back a moment later."""
    end = time.monotonic() + 5
    while not (got := channel.basic_get(queue))[0] and time.monotonic() < end:
        time.sleep(0.01)
    return got
