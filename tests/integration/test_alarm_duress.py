"""Whoever holds the phone sees no difference between the code that cancels and the one that calls for help."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.alarm import alarm_id_of
from tests.support.alarm import AlarmApi, AlarmDatabase, Button
from tests.support.broker import Broker
from tests.support.postgres import Cluster
from tests.support.waiting import eventually


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


class Life:
    """One victim whose phone somebody else holds: what it shows of her alarms, by every way."""

    def __init__(self, api: AlarmApi, alarm_database: AlarmDatabase) -> None:
        self.api, self.alarm_database, self.button = api, alarm_database, Button()
        alarm_database.know(self.button)
        self.alarm_id, self.incident_id = self.press(), uuid4()
        self.streamed: list[str] = []

    def press(self) -> UUID:
        return UUID(self.api.press(self.button.press()).json()["alarm_id"])

    def headers(self, alarm_id: UUID) -> dict[str, str]:
        claim = {
            "device_id": str(self.button.id),
            "alarm_id": str(alarm_id),
            "at": datetime.now(UTC).isoformat(),
        }
        return {"authorization": f"Device {self.button.sign(claim).decode()}"}

    def comes_to(self, *stages: str, alarm_id: UUID | None = None, incident_id: UUID | None = None) -> None:
        """What dispatch tells of an incident."""
        incident = incident_id or self.incident_id
        put = "INSERT INTO alarm_incidents VALUES (%s, %s) ON CONFLICT DO NOTHING"
        self.alarm_database.do(put, alarm_id or self.alarm_id, incident)
        for stage in stages:
            self.alarm_database.do("INSERT INTO stages VALUES (%s, %s, now())", incident, stage)

    def shown(self, alarm_id: UUID | None = None, **query: Any) -> tuple[bytes, list[str]]:
        alarm_id = alarm_id or self.alarm_id
        answer = self.api.http.get(f"/v1/alarms/{alarm_id}", headers=self.headers(alarm_id), params=query)
        assert answer.status_code == 200
        return answer.content, [each["stage"] for each in answer.json()["stages"]]

    def has_come_to(self, *stages: str) -> bool:
        return self.shown()[1] == [*stages]

    def follow(self) -> None:
        """Keep what the stream says, in a thread."""

        def listen() -> None:
            path = f"{self.api.url}/v1/alarms/{self.alarm_id}/stream"
            try:
                with httpx.stream("GET", path, headers=self.headers(self.alarm_id), timeout=6) as stream:
                    for line in stream.iter_lines():
                        self.streamed += [line] if line.startswith("data") else []
                    self.streamed.append("ended")
            except httpx.ReadTimeout:
                self.streamed.append("silent")

        self.thread = threading.Thread(target=listen)
        self.thread.start()

    def cancel(self, code: str) -> bytes:
        signed = self.button.sign({"device_id": str(self.button.id), "code": code})
        return self.api.post(f"/v1/alarms/{self.alarm_id}/cancel", signed).content


def test_both_lives_look_the_same_for_ever(api: AlarmApi, alarm_database: AlarmDatabase) -> None:
    closed, duress = Life(api, alarm_database), Life(api, alarm_database)
    for life in (closed, duress):
        life.comes_to("routed")
        eventually(partial(life.has_come_to, "stored", "routed"))
    before = {life: life.shown()[0] for life in (closed, duress)}
    answers = {closed.cancel("1234"), duress.cancel("9876")}
    assert answers == {b'{"status":"accepted"}'}
    for life in (closed, duress):
        life.follow()
    # The room closes the one; to the other a patrol goes. Both phones wait for news meanwhile.
    waited: dict[Life, tuple[float, bytes]] = {}

    def wait(life: Life) -> None:
        begun = time.monotonic()
        content, _ = life.shown(wait=3, after="routed")
        waited[life] = (time.monotonic() - begun, content)

    threads = [threading.Thread(target=wait, args=[life]) for life in (closed, duress)]
    for thread in threads:
        thread.start()
    closed.comes_to("seen", "closed")
    duress.comes_to("seen", "unit_moving", "on_scene")
    for thread in threads:
        thread.join()
    for life in (closed, duress):
        took_s, content = waited[life]
        assert took_s > 2.9, "news came before the time was over"
        assert content == before[life] == life.shown()[0]
    for life in (closed, duress):
        life.thread.join()
        assert len(life.streamed) == 3
        assert life.streamed[-1] == "silent"
    # He presses to see what is left of it: the one joins what goes on, the other is a new alarm.
    again = {life: life.press() for life in (closed, duress)}
    closed.comes_to("routed", "seen", alarm_id=again[closed], incident_id=uuid4())
    duress.comes_to(alarm_id=again[duress])
    assert [life.shown(again[life])[1] for life in (closed, duress)] == [["stored"], ["stored"]]
    # And a second request changes nothing of it.
    assert closed.cancel("1") == duress.cancel("2")
    assert [life.shown()[0] for life in (closed, duress)] == [before[closed], before[duress]]
    # The next day it is an alarm like any other.
    alarm_database.do("UPDATE frozen_ladders SET asked_at = asked_at - interval '1 day'")
    another = closed.press()
    closed.comes_to("routed", alarm_id=another, incident_id=uuid4())
    assert closed.shown(another)[1] == ["stored", "routed"]
    assert closed.shown()[0] == before[closed]


def test_another_presss_ladder_of_the_same_alarm_is_frozen_too(
    api: AlarmApi, alarm_database: AlarmDatabase
) -> None:
    life = Life(api, alarm_database)
    second = life.press()
    life.comes_to("routed")
    life.comes_to(alarm_id=second)
    assert life.shown(second)[1] == ["stored", "routed"]
    life.cancel("9876")
    life.comes_to("unit_moving")
    assert [life.shown()[1], life.shown(second)[1]] == [["stored", "routed"]] * 2


def test_another_device_freezes_no_alarm_ahead(api: AlarmApi, alarm_database: AlarmDatabase) -> None:
    hers, other = Life(api, alarm_database), Life(api, alarm_database)
    ahead = alarm_id_of(hers.button.id, hers.button.counter + 1)
    forged = other.button.sign(
        {"device_id": str(other.button.id), "alarm_id": str(ahead), "code": "1"}, "cancel"
    )
    assert api.post(f"/v1/alarms/{ahead}/cancel", forged).status_code == 202
    hers.alarm_id, hers.incident_id = hers.press(), uuid4()
    assert hers.alarm_id == ahead
    hers.comes_to("routed")
    assert hers.shown()[1] == ["stored", "routed"]
    # Nor does it keep her own request from freezing it.
    hers.cancel("9876")
    hers.comes_to("unit_moving")
    assert hers.shown()[1] == ["stored", "routed"]
