"""Presses that no store takes as they are are stored in part, flagged; good ones beside them are in time."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.security.vault import new_key
from contracts.alarm import AlarmRaised
from contracts.envelope import BATCH_CONTENT_TYPE, Event, wrap
from contracts.topology import ALARM_URGENT, DISPATCH_ALARMS
from services.dispatch.usecases.handle_events import take_alarms
from tests.support.broker import Broker
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, alarm
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer
from tests.support.waiting import eventually
from tests.support.worker import Worker

# What no column takes, as it would stand in an event: by field, and the flag that tells.
POISON: dict[str, tuple[str, Any, str]] = {
    "counter": ("counter", 2**63, "counter_invalid"),
    "counter that is none": ("counter", {"a": 1}, "counter_invalid"),
    "place": ("fix", {"lat": "north", "lon": [1]}, "fix_invalid"),
    "pressed before Christ": ("pressed_at", "0001-01-01T00:30:00+02:00", "pressed_at_invalid"),
    "received before Christ": ("received_at", "0001-01-01T00:30:00+02:00", "press_incomplete"),
    "received never": ("received_at", None, "press_incomplete"),
    "due beyond the calendar": ("deadline_at", "9999-12-31T23:30:00-02:00", "press_incomplete"),
    "offset that PostgreSQL refuses": ("received_at", "2026-01-01T00:00:00+18:00", "press_incomplete"),
    "sender with a NUL": ("device_id", "\x00", "press_incomplete"),
    "sender longer than an index": ("device_id", "x" * 20_000, ""),
    "flag with a NUL": ("flags", ["late\x00"], "press_incomplete"),
    "lane": ("lane", "express", "press_incomplete"),
    "hops": ("hops", {"received": "0001-01-01T00:30:00+02:00", "\x00": "never"}, "press_incomplete"),
    "digest": ("content", "\x00", ""),
}


def event(field: str = "", value: Any = None, **data: Any) -> Event:
    press = alarm(**data)
    whole = wrap(press, source="/test", event_id=press.alarm_id)
    return whole.model_copy(update={"data": {**whole.data, field: value}}) if field else whole


def take(desk: Dispatch, *taken: Event) -> None:
    desk.know(*filter(None, (_uuid(each.data.get("device_id")) for each in taken)))
    take_alarms(desk.context, DISPATCH_ALARMS, [(each, None) for each in taken])


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        return None


def routed(desk: Dispatch) -> dict[UUID, list[str]]:
    """The flags of each press that has an incident, by its id."""
    told = desk.published("press.routed.v1")
    return {UUID(each["alarm_id"]): [f for f in each["flags"] if f != "border"] for each in told}


@contextmanager
def refused_by(desk: Dispatch, constraint: str) -> Iterator[None]:
    desk.do(f"ALTER TABLE presses ADD CONSTRAINT refused CHECK ({constraint})")
    yield
    desk.do("ALTER TABLE presses DROP CONSTRAINT refused")


@pytest.mark.parametrize("kind", POISON)
def test_a_press_is_stored_without_what_breaks_it(desk: Dispatch, kind: str) -> None:
    field, value, flag = POISON[kind]
    poison, good = event(field, value), event()
    take(desk, poison, good)
    flags = routed(desk)
    assert flags.keys() == {poison.id, good.id}
    assert flags[good.id] == []
    assert not flag or flag in flags[poison.id]
    assert desk.sql("SELECT count(*) FROM due WHERE kind = 'acknowledge'") == [(2,)]


def test_only_what_breaks_it_is_left_out(desk: Dispatch) -> None:
    with refused_by(desk, "counter IS NULL OR counter <> 666"):
        poison = event("counter", 666)
        take(desk, poison, event())
    assert routed(desk)[poison.id] == ["counter_invalid"]
    assert desk.sql(f"SELECT fix IS NOT NULL, control_room_id FROM incidents WHERE id = '{poison.id}'") == [
        (True, GHENT_ROOM)
    ]


def test_what_a_trigger_refuses_is_no_absent_database(desk: Dispatch) -> None:
    desk.do(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.counter = 666 THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
    )
    desk.do("CREATE TRIGGER refuse BEFORE INSERT ON presses FOR EACH ROW EXECUTE FUNCTION refuse()")
    poison, good = event("counter", 666), event()
    take(desk, poison, good)
    desk.do("DROP FUNCTION refuse CASCADE")
    assert routed(desk) == {poison.id: ["counter_invalid"], good.id: []}


def test_among_hundreds_of_one_device_a_good_press_is_quick(desk: Dispatch) -> None:
    device = uuid4()
    poisoned = [event("counter", 2**63 + n, device=device, counter=n) for n in range(320)]
    good = event()
    batches = [poisoned[n : n + 64] for n in range(0, 320, 64)]
    batches[-1] = [*batches[-1][:-1], good]
    began = time.monotonic()
    for batch in batches:
        take(desk, *batch)
    took = time.monotonic() - began
    assert routed(desk)[good.id] == []
    assert len(routed(desk)) == 320
    assert took < 5


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(sorted(AlarmRaised.model_fields)), _JSON, min_size=1, max_size=4))
def test_whatever_stands_in_an_event_it_is_an_alarm(desk: Dispatch, odd: dict[str, Any]) -> None:
    desk.do("TRUNCATE outbox, due")
    whole, good = event(), event()
    poison = Event.decode(json.dumps(json.loads(whole.encode()) | {"data": {**whole.data, **odd}}))
    take(desk, poison, good)
    assert len(routed(desk)) == 2
    assert routed(desk)[good.id] == []


def bring(client: TestClient, issuer: Issuer, *brought: Event) -> tuple[int, dict[str, Any]]:
    headers = {
        "authorization": f"Bearer {issuer.token('service', partner='alarm')}",
        "content-type": BATCH_CONTENT_TYPE,
    }
    body = b"[" + b",".join(each.encode() for each in brought) + b"]"
    answer = client.post("/v1/intake", content=body, headers=headers)
    return answer.status_code, answer.json()


def test_a_hand_over_takes_what_it_can_and_names_the_rest(
    desk: Dispatch, client: TestClient, issuer: Issuer
) -> None:
    poison, held, *good = event("counter", 2**63), event(), event(), event()
    with desk.context.database.transaction() as tx:
        # Somebody has a copy in hand and does not let go; not so long that it would be ended.
        tx.session.connection().exec_driver_sql("SET LOCAL application_name = 'outbox sweep'")
        tx.claim(DISPATCH_ALARMS, [held.id])
        status, answer = bring(client, issuer, poison, held, *good)
        tx.session.rollback()
    there = {str(each.id): str(each.id) for each in (poison, *good)}
    assert (status, answer) == (202, {"accepted": False, "not_taken": [str(held.id)], "incidents": there})
    assert routed(desk).keys() == {poison.id, *(each.id for each in good)}
    answer = {"accepted": True, "not_taken": [], "incidents": {str(held.id): str(held.id)}}
    assert bring(client, issuer, held) == bring(client, issuer, held) == (202, answer)


def test_hundreds_of_poisoned_presses_delay_no_other_and_none_is_parked(
    broker: Broker, cluster: Cluster, tmp_path: Path
) -> None:
    """The lane of verified presses as production runs it, on a real broker."""
    url = cluster.database("dispatch")
    channel = broker.channel()
    channel.confirm_delivery()
    for queue in (DISPATCH_ALARMS, "dispatch.parking"):
        channel.queue_purge(queue)
    device = uuid4()

    def put(each: Event) -> None:
        channel.basic_publish(ALARM_URGENT, AlarmRaised.model_validate(alarm()).routing_key, each.encode())

    for number in range(300):
        put(event("counter", 2**63 + number, device=device, counter=number))
    good = event(fix=GHENT)
    environment = {
        "ENVIRONMENT": "development",
        "DATABASE_URL": url,
        "VAULT_KEYS": f"1:{new_key()}",
        "AUDIT_KEY": new_key(),
        "OIDC_ISSUER": "http://127.0.0.1:1",
        "OIDC_JWKS_URL": "http://127.0.0.1:1",
    }
    with (
        psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as records,
        Worker(
            "services.dispatch.worker:AlarmLane", broker.url_of("dispatch"), tmp_path, **environment
        ) as worker,
    ):
        worker.wait(lambda: _presses(records) > 0)
        put(good)
        began = time.monotonic()
        eventually(lambda: _presses(records, f"alarm_id = '{good.id}'") == 1)
        took = time.monotonic() - began
        eventually(lambda: _presses(records) == 301)
        assert took < 5
    assert channel.basic_get("dispatch.parking")[0] is None
    channel.connection.close()


def _presses(records: Any, where: str = "true") -> int:
    return int(records.execute(f"SELECT count(*) FROM presses WHERE {where}").fetchone()[0])
