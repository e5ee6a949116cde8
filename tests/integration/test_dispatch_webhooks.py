"""Where the alarms of a control room go: two people say so, and it is a partner's address."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from services.dispatch.api import create_app
from services.dispatch.presenters.webhooks import present_room_webhooks
from services.dispatch.push.webhooks import Courier
from services.dispatch.settings import DispatchSettings
from tests.support.api_client import ApiClient
from tests.support.desks import environment
from tests.support.dispatching import BRUSSELS, BRUSSELS_ROOM, GHENT_ROOM, Dispatch, alarm, context_on
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer

SECRET = "whsec_" + "QUJD" * 8
ROOM = f"/v1/control-rooms/{GHENT_ROOM}"


class House:
    """A dispatch with people who set it up."""

    def __init__(self, client: TestClient, issuer: Issuer, database_url: str) -> None:
        self.client, self._issuer = client, issuer
        self._database = psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True)

    def put(self, sub: str = "ada", **webhook: Any) -> httpx.Response:
        headers = self._issuer.headers("admin", sub=sub)
        answer: httpx.Response = self.client.put(ROOM, json={"policy": "proposed", **webhook}, headers=headers)
        return answer

    def answer(
        self, proposal: object, act: str = "confirm", sub: str = "sara", cic: str = GHENT_ROOM, role: str = ""
    ) -> httpx.Response:
        headers = self._issuer.headers(*(role or "supervisor").split(), sub=sub, cic=cic)
        body = {"proposal_id": str(proposal)}
        answer: httpx.Response = self.client.post(f"{ROOM}/webhook/{act}", json=body, headers=headers)
        return answer

    def standing(self) -> dict[str, Any]:
        headers = self._issuer.headers("supervisor", cic=GHENT_ROOM)
        answer: dict[str, Any] = self.client.get(f"{ROOM}/webhook", headers=headers).json()
        return answer

    def overview(self, *roles: str, cic: str | None = None) -> dict[str, dict[str, Any]]:
        headers = self._issuer.headers(*roles, **({"cic": cic} if cic else {}))
        answer = self.client.get("/v1/webhooks", headers=headers)
        assert answer.status_code == 200
        return {each["control_room_id"]: each for each in answer.json()}

    def in_force(self, url: str) -> None:
        proposed = self.put(webhook_url=url, webhook_secret=SECRET).json()
        assert self.answer(proposed["proposal_id"]).status_code == 204

    def empty(self) -> None:
        self._database.execute(b"TRUNCATE control_rooms, webhook_proposals, audit_entry")

    def log(self) -> list[tuple[Any, ...]]:
        query = b"SELECT subject, purpose FROM audit_entry WHERE about = %s AND action = 'write' ORDER BY at"
        return self._database.execute(query, [f"control_room:{GHENT_ROOM}"]).fetchall()


@pytest.fixture(scope="module")
def one_house(cluster: Cluster, issuer: Issuer) -> Iterator[House]:
    url = cluster.database("dispatch")
    told = environment(issuer, url) | {"webhook_hosts": "CAD.example., other.example"}
    with ApiClient(create_app(DispatchSettings.model_validate(told))) as client:
        yield House(client, issuer, url)


@pytest.fixture
def house(one_house: House) -> House:
    one_house.empty()
    return one_house


def test_a_webhook_takes_an_admin_and_a_supervisor_of_the_room(house: House) -> None:
    house.in_force("https://cad.example/old")
    proposed = house.put(webhook_url="https://other.example/new", webhook_secret=SECRET)
    assert proposed.status_code == 202
    answer = proposed.json()
    assert (answer["webhook_url"], answer["proposed_by"]) == ("https://other.example/new", "ada")
    assert "secret" not in proposed.text
    # Until somebody else said so the old one counts.
    assert house.standing() == {"webhook_url": "https://cad.example/old", "proposed": answer}
    assert house.answer(answer["proposal_id"], cic=BRUSSELS_ROOM).status_code == 403
    assert house.answer(answer["proposal_id"], role="admin").status_code == 403
    own = house.answer(answer["proposal_id"], sub=" ADA", role="admin supervisor")
    assert (own.status_code, own.json()["field"]) == (403, "proposal_id")
    other = house.answer(uuid4())
    assert (other.status_code, other.json()["field"]) == (409, "proposal_id")
    assert house.standing()["webhook_url"] == "https://cad.example/old"
    assert house.answer(answer["proposal_id"]).status_code == 204
    assert house.standing() == {"webhook_url": "https://other.example/new", "proposed": None}
    assert house.answer(answer["proposal_id"]).status_code == 409
    entries = [("ada", "webhook proposed"), ("sara", "webhook confirmed")]
    assert [each for each in house.log() if each[1].startswith("webhook ")] == entries * 2


def test_what_was_proposed_is_what_is_confirmed(house: House) -> None:
    first = house.put(webhook_url="https://cad.example/1", webhook_secret=SECRET).json()["proposal_id"]
    second = house.put(webhook_url="https://cad.example/2", webhook_secret=SECRET).json()["proposal_id"]
    assert house.answer(first).status_code == 409
    assert house.answer(second, "decline").status_code == 204
    assert house.answer(second).status_code == 409
    assert house.standing() == {"webhook_url": None, "proposed": None}


def test_nobody_takes_a_webhook_away_alone(house: House) -> None:
    # Where there is none, none is no news.
    assert house.put(webhook_url=None).status_code == 204
    house.in_force("https://cad.example/")
    assert house.put().status_code == 204
    assert house.standing()["webhook_url"] == "https://cad.example/"
    away = house.put(webhook_url=None, webhook_secret=None)
    assert (away.status_code, away.json()["webhook_url"]) == (202, None)
    assert house.standing()["webhook_url"] == "https://cad.example/"
    assert house.answer(away.json()["proposal_id"]).status_code == 204
    assert house.standing()["webhook_url"] is None


@pytest.mark.parametrize(
    "secret", ["", " ", "not base64 at all!!", "whsec_AAAA", "QUJD" * 8, "whsec_" + "QUJD" * 22]
)
def test_a_secret_that_is_none_is_refused_by_name(house: House, secret: str) -> None:
    refused = house.put(webhook_url="https://cad.example/", webhook_secret=secret)
    assert (refused.status_code, refused.json()["field"]) == (422, "webhook_secret")
    assert len(secret.strip()) < 4 or secret not in refused.text
    assert house.standing() == {"webhook_url": None, "proposed": None}


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "https://elsewhere.example/",
            "https://169.254.169.254/latest",
            "https://[::1]/",
            "https://10.0.0.8/",
        ),
        *(
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "https://user:pass@cad.example/",
            "cad",
        ),
        *(
            "https://cad.example@evil.example/",
            "https://cad.example.evil.example/",
            "https://[64:ff9b::7f00:1]/",
        ),
        *("https://[::ffff:10.0.0.1]/", "javascript:alert(1)", "https://8.8.8.8/", "x" * 501),
    ],
)
def test_an_address_that_is_no_partners_is_refused_by_name(house: House, url: str) -> None:
    refused = house.put(webhook_url=url, webhook_secret=SECRET)
    assert (refused.status_code, refused.json()["field"]) == (422, "webhook_url")
    assert house.standing() == {"webhook_url": None, "proposed": None}


def test_a_webhook_needs_its_secret_and_a_secret_its_webhook(house: House) -> None:
    assert house.put(webhook_url="https://cad.example/").json()["field"] == "webhook_secret"
    assert house.put(webhook_secret=SECRET).json()["field"] == "webhook_url"


class Software(ThreadingHTTPServer):
    """A control room's own, on this machine."""

    def __init__(self) -> None:
        self.told, self.first = list[str](), threading.Event()
        software = self

        class Calls(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                software.told.append(body["data"]["incident_id"])
                software.first.set()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Calls)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_each_sees_the_webhooks_that_they_look_after(house: House) -> None:
    house.in_force("https://cad.example/old")
    house.put(webhook_url="https://other.example/new", webhook_secret=SECRET)
    everywhere, own = house.overview("admin"), house.overview("supervisor", cic=GHENT_ROOM)
    assert {GHENT_ROOM, BRUSSELS_ROOM} <= everywhere.keys()
    assert own == {GHENT_ROOM: everywhere[GHENT_ROOM]}
    assert (own[GHENT_ROOM]["state"], own[GHENT_ROOM]["proposed"]["proposed_by"]) == ("confirmed", "ada")
    assert everywhere[BRUSSELS_ROOM]["state"] == "none"
    assert SECRET not in json.dumps(everywhere)
    house.empty()
    house.put(webhook_url="https://other.example/new", webhook_secret=SECRET)
    assert house.overview("admin")[GHENT_ROOM]["state"] == "proposed"


def test_whether_a_webhook_works_is_seen(cluster: Cluster) -> None:
    url, software = cluster.database("dispatch"), Software()
    desk = Dispatch(context_on(url, webhook_hosts=["localhost"]))

    def seen() -> tuple[str, int, bool]:
        with desk.context.database.read() as session:
            (found,) = present_room_webhooks(session, [GHENT_ROOM])
        return found.state, found.undelivered, found.delivered_at is not None

    async def work() -> None:
        courier = Courier(desk.context)
        for row in courier._claim():
            await courier._try(row)
        await courier.stop()

    with socket.create_server(("127.0.0.1", 0)) as closed:
        deaf = closed.getsockname()[1]
    desk.policy(GHENT_ROOM, "proposed", webhook_url=f"http://localhost:{deaf}/", webhook_secret=SECRET)
    desk.press(alarm())
    asyncio.run(work())
    assert seen() == ("confirmed", 0, False)  # one attempt, which may be on its way
    desk.do("UPDATE due SET due_at = now() WHERE kind = 'webhook'")
    asyncio.run(work())
    assert seen() == ("failing", 1, False)
    desk.policy(
        GHENT_ROOM, "proposed", webhook_url=f"http://localhost:{software.server_port}/", webhook_secret=SECRET
    )
    desk.do("UPDATE due SET due_at = now() WHERE kind = 'webhook'")
    asyncio.run(work())
    assert seen() == ("confirmed", 0, True)
    software.shutdown()
    software.server_close()


def test_a_listed_name_that_leads_to_our_own_machine_gets_nothing(cluster: Cluster) -> None:
    url, software = cluster.database("dispatch"), Software()
    hook = f"http://localhost:{software.server_port}/alarms"
    desk = Dispatch(context_on(url, webhook_hosts=["localhost"]))
    desk.policy(GHENT_ROOM, "proposed", webhook_url=hook, webhook_secret=SECRET)
    there = desk.context.situation.rooms[GHENT_ROOM]

    def left(**settings: Any) -> int:
        """What is due still, after a courier worked."""
        context = context_on(url, webhook_hosts=["localhost"], vault_keys=keys, **settings)
        context.situation.rooms[GHENT_ROOM] = there

        async def work() -> None:
            courier = Courier(context)
            for row in courier._claim():
                await courier._send(row)
            await courier.stop()

        asyncio.run(work())
        return len(desk.sql("SELECT FROM due WHERE kind = 'webhook'"))

    keys = desk.context.settings.vault_keys
    press = alarm()
    desk.press(press)
    # A name on the list that whoever owns it lets lead home.
    assert (left(partner_networks=[]), software.told) == (1, [])
    desk.do("UPDATE due SET due_at = now() WHERE kind = 'webhook'")
    assert (left(partner_networks=["127.0.0.0/8", "::1/128"]), software.told) == (0, [str(press.alarm_id)])
    software.shutdown()
    software.server_close()


def test_a_room_whose_software_hangs_delays_no_other(cluster: Cluster) -> None:
    """Its alarms wait in front of the one of another room, and rows of which a value is rubbish."""
    url, software = cluster.database("dispatch"), Software()
    deaf = socket.create_server(("127.0.0.1", 0), backlog=100)
    desk = Dispatch(context_on(url, webhook_hosts=["localhost"]))
    for room, port in ((GHENT_ROOM, deaf.getsockname()[1]), (BRUSSELS_ROOM, software.server_port)):
        desk.policy(room, "proposed", webhook_url=f"http://localhost:{port}/", webhook_secret=SECRET)
    desk.press(*(alarm() for _ in range(150)))
    columns = "id, kind, subject_id, due_at, attempt"
    odd = f"INSERT INTO due ({columns}) VALUES (:id, 'webhook', 'odd', now(), :count)"
    for count in (0, 2**31 - 1, -(2**31)):
        desk.do(odd, id=uuid4(), count=count)
    good = alarm(fix=BRUSSELS)
    desk.press(good)
    first = "UPDATE due SET due_at = now() - interval '1 hour' WHERE subject_id NOT LIKE :good"
    desk.do(first, good=f"{good.alarm_id}%")

    async def work() -> float:
        courier, began = Courier(desk.context), time.monotonic()
        courier.start()
        await asyncio.to_thread(software.first.wait, 15)
        took = time.monotonic() - began
        await courier.stop()
        return took

    assert asyncio.run(work()) < 4
    assert str(good.alarm_id) in software.told
    deaf.close()
    software.shutdown()
    software.server_close()


def test_a_row_that_fails_for_what_it_holds_is_parked_and_told_of(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """One that nobody can read, one whose room's secret is broken, one with a full number; and a good one."""
    software = Software()
    desk = Dispatch(context_on(cluster.database("dispatch"), webhook_hosts=["localhost"]))
    hook = f"http://localhost:{software.server_port}/"
    for room in (GHENT_ROOM, BRUSSELS_ROOM):
        desk.policy(room, "proposed", webhook_url=hook, webhook_secret=SECRET)
    bad, full, good = alarm(), alarm(fix=BRUSSELS), alarm(fix=BRUSSELS)
    desk.press(bad, full, good)
    desk.do("UPDATE control_rooms SET webhook_secret = 'rubbish' WHERE id = :room", room=GHENT_ROOM)
    desk.do("UPDATE due SET attempt = 2147483647 WHERE subject_id LIKE :id", id=f"{full.alarm_id}%")
    odd = "INSERT INTO due (id, kind, subject_id, due_at, attempt) VALUES (:id, 'webhook', 'odd', now(), -9)"
    desk.do(odd, id=uuid4())

    async def work() -> None:
        courier = Courier(desk.context)
        for _ in range(10):
            desk.do("UPDATE due SET due_at = now() WHERE kind = 'webhook'")
            for row in await asyncio.to_thread(courier._claim):
                await courier._try(row)
        await courier.stop()

    with caplog.at_level("WARNING"):
        asyncio.run(work())
    assert set(software.told) == {str(full.alarm_id), str(good.alarm_id)}
    left = desk.sql("SELECT subject_id, parked_at IS NOT NULL FROM due WHERE kind = 'webhook' ORDER BY 1")
    assert [(subject.partition("|")[0], parked) for subject, parked in left] == sorted(
        [(str(bad.alarm_id), True), ("odd", True)]
    )
    assert "timer webhook of odd failed: ValueError, parked" in caplog.text
    assert f"timer webhook of {bad.alarm_id}" in caplog.text
    software.shutdown()
    software.server_close()
