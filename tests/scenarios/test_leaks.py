"""Whatever is known of a victim is nowhere but where it must be: not in a dump, a message, a log or a span."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pika
import psycopg
from psycopg import sql

from contracts import topology
from contracts.topology import SERVICES
from stalkingalarm.running import RunningSystem
from tests.scenarios.scenario import Scenario

CIC = "cic-oost-vlaanderen"
# Every scenario's victim has the family name, and all that belongs to it: see stalkingalarm/seed.py.
SECRETS = (
    *("Testemans", "Verklikker", "1-XYZ-987", "32470112233", "strangling", "second bell", "GE.37.L1."),
    *("machete", "seen at her door"),
)
PERPETRATOR = {
    "name": "Willem Verklikker",
    "born_on": "1981-01-02",
    "violence": [{"text": "strangling (2025)", "source": "police report"}],
    "weapons": [{"text": "machete"}],
    "vehicles": [{"text": "red van", "plate": "1-XYZ-987"}],
}


@contextmanager
def eavesdropping(system: RunningSystem, exchanges: tuple[str, ...]) -> Iterator[list[bytes]]:
    """Copies of all messages of these exchanges."""
    heard, stop = list[bytes](), threading.Event()
    connection = pika.BlockingConnection(pika.URLParameters(system.broker_url()))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True, arguments={"x-queue-type": "classic"}).method.queue
    for exchange in exchanges:
        channel.queue_bind(queue, exchange, "#")

    def listen() -> None:
        for _, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=0.2):
            if body is not None:
                heard.append(body + str(properties.headers).encode())
            if stop.is_set() and body is None:
                return

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join()
        connection.close()


def dump(url: str) -> Iterator[tuple[str, str]]:
    """Every row of every table of a database, as text: bytes as hexadecimal digits."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            for (row,) in rows:
                yield table, row


def found_in(text: str) -> list[str]:
    """Secrets in a text, plain or as hexadecimal digits."""
    return [each for each in SECRETS if each in text or each.encode().hex() in text]


def test_what_is_known_of_a_victim_stays_where_it_must_be(scenario: Scenario, system: RunningSystem) -> None:
    ann = scenario.victim(perpetrator=PERPETRATOR)
    car = scenario.unit()
    press = scenario.press(ann)
    scenario.want_alarm(CIC, fits=lambda view: view["card"]["victim"]["name"] == ann.name)
    scenario.want_order(car, fits=lambda order: "machete" in json.dumps(order["card"]))
    scenario.want_nothing_else()
    private = {topology.REGISTRY_CARDS, topology.PARKING, topology.UNROUTABLE}
    exchanges = tuple(e.name for e in topology.EXCHANGES if e.name not in private and e.kind == "topic")
    with eavesdropping(system, (topology.REGISTRY_CARDS,)) as cards, eavesdropping(system, exchanges) as heard:
        scenario.run()
    # The search finds what is there: the card on the one exchange that may carry it.
    assert {"Testemans", "Verklikker", "machete"} <= set(found_in(b"".join(cards).decode()))
    assert len(heard) > 10
    assert [found_in(body.decode(errors="replace")) for body in heard if found_in(body.decode())] == []
    for service in SERVICES:
        url = system.database_url(service).replace("+psycopg", "")
        rows = list(dump(url))
        assert len(rows) > 5, service
        assert [(table, found_in(row)) for table, row in rows if found_in(row)] == [], service
    for process in system.processes():
        if not process["step"]:
            assert found_in(system.log(process["name"])) == [], process["name"]
    assert press.made is not None
    spans = httpx.get(
        f"{system.url('collector')}/api/traces?alarm_id={press.made.alarm_id}", timeout=40, trust_env=False
    )
    assert len(spans.json()) > 5
    assert found_in(spans.text) == []
