"""What a device signs is worth something as what it is, for the alarm that it names, at its time."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.alarm import SIGNED_AS
from contracts.topology import DISPATCH_ALARMS
from tests.support.alarm import GHENT, AlarmApi, AlarmDatabase, Button
from tests.support.broker import Broker
from tests.support.postgres import Cluster


@pytest.fixture(scope="module")
def alarm_database(cluster: Cluster) -> AlarmDatabase:
    return AlarmDatabase(cluster.database("alarm"))


@pytest.fixture(scope="module")
def api(
    alarm_database: AlarmDatabase, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AlarmApi]:
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    with AlarmApi(tmp_path_factory.mktemp("alarm"), url, broker.url_of("alarm")) as started:
        yield started


@pytest.fixture
def button(alarm_database: AlarmDatabase) -> Button:
    made = Button()
    alarm_database.know(made)
    return made


def said(button: Button, alarm_id: str, at: datetime | None = None) -> dict[str, dict[str, Any]]:
    """What a device of today signs, by kind."""
    own, when = {"device_id": str(button.id)}, (at or datetime.now(UTC)).isoformat()
    return {
        "press": {**own, "counter": 77, "kind": "press", "pressed_at": when},
        "fixes": {**own, "alarm_id": alarm_id, "sequence": 1, "fixes": [{**GHENT, "at": when}]},
        "cancel": {**own, "alarm_id": alarm_id, "code": "1234"},
        "heartbeat": {**own, "at": when, "phone_battery": 50},
        "follow": {**own, "alarm_id": alarm_id, "at": when},
    }


def sent(api: AlarmApi, kind: str, alarm_id: str, body: bytes) -> int:
    if kind == "follow":
        headers = {"authorization": f"Device {body.decode()}"}
        return api.http.get(f"/v1/alarms/{alarm_id}", headers=headers).status_code
    paths = {"press": "/v1/presses", "heartbeat": "/v1/heartbeats"}
    return api.post(paths.get(kind, f"/v1/alarms/{alarm_id}/{kind}"), body).status_code


@pytest.mark.parametrize("typed", [True, False])
def test_nothing_is_taken_for_something_else(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button, typed: bool
) -> None:
    alarm_id = api.press(button.press()).json()["alarm_id"]
    signed = {
        kind: button.sign(payload, kind if typed else None) for kind, payload in said(button, alarm_id).items()
    }
    taken = {
        (kind, sent_as)
        for kind in signed
        for sent_as in SIGNED_AS
        if sent_as != "press" and sent(api, sent_as, alarm_id, signed[kind]) < 300
    }
    assert taken == {(kind, kind) for kind in signed if kind != "press"}
    # A press is never refused: what was signed as something else is one that nobody verified.
    for kind in sorted(signed.keys() - {"press"}) if typed else ():
        raised = UUID(api.press(signed[kind]).json()["alarm_id"])
        ((lane, flags),) = alarm_database.rows("SELECT lane, flags FROM presses WHERE alarm_id = %s", raised)
        assert lane == "unverified"
        assert "signed_as_something_else" in flags


def test_nothing_is_taken_for_another_alarm_or_time(api: AlarmApi, button: Button) -> None:
    first, later = (api.press(button.press()).json()["alarm_id"] for _ in range(2))
    for kind in ("fixes", "cancel", "follow"):
        body = button.sign(said(button, first)[kind], kind)
        assert sent(api, kind, later, body) == 401
        assert sent(api, kind, first, body) < 300
    for off in (timedelta(days=30), timedelta(minutes=20), -timedelta(minutes=20)):
        old = said(button, first, datetime.now(UTC) - off)
        for kind in ("heartbeat", "follow"):
            assert sent(api, kind, first, button.sign(old[kind], kind)) == 401
    for kind, field in (
        ("fixes", "alarm_id"),
        ("fixes", "sequence"),
        ("cancel", "alarm_id"),
        ("heartbeat", "at"),
    ):
        less = {name: value for name, value in said(button, first)[kind].items() if name != field}
        assert sent(api, kind, first, button.sign(less, kind)) == 401
    assert api.press(button.press()).json()["stored_in"]


def test_old_clients_are_taken_and_flagged(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button
) -> None:
    alarm_id = api.press(button.press()).json()["alarm_id"]
    own = {"device_id": str(button.id)}
    assert sent(api, "fixes", alarm_id, button.sign({**own, "sequence": 0, "fixes": [GHENT]})) == 202
    assert sent(api, "cancel", alarm_id, button.sign({**own, "code": "1234"})) == 202
    assert sent(api, "heartbeat", alarm_id, button.sign({**own, "phone_battery": 50})) == 202
    old = button.sign({**own, "counter": 50, "pressed_at": datetime.now(UTC).isoformat()})
    raised = api.press(old).json()["alarm_id"]
    rows = alarm_database.rows("SELECT lane, flags FROM presses WHERE alarm_id = %s", UUID(raised))
    assert rows == [("verified", ["signed_without_type"])]


def test_a_day_comes_on_which_old_clients_prove_nothing(
    alarm_database: AlarmDatabase, broker: Broker, tmp_path_factory: pytest.TempPathFactory, button: Button
) -> None:
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    folder = tmp_path_factory.mktemp("alarm")
    with AlarmApi(folder, url, broker.url_of("alarm"), TAKE_UNTYPED="false", LOOKUP_S="2") as api:
        own = {"device_id": str(button.id)}
        raised = api.press(button.sign({**own, "counter": 50})).json()["alarm_id"]
        assert alarm_database.rows("SELECT lane FROM presses WHERE alarm_id = %s", UUID(raised)) == [
            ("unverified",)
        ]
        assert sent(api, "heartbeat", str(uuid4()), button.sign({**own, "phone_battery": 50})) == 401
        verified = api.press(button.press()).json()["alarm_id"]
        assert alarm_database.rows("SELECT lane FROM presses WHERE alarm_id = %s", UUID(verified)) == [
            ("verified",)
        ]


def test_the_same_bytes_after_the_deadline_come_to_dispatch_again(
    alarm_database: AlarmDatabase, broker: Broker, tmp_path_factory: pytest.TempPathFactory, button: Button
) -> None:
    """A phone whose clock and counter stand still presses again, and the first alarm is over."""
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    folder = tmp_path_factory.mktemp("alarm")
    with AlarmApi(folder, url, broker.url_of("alarm"), DEADLINE_S="1", LOOKUP_S="2", GRACE_S="1") as api:
        body = button.sign({"device_id": str(button.id), "counter": 1, "kind": "press"}, "press")
        first, copy = api.press(body).json(), api.press(body).json()
        assert copy == first
        time.sleep(1.2)
        again = api.press(body).json()
        assert again == first
        assert events_of(broker, first["alarm_id"]) == 2


def events_of(broker: Broker, alarm_id: str) -> int:
    """How many events of an alarm waited for dispatch."""
    channel, found = broker.channel(), 0
    while (message := channel.basic_get(DISPATCH_ALARMS, auto_ack=True))[0] is not None:
        found += alarm_id.encode() in message[2]
    channel.connection.close()
    return found


def test_a_press_in_the_moment_of_a_start_is_one_of_a_known_device(
    cluster: Cluster, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A look-up may be too slow then; who listens knows the devices already."""
    alarm_database, own = AlarmDatabase(cluster.database("alarm")), Button()
    alarm_database.do(
        "INSERT INTO devices SELECT gen_random_uuid(), gen_random_uuid(), %s, 'active', 1, now() "
        "FROM generate_series(1, 20000)",
        Button().public_key,
    )
    alarm_database.know(own)
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    folder = tmp_path_factory.mktemp("alarm")
    with AlarmApi(folder, url, broker.url_of("alarm"), LOOKUP_S="0.0001") as api:
        pressed = api.press(own.press()).json()["alarm_id"]
        assert alarm_database.rows("SELECT lane FROM presses WHERE alarm_id = %s", UUID(pressed)) == [
            ("verified",)
        ]
