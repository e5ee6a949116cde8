"""What was opened with a token or a session ends with it, in every process; what comes back has no gap."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from fastapi import Response

from chassis.security.auth import SESSION_COOKIE
from services.dispatch.api import create_app
from tests.support.api_client import ApiClient
from tests.support.desks import NO_BROKER
from tests.support.dispatching import GHENT_ROOM, Dispatch, alarm, context_on
from tests.support.postgres import Cluster
from tests.support.serving import Serving
from tests.support.tokens import Issuer

ROOM = f"/v1/control-rooms/{GHENT_ROOM}"
# A second more than streams may need to notice, and much more than a loaded machine does.
SOON_S = 15.0


class Line:
    """A stream that somebody reads until it ends."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.ended_at: float | None = None
        self.seen = list[str]()
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(url, headers), daemon=True)
        self._thread.start()
        assert self._opened.wait(SOON_S)

    def _read(self, url: str, headers: dict[str, str]) -> None:
        # One that its server cuts off at its own end has not ended as `ends` means it.
        with suppress(httpx.RemoteProtocolError):
            self._read_all(url, headers)

    def _read_all(self, url: str, headers: dict[str, str]) -> None:
        with httpx.Client(timeout=30) as client, client.stream("GET", url, headers=headers) as answer:
            self.status = answer.status_code
            for line in answer.iter_lines():
                self._opened.set()
                if line.startswith("data:"):
                    self.seen.append(json.loads(line.removeprefix("data:"))["incident_id"])
        self.ended_at = time.time()
        self._opened.set()

    def ends(self) -> float:
        """When it ended (seconds of the clock); fails where it does not."""
        self._thread.join(SOON_S)
        assert self.ended_at is not None, "the stream goes on"
        return self.ended_at

    def shows(self, incident: object) -> None:
        until = time.monotonic() + SOON_S
        while str(incident) not in self.seen:
            assert time.monotonic() < until
            time.sleep(0.02)


@pytest.fixture(scope="module")
def desk(cluster: Cluster, issuer: Issuer) -> Dispatch:
    trusted = {"oidc_issuer": issuer.url, "oidc_jwks_url": issuer.jwks_url}
    return Dispatch(context_on(cluster.database("dispatch"), broker_url=NO_BROKER, **trusted))


@pytest.fixture(scope="module")
def here(desk: Dispatch) -> Iterator[tuple[Any, str]]:
    """One process: its application, and where it is."""
    app = create_app(desk.context.settings)
    with Serving(app) as serving:
        yield app, serving.url


@pytest.fixture(scope="module")
def there(desk: Dispatch) -> Iterator[str]:
    """Another process over the same database."""
    with Serving(create_app(desk.context.settings)) as serving:
        yield serving.url


def cookies(app: Any, token: str) -> dict[str, str]:
    """The header of a browser in which somebody signed in with this token."""
    response = Response()
    app.state.sessions.begin(response, {"access_token": token})
    return {"cookie": "; ".join(each.partition(";")[0] for each in response.headers.getlist("set-cookie"))}


@pytest.mark.parametrize("kind", ["room", "gateway", "unit"])
def test_a_stream_ends_when_its_token_does(
    desk: Dispatch, here: tuple[Any, str], issuer: Issuer, kind: str
) -> None:
    path = {"room": f"{ROOM}/stream", "gateway": f"{ROOM}/units/stream", "unit": "/v1/units/u0/stream"}[kind]
    role = {"room": "operator"}.get(kind, kind)
    exp = int(time.time()) + 3
    headers = issuer.headers(role, cic=GHENT_ROOM, unit="u0", exp=exp)
    line = Line(here[1] + path, headers)
    assert line.status == 200
    assert exp - 1 < line.ends() < exp + SOON_S / 3
    late = alarm()
    desk.press(late)
    assert str(late.alarm_id) not in line.seen


def test_who_watches_a_room_is_on_duty_and_a_machine_is_not(
    desk: Dispatch, here: tuple[Any, str], issuer: Issuer
) -> None:
    desk.do("DELETE FROM on_duty")
    exp = int(time.time()) + 3
    for role, sub in (("operator", "Olga "), ("supervisor", "sam"), ("gateway", "machine")):
        headers = issuer.headers(role, cic=GHENT_ROOM, sub=sub, exp=exp)
        assert Line(f"{here[1]}{ROOM}/stream", headers).status == 200
    rows = desk.sql("SELECT control_room_id, subject FROM on_duty ORDER BY 2")
    assert rows == [(GHENT_ROOM, "olga"), (GHENT_ROOM, "sam")]


def test_who_comes_back_with_a_newer_token_misses_nothing(
    desk: Dispatch, here: tuple[Any, str], issuer: Issuer
) -> None:
    desk.wipe()
    desk.policy(GHENT_ROOM, "proposed")
    claims = {"cic": GHENT_ROOM, "sub": "olga"}
    first = Line(f"{here[1]}{ROOM}/stream", issuer.headers("operator", exp=int(time.time()) + 3, **claims))
    before, between = alarm(), alarm()
    desk.press(before)
    first.shows(before.alarm_id)
    first.ends()
    desk.press(between)
    again = Line(f"{here[1]}{ROOM}/stream", issuer.headers("operator", **claims))
    again.shows(between.alarm_id)
    assert again.seen[:2] == [str(before.alarm_id), str(between.alarm_id)]


@pytest.mark.parametrize("kept", ["session", "token"])
def test_signing_out_ends_streams_in_every_process(
    here: tuple[Any, str], there: str, issuer: Issuer, kept: str
) -> None:
    app, url = here
    token = issuer.token("operator", cic=GHENT_ROOM, sub=f"olga of {kept}")
    mine = cookies(app, token) if kept == "session" else {"cookie": f"{SESSION_COOKIE}={token}"}
    other = issuer.headers("operator", cic=GHENT_ROOM, sub="another")
    lines = [Line(f"{each}{ROOM}/stream", mine) for each in (url, there)]
    by_token = Line(f"{there}{ROOM}/stream", {"authorization": f"Bearer {token}"})
    stays = Line(f"{there}{ROOM}/stream", other)
    assert httpx.post(f"{url}/signout", headers=mine).status_code == 204
    for line in (*lines, by_token):
        line.ends()
    # What somebody copied opens nothing any more, in no process.
    for each in (url, there):
        for headers in (mine, {"authorization": f"Bearer {token}"}):
            assert httpx.get(f"{each}{ROOM}/incidents", headers=headers).status_code == 401
    assert stays.ended_at is None
    assert httpx.get(f"{there}{ROOM}/incidents", headers=other).status_code == 200


def test_another_page_signs_nobody_out_and_plants_no_session(here: tuple[Any, str], issuer: Issuer) -> None:
    app, url = here
    token = issuer.token("operator", cic=GHENT_ROOM, sub="olga at her page")
    mine = cookies(app, token)
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        for path, body in (("/signout", None), ("/console/session", {"token": token})):
            refused = httpx.post(f"{url}{path}", headers={**mine, "origin": origin}, json=body)
            assert (refused.status_code, refused.json()["field"]) == (403, "origin")
            assert "set-cookie" not in refused.headers
    assert httpx.get(f"{url}/console/me", headers=mine).status_code == 200
    own = {**mine, "origin": url}
    assert httpx.post(f"{url}/console/session", headers=own, json={"token": token}).status_code == 204
    assert httpx.post(f"{url}/signout", headers=own).status_code == 204


def test_nobody_without_a_session_fills_the_table(desk: Dispatch, here: tuple[Any, str]) -> None:
    before = desk.sql("SELECT count(*) FROM signed_out")
    for cookie in (
        "",
        f"{SESSION_COOKIE}=nonsense",
        f"{SESSION_COOKIE}=a.b.c; stalkingalarm_renewal_dispatch=x",
    ):
        assert httpx.post(f"{here[1]}/signout", headers={"cookie": cookie}).status_code == 204
    assert desk.sql("SELECT count(*) FROM signed_out") == before


def test_in_production_no_other_host_can_plant_a_session(desk: Dispatch, issuer: Issuer) -> None:
    settings = desk.context.settings.model_copy(update={"environment": "production"})
    token = issuer.token("operator", cic=GHENT_ROOM)
    with ApiClient(create_app(settings), base_url="https://dispatch.example") as client:
        answer = client.post("/console/session", json={"token": token})
        named = [each for each in answer.headers.get_list("set-cookie") if token in each]
        assert [each.partition("=")[0] for each in named] == [f"__Host-{SESSION_COOKIE}"]
        assert {"Secure", "HttpOnly", "Path=/"} <= set(named[0].split("; "))
        assert "domain" not in named[0].lower()
        client.cookies.clear()
        for name, status in ((SESSION_COOKIE, 401), (f"__Host-{SESSION_COOKIE}", 200)):
            answer = client.get("/console/me", headers={"cookie": f"{name}={token}"})
            assert answer.status_code == status, name
