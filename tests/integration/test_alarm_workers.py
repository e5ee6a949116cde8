"""The alarm workers on real servers: read models, ledger, receipt ladder, health, canaries, lanes."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts import dispatch, registry
from contracts.alarm import PressesRecorded
from contracts.common import Outcome
from contracts.envelope import Event, Payload, wrap
from contracts.topology import DISPATCH_ALARMS, REPORTING_FOLLOW_UP, REPORTING_LEDGER
from services.alarm.invariants import INVARIANTS
from tests.support.alarm import AlarmApi, AlarmDatabase, AlarmWorker, Button
from tests.support.broker import Broker
from tests.support.dispatching import alarm
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer
from tests.support.waiting import eventually
from tools.bench.wire import Wire

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def alarm_database(cluster: Cluster) -> AlarmDatabase:
    return AlarmDatabase(cluster.database("alarm"))


@pytest.fixture(scope="module")
def api(
    alarm_database: AlarmDatabase, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AlarmApi]:
    folder = tmp_path_factory.mktemp("alarm")
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    with Issuer() as issuer:
        issuer.lasts_s = 4
        settings = {
            "OIDC_ISSUER": issuer.url,
            "OIDC_JWKS_URL": issuer.jwks_url,
            # Canaries outlive the service's own token, as it is renewed.
            "SERVICE_TOKEN": "",
            "OIDC_TOKEN_URL": issuer.token_url,
            "SERVICE_CLIENT_SECRET": issuer.client_secret,
            "CANARY_EVERY_S": "1",
            "WATCH_EVERY_S": "2",
            "FALLBACK_AFTER_S": "10",
            "GRACE_S": "1",
        }
        started = AlarmApi(folder, url, broker.url_of("alarm"), **settings)
        with started, AlarmWorker(started, folder, "Recorder,ReadModels,Health"):
            yield started


def publish(broker: Broker, *payloads: Payload) -> None:
    channel = broker.channel()
    channel.confirm_delivery()
    for payload in payloads:
        body = wrap(payload, source="/services/test").encode()
        channel.basic_publish(payload.EXCHANGE, payload.routing_key, body)
    channel.connection.close()


def device(button: Button, version: int = 1, status: registry.DeviceStatus = "active") -> Payload:
    return registry.DeviceChanged(
        enrolment_id=uuid4(),
        device_id=button.id,
        public_key=button.public_key,
        status=status,
        version=version,
        changed_at=NOW - timedelta(days=1),
    )


def events_in(broker: Broker, queue: str, kind: str) -> list[dict[str, Any]]:
    """The data of all events of one type in a queue; whatever is there is taken out."""
    found: list[dict[str, Any]] = []
    channel = broker.channel()
    while True:
        method, _, body = channel.basic_get(queue, auto_ack=True)
        if method is None:
            channel.connection.close()
            return found
        event = Event.decode(body)
        if event.type == kind:
            found.append(event.data)


def test_a_device_of_the_registry_is_known_within_seconds(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker
) -> None:
    button = Button()
    # Out of order: the older version must not win.
    publish(broker, device(button, 2, "suspended"), device(button, 1))
    found = "SELECT status, version FROM devices WHERE device_id = %s"
    assert eventually(lambda: alarm_database.rows(found, button.id)) == [("suspended", 2)]
    publish(broker, device(button, 3, "active"))
    eventually(lambda: alarm_database.rows(found, button.id) == [("active", 3)])
    time.sleep(1.2)
    alarm_id = api.press(button.press()).json()["alarm_id"]
    assert alarm_database.rows("SELECT lane, flags FROM presses WHERE alarm_id = %s", alarm_id) == [
        ("verified", [])
    ]


def test_the_ledger_is_told_of_every_press_once(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker
) -> None:
    button = Button()
    alarm_database.know(button)
    bodies = [button.press() for _ in range(20)]
    ids = {api.press(body).json()["alarm_id"] for body in [*bodies, *bodies]}
    entries: list[str] = []

    def all_told() -> bool:
        for data in events_in(broker, REPORTING_LEDGER, "presses.recorded.v1"):
            recorded = PressesRecorded.model_validate(data)
            entries.extend(str(press.alarm_id) for press in recorded.presses)
        return ids <= set(entries)

    eventually(all_told)
    time.sleep(1)
    all_told()
    assert sorted(each for each in entries if each in ids) == sorted(ids)


def test_a_device_follows_its_own_alarm(api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker) -> None:
    button, other = Button(), Button()
    alarm_database.know(button, other)
    alarm_id = UUID(api.press(button.press()).json()["alarm_id"])
    incident_id, at = uuid4(), datetime.now(UTC)

    def authorised(by: Button) -> dict[str, str]:
        claim = {"device_id": str(by.id), "alarm_id": str(alarm_id), "at": datetime.now(UTC).isoformat()}
        return {"authorization": f"Device {by.sign(claim).decode()}"}

    path = f"/v1/alarms/{alarm_id}"
    assert api.http.get(path).status_code == 401
    assert api.http.get(path, headers=authorised(other)).status_code == 404
    moved = dispatch.OrderMoved(
        incident_id=incident_id,
        at=at + timedelta(seconds=9),
        order_id=uuid4(),
        unit_id="u1",
        control_room_id="oost-vlaanderen",
        state="en_route",
    )
    # The move comes before the routing that says which incident it is.
    publish(broker, moved)
    publish(
        broker,
        dispatch.PressRouted(
            alarm_id=alarm_id,
            incident_id=incident_id,
            opened=True,
            device_id=str(button.id),
            lane="verified",
            control_room_id="oost-vlaanderen",
            basis="fix",
            urgency=1,
            received_at=at,
            routed_at=at,
            deadline_at=at,
        ),
        dispatch.IncidentAcknowledged(incident_id=incident_id, at=at, control_room_id="oost-vlaanderen"),
    )

    def ladder(**query: str) -> list[str]:
        answer = api.http.get(path, headers=authorised(button), params=query)
        assert answer.status_code == 200
        return [stage["stage"] for stage in answer.json()["stages"]]

    eventually(lambda: ladder() == ["stored", "routed", "seen", "unit_moving"])
    publish(
        broker,
        dispatch.IncidentClosed(
            incident_id=incident_id,
            at=at,
            control_room_id="oost-vlaanderen",
            outcome=Outcome.GENUINE,
            closed_by="unit",
        ),
    )
    assert ladder(wait="10", after="unit_moving")[-1] == "closed"
    with api.http.stream("GET", f"{path}/stream", headers=authorised(button)) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        text = "".join(stream.iter_text())
    assert text.count("event: stage") == 5


def test_what_is_wrong_with_a_device_is_told_once(
    api: AlarmApi, broker: Broker, alarm_database: AlarmDatabase
) -> None:
    button = Button()
    publish(broker, device(button))
    eventually(lambda: alarm_database.rows("SELECT 1 FROM health WHERE device_id = %s", button.id))
    values: dict[str, int] = {}

    def count() -> dict[str, int]:
        for data in events_in(broker, REPORTING_FOLLOW_UP, "device.attention.v1"):
            if data["device_id"] == str(button.id):
                key = f"{data['kind']} {data['level']}"
                values[key] = values.get(key, 0) + 1
        return values

    # The device has been silent for a day.
    eventually(lambda: count().get("silent task"), 20)
    assert api.post("/v1/heartbeats", button.sign({"device_id": str(button.id), "phone_battery": 4})).is_success
    eventually(lambda: count().get("phone_battery task"), 20)
    eventually(
        lambda: (
            not alarm_database.rows(
                "SELECT 1 FROM attentions WHERE device_id = %s AND kind = 'silent'", button.id
            )
        )
    )
    assert set(values.values()) == {1}


def test_of_each_device_the_follow_up_hears_once_an_hour_and_at_a_change(
    api: AlarmApi, broker: Broker, alarm_database: AlarmDatabase
) -> None:
    button = Button()
    publish(broker, device(button))
    eventually(lambda: alarm_database.rows("SELECT 1 FROM devices WHERE device_id = %s", button.id))
    entries: list[dict[str, Any]] = []

    def heartbeats(count: int) -> bool:
        for data in events_in(broker, REPORTING_FOLLOW_UP, "devices.reported.v1"):
            entries.extend(each for each in data["devices"] if each["device_id"] == str(button.id))
        return len(entries) >= count

    def heartbeat(**said: Any) -> None:
        answer = api.post("/v1/heartbeats", button.sign({"device_id": str(button.id), **said}))
        assert answer.status_code == 202

    heartbeat(phone_battery=84, button_battery=60, bluetooth=True)
    heartbeat(phone_battery=83, button_battery=60, bluetooth=True)  # nothing that anybody would act on
    heartbeat(phone_battery=82)
    heartbeat(phone_battery=79)  # a step of five
    heartbeat(bluetooth=False)
    eventually(lambda: heartbeats(3))
    assert [(each["phone_battery"], each["bluetooth"]) for each in entries] == [
        (84, True),
        (79, None),
        (None, False),
    ]
    alarm_database.do(
        "UPDATE health SET notified_at = notified_at - interval '1 hour' WHERE device_id = %s", button.id
    )
    heartbeat(bluetooth=False)
    eventually(lambda: heartbeats(4))
    kept = alarm_database.rows(
        "SELECT phone_battery, button_battery FROM health WHERE device_id = %s", button.id
    )
    assert kept == [(79, 60)]


def test_canaries_take_the_lane_of_presses(api: AlarmApi, broker: Broker) -> None:
    room = dispatch.ControlRoomRegistered(
        control_room_id="oost-vlaanderen", name="CIC Oost-Vlaanderen", canary_lat=51.05, canary_lon=3.72
    )
    publish(broker, room)
    seen: list[dict[str, Any]] = []

    def several() -> bool:
        seen.extend(events_in(broker, DISPATCH_ALARMS, "canary.raised.v1"))
        return len(seen) >= 8

    eventually(several, 30)
    assert {each["control_room_id"] for each in seen} == {"oost-vlaanderen"}
    assert api.http.post("/v1/canaries", json={}).status_code in (401, 422)


def send_at_once(url: str, bodies: list[bytes]) -> list[int]:
    """Send all of these to the intake of presses at once; returns the codes of the answers."""

    async def story() -> list[int]:
        wire = Wire(url)
        answers = await asyncio.gather(*(wire.post("/v1/presses", body, "") for body in bodies))
        wire.close()
        return [code for code, _ in answers]

    return asyncio.run(story())


def test_a_flood_nobody_signed_does_not_delay_a_press(api: AlarmApi, alarm_database: AlarmDatabase) -> None:
    button = Button()
    alarm_database.know(button)
    time.sleep(1.2)
    strangers = [Button() for _ in range(20)]
    devices = [str(stranger.id) for stranger in strangers]
    flood = [strangers[n % 20].press() for n in range(800)]
    theirs = "SELECT count(*) FROM presses WHERE lane = 'unverified' AND device_id = ANY(%s)"

    def stored() -> int:
        return int(alarm_database.rows(theirs, devices)[0][0])

    # In a process of its own: what is measured is the service, not how the flood's sender shares a processor.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
        flooding = elsewhere.submit(send_at_once, api.url, flood)
        before = eventually(stored, 60)
        assert api.post("/v1/presses", button.press()).status_code == 202
        after = stored()
        assert set(flooding.result()) == {202}
    # Whoever waits in their lane waits for all of them: counted and not timed, for a machine may be busy.
    assert after - before < 400
    # Presses that other tests left on the broker are recorded too: these strangers' count.
    eventually(lambda: stored() == 800, 60)


def test_the_invariants_hold(api: AlarmApi, alarm_database: AlarmDatabase) -> None:
    for name, statement in INVARIANTS.items():
        assert alarm_database.rows(statement) == [], name


def test_a_press_that_no_column_takes_is_recorded_in_part(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker
) -> None:
    """Beside a good one in the same batch; neither is parked, and the ledger is told of both."""
    events_in(broker, REPORTING_LEDGER, PressesRecorded.TYPE)
    poison, good = alarm(), alarm()
    channel = broker.channel()
    channel.confirm_delivery()
    for press, counter in ((poison, 2**63), (good, 1)):
        event = wrap(press, source="/test", event_id=press.alarm_id)
        odd = event.model_copy(update={"data": {**event.data, "counter": counter}})
        channel.basic_publish(press.EXCHANGE, press.routing_key, odd.encode())
    found = "SELECT counter, flags FROM presses WHERE alarm_id = %s"
    assert eventually(lambda: alarm_database.rows(found, poison.alarm_id)) == [(None, ["counter_invalid"])]
    assert eventually(lambda: alarm_database.rows(found, good.alarm_id)) == [(1, [])]
    told: set[str] = set()

    def both() -> bool:
        for event in events_in(broker, REPORTING_LEDGER, PressesRecorded.TYPE):
            told.update(press["alarm_id"] for press in event["presses"])
        return {str(poison.alarm_id), str(good.alarm_id)} <= told

    assert eventually(both)
    assert channel.basic_get("alarm.parking")[0] is None
    channel.connection.close()
