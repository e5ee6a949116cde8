"""Sessions of people at pages, with the development issuer over HTTP: who works stays, who left does not."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from chassis.http.application import application
from chassis.http.limits import MOST_BYTES, bodies
from chassis.runtime.settings import PagesSettings
from chassis.security import signin
from chassis.security.auth import SESSION_COOKIE, AnyPrincipal
from chassis.security.session import Session, Sessions, _digest
from chassis.security.vault import Vault, new_key
from tests.support.api_client import ApiClient
from tools.dev import issuer as tokens
from tools.dev.issuer import PAGES_CLIENT
from tools.dev.issuer_app import create_app
from tools.runtime.native.layout import Layout

# Tokens of people last this long (s); a new one is asked for after half of it.
SHORT = 2
RENEWAL = "stalkingalarm_renewal_dispatch"


class Place:
    """A service with pages, and its issuer."""

    def __init__(self, run: Path, **more: object) -> None:
        self.layout = Layout.at(run)
        self.issuer = f"http://127.0.0.1:{self.layout.ports['issuer']}"
        self.settings = PagesSettings.model_validate(
            {
                "environment": "development",
                "service": "dispatch",
                "database_url": "postgresql+psycopg://x@127.0.0.1:1/x",
                "broker_url": "amqp://x@127.0.0.1:1/x",
                "vault_keys": f"1:{new_key()}",
                "audit_key": new_key(),
                "oidc_issuer": self.issuer,
                "oidc_jwks_url": f"{self.issuer}/jwks.json",
                "oidc_authorization_url": f"{self.issuer}/authorize",
                "oidc_token_url": f"{self.issuer}/token",
                "oidc_revocation_url": f"{self.issuer}/revoke",
                "public_url": f"http://127.0.0.1:{self.layout.ports['dispatch']}",
            }
            | more
        )
        app = application(self.settings, title="x", description="x", lifespan=_life, ready=dict)
        vault = Vault(self.settings.vault_keys.get_secret_value())
        self.sessions: Sessions = signin.add(app, self.settings, vault).sessions
        _endpoints(app)
        self.app = app

    @contextmanager
    def issuing(self, seconds: int = SHORT) -> Iterator[None]:
        """The issuer is up for as long as the `with` lasts."""
        told = uvicorn.Config(
            create_app(self.layout, seconds), port=self.layout.ports["issuer"], log_level="critical"
        )
        server = uvicorn.Server(told)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(10)

    @contextmanager
    def browser(self) -> Iterator[TestClient]:
        """Somebody's browser; keeps cookies, follows nothing by itself."""
        with ApiClient(self.app, follow_redirects=False) as client:
            yield client

    def signed_in(self, browser: TestClient) -> None:
        """As an operator, at the issuer."""
        asked = parse_qs(urlsplit(browser.get("/signin", params={"to": "/who"}).headers["location"]).query)
        form = {name: values[0] for name, values in asked.items()} | {"person": "operator"}
        back = httpx.post(f"{self.issuer}/authorize", data=form, trust_env=False).headers["location"]
        assert browser.get(back.partition("/signin")[1] + back.partition("/signin")[2]).status_code == 200

    def refresh_token(self) -> str:
        """A fresh one of the operator, past any page."""
        with self.browser() as browser:
            self.signed_in(browser)
            session = self.sessions.opened(dict(browser.cookies))
        assert session is not None
        return str(session.refresh)

    def put(self, browser: TestClient, session: Session, token: str) -> None:
        """This session into a browser."""
        browser.cookies.clear()
        for cookie in self.sessions.cookies(session, token):
            name, _, value = cookie.partition(";")[0].partition("=")
            browser.cookies.set(name, value)

    def over(self, refresh: str | None, subject: str = "operator") -> tuple[Session, str]:
        """A session whose token ended ten minutes ago."""
        token, at = tokens.mint(subject, ["operator"], layout=self.layout, seconds=-600), time.time()
        return Session(subject, _digest(token), refresh, at - 900, at, at - 900, at - 600), token


def _endpoints(app: FastAPI) -> None:
    @app.get("/who")
    def who(caller: AnyPrincipal) -> str:
        return caller.subject

    @app.post("/long")
    @bodies(4 * MOST_BYTES)
    async def long(request: Request, _: AnyPrincipal) -> int:
        return len(await request.body())


@asynccontextmanager
async def _life(_: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_who_works_gets_a_new_token_in_time(place: Place) -> None:
    with place.issuing(), place.browser() as browser:
        place.signed_in(browser)
        first = browser.cookies[SESSION_COOKIE]
        assert browser.get("/who").json() == "operator"
        assert browser.cookies[SESSION_COOKIE] == first
        seen = {first}
        for _ in range(8):
            time.sleep(SHORT / 4)
            answer = browser.get("/who")
            assert answer.json() == "operator"
            seen.add(browser.cookies[SESSION_COOKIE])
        # Each refresh token is good once: with the first alone there would be one more.
        assert len(seen) >= 4
        session = place.sessions.opened(dict(browser.cookies))
        assert session is not None
        assert session.until > time.time()


def test_requests_at_the_same_time_share_one_new_token(place: Place) -> None:
    with place.issuing(), place.browser() as browser:
        session, token = place.over(place.refresh_token())
        place.put(browser, session, token)
        sent = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}

        def ask(_: int) -> tuple[int, str]:
            answer = browser.get("/who", headers=sent)
            return answer.status_code, answer.headers.get_list("set-cookie")[0]

        with ThreadPoolExecutor(6) as pool:
            told = set(pool.map(ask, range(6)))
        assert len(told) == 1
        assert told.pop()[0] == 200


def test_an_idle_session_ends(tmp_path: Path) -> None:
    place = Place(tmp_path, session_idle=1)
    with place.issuing(60), place.browser() as browser:
        place.signed_in(browser)
        for _ in range(3):
            time.sleep(0.5)
            assert browser.get("/who").status_code == 200
        kept = dict(browser.cookies)
        time.sleep(1.1)
        assert browser.get("/who").status_code == 401
        assert SESSION_COOKIE not in browser.cookies
        browser.cookies.update(kept)
        assert browser.get("/who").status_code == 401


def test_no_session_lasts_longer_than_a_shift(tmp_path: Path) -> None:
    place = Place(tmp_path, session_lasts=1.5)
    with place.issuing(), place.browser() as browser:
        place.signed_in(browser)
        begun = time.monotonic()
        while browser.get("/who").status_code == 200:
            assert time.monotonic() - begun < 3
            time.sleep(0.1)
        assert time.monotonic() - begun > 1
        assert RENEWAL not in browser.cookies


def test_sign_out_ends_it_at_the_provider_too(place: Place) -> None:
    with place.issuing(), place.browser() as browser:
        place.signed_in(browser)
        session = place.sessions.opened(dict(browser.cookies))
        assert session is not None
        assert browser.post("/signout").status_code == 204
        assert browser.get("/who").status_code == 401
        form = {
            "grant_type": "refresh_token",
            "refresh_token": session.refresh,
            "client_id": PAGES_CLIENT,
        }
        answer = httpx.post(f"{place.issuer}/token", data=form, trust_env=False)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_an_older_cookie_finds_nothing_once_somebody_signed_out(place: Place) -> None:
    with place.issuing(), place.browser() as browser:
        session, token = place.over(place.refresh_token())
        place.put(browser, session, token)
        assert browser.get("/who").status_code == 200
        # The same cookie within the same seconds is answered with the token that is there.
        place.put(browser, session, token)
        assert browser.get("/who").status_code == 200
        assert browser.post("/signout").status_code == 204
        place.put(browser, session, token)
        assert browser.get("/who").status_code == 401


def test_while_the_issuer_is_away_a_session_lives_as_long_as_its_token(place: Place) -> None:
    with place.browser() as browser:
        with place.issuing():
            place.signed_in(browser)
            place.app.state.verifier.caller(browser.cookies[SESSION_COOKIE])
        time.sleep(SHORT / 2)
        token = browser.cookies[SESSION_COOKIE]
        for _ in range(3):
            begun = time.monotonic()
            assert browser.get("/who").status_code == 200
            assert time.monotonic() - begun < 1
        assert browser.cookies[SESSION_COOKIE] == token
        place.put(browser, *place.over("none"))
        assert browser.get("/who").status_code == 401
        assert RENEWAL in browser.cookies  # it comes back with the issuer
        with place.issuing():
            place.put(browser, *place.over(place.refresh_token()))
            assert browser.get("/who").json() == "operator"


def test_nothing_but_ones_own_session_is_renewed(place: Place) -> None:
    with place.issuing(), place.browser() as browser:
        place.put(browser, *place.over(place.refresh_token(), subject="somebody-else"))
        assert browser.get("/who").status_code == 401
        # Encrypted for one token: with another it is nothing.
        session, token = place.over(place.refresh_token())
        place.put(browser, replace(session, token=_digest("another")), token)
        assert browser.get("/who").status_code == 401
        browser.cookies.clear()
        browser.cookies.update({SESSION_COOKIE: token, RENEWAL: "bm90IHNlYWxlZA=="})
        assert browser.get("/who").status_code == 401


def test_what_is_renewed_on_the_way_reaches_its_endpoint_whole(place: Place) -> None:
    with place.issuing(), place.browser() as browser:
        place.put(browser, *place.over(place.refresh_token()))
        assert browser.post("/long", content=bytes(2 * MOST_BYTES)).json() == 2 * MOST_BYTES
