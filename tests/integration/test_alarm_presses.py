"""The alarm path's entrance on real servers: two logs, the third way, duplicates, outages."""

import json
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from contracts.alarm import AlarmRaised, alarm_id_of
from contracts.envelope import Event
from contracts.topology import ALARM_RECORDER, DISPATCH_FIXES
from services.alarm.api.presses import BODY_S
from services.dispatch.usecases.raise_alarms import verify
from tests.support.alarm import GHENT, AlarmApi, AlarmDatabase, AlarmWorker, Button, HeartbeatsApi, Intake
from tests.support.broker import Broker
from tests.support.postgres import Cluster
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def alarm_database(cluster: Cluster) -> AlarmDatabase:
    return AlarmDatabase(cluster.database("alarm").replace("+psycopg", ""))


@pytest.fixture(scope="module")
def intake() -> Iterator[Intake]:
    with Intake() as listener:
        yield listener


@pytest.fixture(scope="module")
def api(
    alarm_database: AlarmDatabase, broker: Broker, intake: Intake, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AlarmApi]:
    folder = tmp_path_factory.mktemp("alarm")
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    # Other suites share these two cores: what is measured here is who holds a press, not how fast.
    settings = {"FALLBACK_AFTER_S": "2", "GRACE_S": "1", "GIVE_UP_AFTER_S": "4", "LOOKUP_S": "2"}
    with AlarmApi(folder, url, broker.url_of("alarm"), DISPATCH_URL=intake.url, **settings) as started:
        warm = Button()
        eventually(lambda: "broker" in started.press(warm.press()).json()["stored_in"])
        yield started


@pytest.fixture
def button(alarm_database: AlarmDatabase) -> Button:
    made = Button()
    alarm_database.know(made)
    return made


@pytest.fixture
def database_away(alarm_database: AlarmDatabase) -> Iterator[Callable[[], None]]:
    """Take the alarm service's database away from it; it is back after the test, or when called."""
    alarm_database.allow_connections(False)
    yield lambda: alarm_database.allow_connections(True)
    alarm_database.allow_connections(True)


@pytest.fixture
def broker_away(broker: Broker) -> Iterator[None]:
    broker.kill()
    yield
    broker.start()


def take_all(broker: Broker, queue: str) -> list[str]:
    """Everything in a queue, taken out."""
    channel = broker.channel()
    bodies: list[str] = []
    while True:
        method, _, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            channel.connection.close()
            return bodies
        bodies.append(body.decode())


def test_both_logs_hold_a_press(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, button: Button
) -> None:
    answer = api.press(button.press())
    assert answer.status_code == 202
    receipt = answer.json()
    assert receipt["stored_in"] == ["database", "broker"]
    alarm_id = UUID(receipt["alarm_id"])
    assert alarm_id == alarm_id_of(button.id, 1)
    assert alarm_database.presses()[alarm_id] == []
    assert any(str(alarm_id) in body for body in take_all(broker, ALARM_RECORDER))
    # The outbox forgets what the broker confirmed.
    eventually(lambda: not alarm_database.rows("SELECT id FROM outbox WHERE id = %s", alarm_id))


@pytest.mark.parametrize("wrapped", [lambda body: body, lambda body: b'\xef\xbb\xbf "' + body + b'"\r\n'])
def test_dispatch_believes_what_is_published(
    api: AlarmApi, broker: Broker, button: Button, wrapped: Callable[[bytes], bytes]
) -> None:
    """The signed bytes travel, whatever was around them, and verify with the key of the registry."""
    take_all(broker, ALARM_RECORDER)
    alarm_id = api.press(wrapped(button.press())).json()["alarm_id"]
    (event,) = [e for e in map(Event.decode, take_all(broker, ALARM_RECORDER)) if e.subject == alarm_id]
    press = AlarmRaised.model_validate(event.data)
    owner = SimpleNamespace(public_key=button.public_key)
    assert verify.verify_press(press, owner) is press
    other = SimpleNamespace(public_key=Button().public_key)
    assert verify.verify_press(press, other).lane == "unverified"


def test_a_retransmission_over_any_channel_is_the_same_alarm_with_the_same_receipt(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button
) -> None:
    body = button.press()
    answers = [api.press(body, x_channel=channel).content for channel in ("data", "sms", "voice")]
    assert len(set(answers)) == 1
    assert alarm_database.rows("SELECT count(*) FROM presses WHERE device_id = %s", str(button.id)) == [(1,)]


def test_a_press_counts_though_the_phone_is_gone_before_it_is_read(
    api: AlarmApi, alarm_database: AlarmDatabase
) -> None:
    """Smashed at the press: what came whole is a press, whether or not anybody hears the answer."""
    buttons = [Button() for _ in range(60)]
    alarm_database.know(*buttons)
    for number, button in enumerate(buttons):
        body = button.press()
        head = f"POST /v1/presses HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", api.port)) as phone:
            for part in ((head + body,), (head, body))[number % 2]:
                phone.sendall(part)
    count = "SELECT count(*) FROM presses WHERE device_id = ANY(%s)"
    eventually(lambda: alarm_database.rows(count, [str(button.id) for button in buttons]) == [(len(buttons),)])


@pytest.mark.parametrize("breaks_off", [True, False], ids=["breaks off", "stands still"])
@pytest.mark.parametrize("signed", [True, False])
def test_a_press_that_does_not_come_whole_is_taken_as_far_as_it_came(
    api: AlarmApi, alarm_database: AlarmDatabase, signed: bool, breaks_off: bool
) -> None:
    button = Button()
    alarm_database.know(button)
    claim = {"device_id": str(button.id), "counter": 7, "fix": {"lat": 51.05, "lon": 3.72}}
    body = button.sign(claim) if signed else json.dumps(claim).encode()
    cut = body.rindex(b".") - 20 if signed else len(body) - 20
    head = f"POST /v1/presses HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", api.port)) as phone:
        phone.sendall(head + body[:cut])
        if not breaks_off:
            phone.settimeout(BODY_S + 10)
            assert phone.recv(100).startswith(b"HTTP/1.1 202")
    found = "SELECT count(*) FROM presses WHERE device_id = %s"
    eventually(lambda: alarm_database.rows(found, str(button.id)) == [(1,)])


def test_a_second_press_is_another_alarm(api: AlarmApi, button: Button) -> None:
    first, second = (api.press(button.press()).json()["alarm_id"] for _ in range(2))
    assert first != second


def test_a_counter_that_began_anew_hides_no_press(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button
) -> None:
    first = api.press(button.press()).json()["alarm_id"]
    button.counter = 0
    time.sleep(0.01)
    again = api.press(button.press()).json()["alarm_id"]
    assert again != first
    assert alarm_database.presses()[UUID(again)] == ["counter_reused_with_other_content"]


@pytest.mark.parametrize("counter", [2**31, 2**63 - 1])
def test_a_counter_of_64_bits_is_a_counter(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button, counter: int
) -> None:
    """A phone that counts milliseconds: the number itself is held, by the press and by a test."""
    answer = api.press(button.press(counter=counter))
    assert answer.json()["stored_in"] == ["database", "broker"]
    held = "SELECT counter, flags FROM presses WHERE alarm_id = %s"
    assert alarm_database.rows(held, answer.json()["alarm_id"]) == [(counter, [])]
    assert api.press(button.press(counter=counter, kind="test")).status_code == 202
    assert alarm_database.rows("SELECT counter FROM tests WHERE device_id = %s", button.id) == [(counter,)]


@pytest.mark.parametrize("status", ["suspended", "lost", "returned"])
def test_a_suspended_device_still_raises_a_verified_alarm(
    api: AlarmApi, alarm_database: AlarmDatabase, status: str
) -> None:
    button = Button()
    alarm_database.know(button, status=status)
    alarm_id = api.press(button.press()).json()["alarm_id"]
    rows = alarm_database.rows("SELECT lane, flags FROM presses WHERE alarm_id = %s", alarm_id)
    assert rows == [("verified", ["suspended_device"])]


def test_what_nobody_verified_raises_an_alarm_in_its_own_lane(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button
) -> None:
    forged = Button()
    forged.id = button.id
    plain = b'{"device_id": "%s", "counter": 5, "kind": "test"}' % str(button.id).encode()
    wanted = {
        forged.press(): "bad_signature",
        forged.press(kind="test"): "bad_signature",
        Button().press(): "unknown_device",
        plain: "unsigned",
    }
    for body, flag in wanted.items():
        answer = api.press(body)
        assert answer.status_code == 202
        found = alarm_database.rows(
            "SELECT lane, flags FROM presses WHERE alarm_id = %s", answer.json()["alarm_id"]
        )
        assert found[0][0] == "unverified"
        assert flag in found[0][1]


def test_without_a_device_id_the_refusal_names_the_field(api: AlarmApi) -> None:
    for body in (b"", b"[]", b"{}", b"a.b.c", b'{"device_id": null}'):
        answer = api.press(body)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["field"] == "device_id"


def test_a_test_press_is_no_alarm(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, button: Button
) -> None:
    take_all(broker, DISPATCH_FIXES)
    test_id = api.press(button.press(kind="test")).json()["alarm_id"]
    assert UUID(test_id) not in alarm_database.presses()
    eventually(lambda: any("test.raised.v1" in body for body in take_all(broker, DISPATCH_FIXES)))


def test_the_fix_rests_encrypted(api: AlarmApi, alarm_database: AlarmDatabase, button: Button) -> None:
    alarm_id = api.press(button.press()).json()["alarm_id"]
    row = alarm_database.rows("SELECT presses::text FROM presses WHERE alarm_id = %s", alarm_id)[0][0]
    assert str(GHENT["lat"]) not in row
    evidence = alarm_database.rows("SELECT evidence FROM presses WHERE alarm_id = %s", alarm_id)[0][0]
    assert str(GHENT["lat"]).encode() not in evidence


def test_cancel_answers_the_same_whatever_the_code(api: AlarmApi, broker: Broker, button: Button) -> None:
    known = api.press(button.press()).json()["alarm_id"]
    cases = {"normal": (known, "1234"), "duress": (known, "4321"), "unknown": (str(button.id), "1234")}
    answers: dict[str, list[bytes]] = {name: [] for name in cases}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(60):
        for name, (alarm_id, code) in cases.items():
            body = button.sign({"device_id": str(button.id), "code": code})
            started = time.perf_counter()
            answer = api.post(f"/v1/alarms/{alarm_id}/cancel", body)
            times[name].append(time.perf_counter() - started)
            # All that a phone can see, but for the clock.
            seen = {k: v for k, v in answer.headers.items() if k != "date"}
            answers[name].append(f"{answer.status_code} {seen} {answer.text}".encode())
    assert len({each for some in answers.values() for each in some}) == 1
    # Interleaved and compared by medians, so that a busy machine slows all alike.
    medians = {name: statistics.median(some) for name, some in times.items()}
    spread = statistics.quantiles([t for some in times.values() for t in some], n=4)
    assert max(medians.values()) - min(medians.values()) < (spread[2] - spread[0]) + 0.001
    # As a JSON string: the digits alone also stand in digests and ids, by chance.
    assert not any('"1234"' in body for body in take_all(broker, DISPATCH_FIXES))


def test_what_is_no_press_needs_the_devices_signature(api: AlarmApi, button: Button) -> None:
    forged = Button()
    forged.id = button.id
    heartbeat = {"device_id": str(button.id), "phone_battery": 50}
    assert api.post("/v1/heartbeats", forged.sign(heartbeat)).status_code == 401
    assert api.post("/v1/heartbeats", button.sign(heartbeat)).status_code == 202
    broken = api.post("/v1/heartbeats", button.sign({**heartbeat, "device_id": "nobody"}))
    assert (broken.status_code, broken.json()["field"]) == (422, "device_id")


UNKNOWN = [-1, 255, 0.85, 84.6, "full", None, [], {}, True, 2**70, float("nan"), "\ud800"]


@pytest.mark.parametrize("battery", UNKNOWN, ids=repr)
def test_a_heartbeat_with_a_value_that_nobody_understands_is_a_sign_of_life(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button, battery: Any
) -> None:
    before = {"phone_battery": 50, "bluetooth": True, "app_version": "1.0"}
    assert api.post("/v1/heartbeats", button.sign({"device_id": str(button.id), **before})).status_code == 202
    query = "SELECT contact_at, phone_battery, bluetooth, app_version FROM health WHERE device_id = %s"
    [(first, *said)] = alarm_database.rows(query, button.id)
    bad = dict.fromkeys(("phone_battery", "button_battery", "bluetooth", "location_permission"), battery)
    heartbeat = {
        "device_id": str(button.id),
        **bad,
        "app_version": "\u200b\x00",
        "at": "0001-01-01T00:00:00+14:00",
    }
    assert api.post("/v1/heartbeats", button.sign(heartbeat)).status_code == 202
    [(again, *still)] = alarm_database.rows(query, button.id)
    assert again > first
    # What is not known stays as it was; yes for Bluetooth was yes before.
    assert still == said == list(before.values())


def test_another_device_neither_moves_nor_cancels_an_alarm(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, button: Button
) -> None:
    other = Button()
    alarm_database.know(other)
    alarm_id = api.press(button.press()).json()["alarm_id"]
    take_all(broker, DISPATCH_FIXES)
    for who, comes in ((other, 0), (button, 2)):
        sent = {"device_id": str(who.id), "sequence": 1, "fixes": [GHENT]}
        answers = {api.post(f"/v1/alarms/{alarm_id}/fixes", who.sign(sent)).content}
        answers.add(
            api.post(
                f"/v1/alarms/{alarm_id}/cancel", who.sign({"device_id": str(who.id), "code": "1234"})
            ).content
        )
        assert answers == {b'{"status":"accepted"}'}
        received = [body for body in _until(broker, comes) if str(who.id) in body]
        assert len(received) == comes


def _until(broker: Broker, number: int) -> list[str]:
    """As many messages as should come, and those that should not."""
    found: list[str] = []

    def come() -> bool:
        found.extend(take_all(broker, DISPATCH_FIXES))
        return len(found) >= number

    eventually(come)
    return found


@pytest.mark.parametrize("status", ["suspended", "lost", "returned", "stock"])
def test_of_a_device_that_is_not_in_use_only_a_press_counts(
    api: AlarmApi, alarm_database: AlarmDatabase, status: str
) -> None:
    button = Button()
    alarm_database.know(button, status=status)
    alarm_id = api.press(button.press()).json()["alarm_id"]
    own = {"device_id": str(button.id)}
    asked = {**own, "alarm_id": alarm_id, "at": datetime.now(UTC).isoformat()}
    answers = [
        api.post(f"/v1/alarms/{alarm_id}/fixes", button.sign({**own, "sequence": 0, "fixes": [GHENT]})),
        api.post(f"/v1/alarms/{alarm_id}/cancel", button.sign({**own, "code": "1234"})),
        api.post("/v1/heartbeats", button.sign({**own, "phone_battery": 50})),
        api.http.get(
            f"/v1/alarms/{alarm_id}", headers={"authorization": f"Device {button.sign(asked).decode()}"}
        ),
    ]
    assert [(answer.status_code, answer.json().get("field")) for answer in answers] == [(403, "device_id")] * 4
    assert api.press(button.press()).status_code == 202


def test_the_process_of_heartbeats_answers_as_the_whole_application_does(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button, tmp_path: Path
) -> None:
    forged = Button()
    forged.id = button.id
    good = {"device_id": str(button.id), "phone_battery": 50}
    bodies = [
        button.sign(good),
        forged.sign(good),
        button.sign({**good, "phone_battery": 500}),
        b"",
        b"x" * 10**6,
    ]
    alone = HeartbeatsApi(tmp_path, api.env["DATABASE_URL"], api.env["BROKER_URL"])
    alone.env = {**api.env}
    with alone:
        for body in bodies:
            there, here = (each.post("/v1/heartbeats", body) for each in (api, alone))
            assert (there.status_code, there.content) == (here.status_code, here.content)
        assert alone.press(button.press()).status_code == 404  # presses are none of its business
        assert alone.http.get("/v1/heartbeats").status_code == 405
    assert alarm_database.rows("SELECT phone_battery FROM health WHERE device_id = %s", button.id) == [(50,)]


def test_a_confirmed_press_that_nobody_routes_is_handed_over_as_well(
    api: AlarmApi, alarm_database: AlarmDatabase, intake: Intake, button: Button
) -> None:
    routed, unrouted = (api.press(button.press()).json() for _ in range(2))
    assert {"database", "broker"} == {*routed["stored_in"]} == {*unrouted["stored_in"]}
    # What alarm-worker writes when dispatch reports it.
    alarm_database.do("INSERT INTO alarm_incidents VALUES (%s, %s)", routed["alarm_id"], routed["alarm_id"])
    eventually(lambda: unrouted["alarm_id"] in [e["id"] for e in intake.events])
    time.sleep(0.5)
    assert routed["alarm_id"] not in [e["id"] for e in intake.events]


def test_while_the_database_is_away_every_press_takes_both_ways(
    api: AlarmApi, alarm_database: AlarmDatabase, intake: Intake, button: Button
) -> None:
    api.press(button.press())  # known from now on, whatever becomes of the database
    alarm_database.allow_connections(False)
    try:
        receipt = api.press(button.press()).json()
        assert receipt["stored_in"] == ["broker"]
        eventually(lambda: receipt["alarm_id"] in [e["id"] for e in intake.events])
    finally:
        alarm_database.allow_connections(True)


def test_database_away_the_broker_holds_it_and_the_recorder_stores_it(
    api: AlarmApi,
    alarm_database: AlarmDatabase,
    broker: Broker,
    button: Button,
    database_away: Callable[[], None],
    tmp_path: Path,
) -> None:
    answer = api.press(button.press())
    assert answer.status_code == 202
    assert answer.json()["stored_in"] == ["broker"]
    alarm_id = UUID(answer.json()["alarm_id"])
    # The process that held it in memory dies; only the broker knows the press now.
    copy = AlarmApi(tmp_path, alarm_database.url, broker.url)
    copy.env = {**api.env}
    api.process.kill()
    api.process.wait()
    database_away()
    with AlarmWorker(copy, tmp_path) as worker:
        try:
            eventually(lambda: alarm_id in alarm_database.presses(), 20)
            reported = "SELECT reported_at IS NOT NULL FROM presses WHERE alarm_id = %s"
            assert alarm_database.rows(reported, alarm_id) == [(True,)]
        except AssertionError:
            raise AssertionError(worker.log.read_text()) from None
    api.http.close()
    api.__enter__()


def test_database_away_the_api_itself_stores_it_when_it_is_back(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button, database_away: Callable[[], None]
) -> None:
    receipt = api.press(button.press()).json()
    assert "database" not in receipt["stored_in"]
    database_away()
    eventually(lambda: UUID(receipt["alarm_id"]) in alarm_database.presses(), 15)


def test_broker_away_the_database_holds_it_and_dispatch_gets_it(
    api: AlarmApi, alarm_database: AlarmDatabase, intake: Intake, button: Button, broker_away: None
) -> None:
    api.press(button.press())  # the API's cache of devices may be a second old
    answer = api.press(button.press())
    assert answer.status_code == 202
    assert "database" in answer.json()["stored_in"]
    assert "broker" not in answer.json()["stored_in"]
    assert api.http.get("/health/ready").status_code == 200  # one log is enough to serve
    alarm_id = answer.json()["alarm_id"]
    handed = eventually(lambda: [e for e in intake.events if e["id"] == alarm_id])
    assert handed[0]["type"] == "alarm.raised.v1"
    assert handed[0]["data"]["fix"]["lat"] == GHENT["lat"]
    assert UUID(alarm_id) in alarm_database.presses()
    # Where she is waits encrypted.
    ((body,),) = alarm_database.rows("SELECT body FROM outbox WHERE id = %s", alarm_id)
    assert str(GHENT["lat"]).encode() not in bytes(body)


def test_the_outbox_brings_it_to_the_broker_afterwards(api: AlarmApi, alarm_database: AlarmDatabase) -> None:
    eventually(lambda: not alarm_database.rows("SELECT id FROM outbox"), 30)


def test_both_away_is_the_only_refusal(
    alarm_database: AlarmDatabase,
    broker: Broker,
    button: Button,
    database_away: Callable[[], None],
    broker_away: None,
    tmp_path: Path,
) -> None:
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    # It starts with everything away, too.
    with AlarmApi(tmp_path, url, broker.url_of("alarm")) as lonely:
        answer = lonely.press(button.press())
        assert answer.status_code == 503
        assert lonely.http.get("/health/ready").status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:stalkingalarm:not-held"
