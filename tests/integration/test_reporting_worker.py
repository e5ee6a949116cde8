"""The workers of reporting as production runs them: own broker user, real broker, real database."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika
import pytest
from sqlalchemy import text

from contracts import topology
from contracts.alarm import PressesRecorded, alarm_id_of
from contracts.dispatch import ControlRoomRegistered
from contracts.envelope import Event
from services.reporting.store import attention, ledger
from tests.support import ledger_events as ev
from tests.support.broker import Broker
from tests.support.desks import environment
from tests.support.ledger_database import LedgerDatabase, opened
from tests.support.postgres import Cluster
from tests.support.worker import Worker


@dataclass(frozen=True)
class Running:
    records: LedgerDatabase
    worker: Worker
    broker: Broker
    channel: Any

    def send(self, events: list[Event]) -> None:
        for event in events:
            exchange = topology.ALARM_EVENTS if event.type == PressesRecorded.TYPE else topology.DISPATCH_EVENTS
            self.channel.basic_publish(
                exchange, event.type, event.encode(), pika.BasicProperties(delivery_mode=2), mandatory=True
            )

    def until(self, enough: Callable[[], bool]) -> None:
        self.worker.wait(enough, seconds=30)

    def attention(self) -> dict[str, str]:
        with self.records.database.read() as session:
            return {row.key: row.kind for row in attention.listing(session)}

    def presses(self) -> int:
        with self.records.database.read() as session:
            return int(session.execute(text("SELECT count(*) FROM presses")).scalar_one())


@pytest.fixture(scope="module")
def running(cluster: Cluster, broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The workers, with short times; queues of reporting empty."""
    channel = broker.channel()
    channel.confirm_delivery()
    for queue in topology.QUEUES:
        if queue.name.startswith("reporting.") or queue.name.endswith(".parking"):
            channel.queue_purge(queue.name)
    with opened(cluster) as records, pytest.MonkeyPatch.context() as patch:
        url = records.settings.database_url.get_secret_value()
        variables = environment(records.issuer, url, broker.url_of("reporting"))
        variables |= {"gap_grace_s": "1", "canary_silence_s": "2"}
        for name, value in variables.items():
            patch.setenv(name.upper(), value)
        target = "services.reporting.worker"
        with Worker(target, broker.url_of("reporting"), tmp_path_factory.mktemp("reporting")) as worker:
            yield Running(records, worker, broker, channel)
    channel.connection.close()


def test_a_story_over_the_bus_makes_the_ledger(running: Running) -> None:
    running.send(ev.story())
    running.until(lambda: running.presses() == 3)

    def closed() -> bool:
        with running.records.database.read() as session:
            line = ledger.line(session, alarm_id_of(ev.DEVICE, 1))
            return line is not None and line["outcome"] == "genuine" and line["on_scene_at"] is not None

    running.until(closed)


def test_a_broken_event_is_parked_told_and_its_neighbours_are_kept(running: Running) -> None:
    good = ev.events(*(ev.recorded(n) for n in range(100, 110)))
    (broken,) = ev.events(ev.routed(120))
    broken = broken.model_copy(update={"data": {**broken.data, "lane": "none"}})
    before = running.presses()
    running.send([*good[:5], broken, *good[5:]])
    running.until(lambda: running.presses() == before + 10)
    # Told by its event, and by the depth of the queue that must stay empty.
    running.until(
        lambda: (
            running.attention().get("reporting.ledger press.routed.v1") == "parked"
            and running.attention().get("reporting.parking") == "queue_depth"
        )
    )


def test_gaps_and_silent_control_rooms_are_published(running: Running) -> None:
    queue = running.channel.queue_declare(
        "", exclusive=True, arguments={"x-queue-type": "classic"}
    ).method.queue
    running.channel.queue_bind(queue, topology.REPORTING_EVENTS, "#")
    running.send(
        ev.events(
            ev.recorded(200),
            ControlRoomRegistered(control_room_id="nowhere", name="Nowhere", canary_lat=51, canary_lon=4),
        )
    )
    found: set[tuple[str, str]] = set()

    def told() -> bool:
        while (got := running.channel.basic_get(queue, auto_ack=True))[0]:
            event = Event.decode(got[2])
            found.add((event.type, event.subject))
        wanted = {("ledger.gap_found.v1", str(alarm_id_of(ev.DEVICE, 200))), ("canary.missed.v1", "nowhere")}
        return wanted <= found

    running.until(told)


def test_two_thousand_events_take_seconds(running: Running) -> None:
    before = running.presses()
    stream = ev.events(
        *(ev.recorded(n) for n in range(1000, 2000)),
        *(ev.routed(n) for n in range(1000, 2000)),
    )
    running.send(stream)
    sent = time.monotonic()
    running.until(lambda: running.presses() == before + 1000)
    assert time.monotonic() - sent < 15


def test_nothing_is_lost_when_the_worker_is_killed(running: Running, tmp_path: Path) -> None:
    """Last of this file: afterwards another worker runs."""
    before = running.presses()
    running.send(ev.events(*(ev.recorded(n) for n in range(3000, 3200))))
    running.worker.process.kill()
    running.worker.process.wait()
    with Worker("services.reporting.worker", running.broker.url_of("reporting"), tmp_path) as second:
        second.wait(lambda: running.presses() == before + 200, seconds=30)
