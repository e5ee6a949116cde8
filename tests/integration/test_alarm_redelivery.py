"""A press that dispatch has not routed is handed over until it is there, whatever was lost on the way."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from contracts.topology import DISPATCH_ALARMS
from tests.support.alarm import AlarmApi, AlarmDatabase, Button, Intake, free_port
from tests.support.broker import Broker
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer
from tests.support.waiting import eventually
from tools.cli import redelivery
from tools.cli.main import app

# So that each give-up is crossed within the test.
QUICK = {
    "UNROUTED_AFTER_S": "0.5",
    "UNROUTED_GIVE_UP_S": "0.5",
    "REDELIVER_AFTER_S": "1",
    "REDELIVER_LONGEST_S": "2",
    "REDELIVER_EVERY_S": "0.2",
    "DEADLINE_S": "2",
}
# Nobody but the caller hands a press over.
ONLY_BY_HAND = {"UNROUTED_AFTER_S": "600", "REDELIVER_AFTER_S": "600", "REDELIVER_LONGEST_S": "600"}


@pytest.fixture
def alarm_database(cluster: Cluster) -> AlarmDatabase:
    return AlarmDatabase(cluster.database("alarm"))


@pytest.fixture
def button(alarm_database: AlarmDatabase) -> Button:
    made = Button()
    alarm_database.know(made)
    return made


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as started:
        yield started


@pytest.fixture
def api(alarm_database: AlarmDatabase, broker: Broker, issuer: Issuer, tmp_path: Path) -> AlarmApi:
    """Not started; its dispatch is not there either."""
    url = alarm_database.url.replace("postgresql:", "postgresql+psycopg:")
    settings = {**QUICK, "DISPATCH_URL": f"http://127.0.0.1:{free_port()}"}
    settings |= {"OIDC_ISSUER": issuer.url, "OIDC_JWKS_URL": issuer.jwks_url}
    return AlarmApi(tmp_path, url, broker.url_of("alarm"), **settings)


@contextmanager
def dispatch_of(api: AlarmApi, incidents: dict[str, str] | None = None) -> Iterator[list[dict[str, Any]]]:
    """Dispatch is back; what it was given. `incidents`: what it routed before."""
    with Intake(int(api.env["DISPATCH_URL"].rpartition(":")[2]), incidents) as listener:
        yield listener.events


def lost(broker: Broker, alarm_id: str) -> dict[str, Any]:
    """Take the press out of dispatch's queue, as a purge does; its event."""
    channel = broker.channel()
    found: list[dict[str, Any]] = []

    def gone() -> bool:
        while (got := channel.basic_get(DISPATCH_ALARMS, auto_ack=True))[0]:
            found.append(json.loads(got[2]))
        return any(each["id"] == alarm_id for each in found)

    eventually(gone)
    channel.connection.close()
    return next(each for each in found if each["id"] == alarm_id)


def test_a_press_that_the_broker_lost_comes_whole_when_dispatch_is_back(
    api: AlarmApi, broker: Broker, button: Button
) -> None:
    with api:
        receipt = api.press(button.press()).json()
        assert set(receipt["stored_in"]) == {"database", "broker"}
        sent = lost(broker, receipt["alarm_id"])
        # Longer than whoever watched in memory has patience.
        time.sleep(2)
        with dispatch_of(api) as events:
            again = eventually(lambda: next((e for e in events if e["id"] == receipt["alarm_id"]), None))
    assert sent["data"].pop("hops")["received"] == again["data"].pop("hops")["received"]
    assert again == sent


def test_it_comes_after_a_restart_as_well(api: AlarmApi, broker: Broker, button: Button) -> None:
    with api:
        alarm_id = api.press(button.press()).json()["alarm_id"]
        lost(broker, alarm_id)
        api.process.kill()
    with api, dispatch_of(api) as events:
        eventually(lambda: alarm_id in [e["id"] for e in events], 20)


def test_it_comes_again_until_it_is_routed_and_no_longer(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, button: Button
) -> None:
    with api, dispatch_of(api) as events:
        alarm_id = api.press(button.press()).json()["alarm_id"]
        # Dispatch says that it took it, and loses it.
        eventually(lambda: [e["id"] for e in events].count(alarm_id) >= 4, 20)
        alarm_database.do("INSERT INTO alarm_incidents VALUES (%s, %s)", alarm_id, alarm_id)
        settled = "SELECT routed_at IS NOT NULL FROM presses WHERE alarm_id = %s"
        eventually(lambda: alarm_database.rows(settled, alarm_id) == [(True,)])
        before = len(events)
        time.sleep(2.5)
        assert len(events) == before
    assert lost(broker, alarm_id)


def test_an_incident_of_another_press_with_its_id_does_not_end_it(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, button: Button
) -> None:
    """Somebody raised a press under this id ahead of it: that one is routed, and hers is not."""
    with api, dispatch_of(api) as events:
        alarm_id = api.press(button.press()).json()["alarm_id"]
        put = "INSERT INTO alarm_incidents (alarm_id, incident_id, digest) VALUES (%s, %s, %s)"
        alarm_database.do(put, alarm_id, alarm_id, "f" * 64)
        eventually(lambda: [e["id"] for e in events].count(alarm_id) >= 3, 20)
        assert alarm_database.rows("SELECT routed_at FROM presses WHERE alarm_id = %s", alarm_id) == [(None,)]
        ((digest,),) = alarm_database.rows("SELECT digest FROM presses WHERE alarm_id = %s", alarm_id)
        alarm_database.do(put, alarm_id, button.id, digest)
        settled = "SELECT routed_at IS NOT NULL FROM presses WHERE alarm_id = %s"
        eventually(lambda: alarm_database.rows(settled, alarm_id) == [(True,)])
    assert lost(broker, alarm_id)


def test_one_whose_evidence_cannot_be_opened_keeps_no_other_back(
    api: AlarmApi, alarm_database: AlarmDatabase, button: Button
) -> None:
    with api:
        bad, good = (api.press(button.press()).json()["alarm_id"] for _ in range(2))
        eventually(lambda: len(alarm_database.presses()) == 2)
        alarm_database.do("UPDATE presses SET evidence = 'rubbish' WHERE alarm_id = %s", bad)
        time.sleep(1)
        with dispatch_of(api) as events:
            eventually(lambda: {bad, good} <= {e["id"] for e in events})
        last = {e["id"]: e["data"] for e in events}
    assert "press_incomplete" in last[bad]["flags"]
    assert (last[bad]["fix"], last[good]["flags"]) == (None, [])
    assert last[good]["fix"]["lat"] == pytest.approx(51.05, abs=0.01)


def test_rows_of_which_a_value_is_rubbish_come_and_keep_no_other_back(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, button: Button
) -> None:
    rubbish = (
        *("handed_over = 2147483647", "handed_over = -2147483648"),
        *("flags = '5'", "flags = 'null'", "lane = 'x'"),
    )
    with api:
        good, *bad = (api.press(button.press()).json()["alarm_id"] for _ in range(1 + len(rubbish)))
        for alarm_id, damage in zip(bad, rubbish, strict=True):
            alarm_database.do(f"UPDATE presses SET {damage} WHERE alarm_id = %s", alarm_id)
        lost(broker, bad[-1])
        with dispatch_of(api) as events:
            eventually(lambda: {good, *bad} <= {each["id"] for each in events})


def test_without_dispatch_the_broker_gets_it_again(api: AlarmApi, broker: Broker, button: Button) -> None:
    with api:
        alarm_id = api.press(button.press()).json()["alarm_id"]
        first = lost(broker, alarm_id)
        assert lost(broker, alarm_id)["data"]["proof"] == first["data"]["proof"]


def test_somebody_on_duty_hands_it_over_by_hand(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, issuer: Issuer, button: Button
) -> None:
    api.env |= ONLY_BY_HAND

    def by_hand(alarm_id: str, role: str = "admin") -> httpx.Response:
        return api.http.post(f"/v1/alarms/{alarm_id}/redeliver", headers=issuer.headers(role))

    with api:
        alarm_id = api.press(button.press()).json()["alarm_id"]
        lost(broker, alarm_id)
        assert by_hand(alarm_id, "operator").status_code == 403
        assert by_hand("00000000-0000-0000-0000-000000000000").status_code == 404
        answer = by_hand(alarm_id).json()
        assert answer == {"alarm_id": alarm_id, "outcome": "published", "incident_id": None, "handed_over": 1}
        lost(broker, alarm_id)
        with dispatch_of(api) as events:
            assert by_hand(alarm_id).json()["outcome"] == "taken"
            assert [e["id"] for e in events] == [alarm_id]
            alarm_database.do("INSERT INTO alarm_incidents VALUES (%s, %s)", alarm_id, alarm_id)
            answer = by_hand(alarm_id).json()
            assert (answer["outcome"], answer["incident_id"]) == ("routed", alarm_id)
        # By whom, and about which alarm: each attempt, the refused ones too.
        logged = alarm_database.rows(
            "SELECT action, count(*) FROM audit_entry WHERE about LIKE %s GROUP BY 1", f"%{alarm_id}%"
        )
        assert dict(logged).get("refused", 0) >= 1
        assert sum(number for _, number in logged) >= 4


def test_the_command_hands_it_over_and_says_what_came_of_it(
    api: AlarmApi, broker: Broker, issuer: Issuer, button: Button, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.env |= ONLY_BY_HAND
    system = SimpleNamespace(layout=None, url=lambda _: api.url)
    monkeypatch.setattr(redelivery, "running", lambda: system)
    monkeypatch.setattr("tools.dev.issuer.mint", lambda *_, **__: issuer.token("admin"))

    def typed(alarm_id: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["redeliver", alarm_id])
        return done.exit_code, done.output

    with api:
        alarm_id = api.press(button.press()).json()["alarm_id"]
        lost(broker, alarm_id)
        code, said = typed(alarm_id)
        assert (code, "the broker has it" in said) == (0, True), said
        lost(broker, alarm_id)
        with dispatch_of(api) as events:
            code, said = typed(alarm_id)
            assert (code, "dispatch has it now" in said) == (0, True), said
            assert [e["id"] for e in events] == [alarm_id]
        code, said = typed("00000000-0000-0000-0000-000000000000")
        assert (code, "no such press" in said) == (1, True), said


def test_what_was_routed_before_is_heard_from_the_hand_over(
    api: AlarmApi, alarm_database: AlarmDatabase, broker: Broker, button: Button
) -> None:
    """The event that told of it was lost with the broker: dispatch's answer tells it."""
    with api:
        alarm_id = api.press(button.press()).json()["alarm_id"]
        lost(broker, alarm_id)
        with dispatch_of(api, {alarm_id: alarm_id}):
            found = "SELECT s.stage FROM alarm_incidents JOIN stages s USING (incident_id) WHERE alarm_id = %s"
            assert eventually(lambda: alarm_database.rows(found, alarm_id)) == [("routed",)]
