"""The session cookie, and the limit on attempts to sign in."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from pydantic import ValidationError

from chassis.http.application import application
from chassis.runtime.settings import PagesSettings
from chassis.security import signin
from chassis.security.auth import Verifier
from chassis.security.vault import Vault, new_key
from tests.support.api_client import ApiClient
from tests.support.desks import environment
from tests.support.tokens import Issuer


def settings(issuer: Issuer, **more: object) -> PagesSettings:
    given = environment(issuer, "postgresql+psycopg://x@127.0.0.1:1/x") | {"service": "dispatch"}
    return PagesSettings.model_validate(given | more)


@pytest.fixture
def pages(issuer: Issuer) -> Iterator[TestClient]:
    """A service whose people may try to sign in three times a minute."""
    told = settings(
        issuer,
        signins_a_minute=3,
        oidc_authorization_url="http://127.0.0.1:1/authorize",
        oidc_token_url="http://127.0.0.1:1/token",
    )
    app: FastAPI = application(told, title="x", description="x", lifespan=_life, ready=dict)
    signin.add(app, told, Vault(f"1:{new_key()}"))
    with ApiClient(app, follow_redirects=False) as client:
        yield client


@asynccontextmanager
async def _life(_: FastAPI) -> AsyncIterator[None]:
    yield


def test_attempts_are_limited_by_address(pages: TestClient) -> None:
    assert [pages.get("/signin").status_code for _ in range(4)] == [302, 302, 302, 429]
    refused = pages.get("/signin/callback?code=x&state=y")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.json()["type"] == "urn:stalkingalarm:too-many"


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example", "https://evil.example"],
)
def test_signing_in_leads_to_no_page_of_somebody_else(pages: TestClient, to: str) -> None:
    refused = pages.get("/signin", params={"to": to})
    assert (refused.status_code, refused.json()["field"]) == (422, "to")
    assert pages.get("/signin", params={"to": "/desk?taal=nl#vandaag"}).status_code == 302


def test_what_was_not_asked_from_here_is_no_answer(pages: TestClient) -> None:
    assert pages.get("/signin/callback?code=x&state=y").status_code == 401
    pages.get("/signin")
    assert pages.get("/signin/callback?code=x&state=y").json()["field"] == "state"


def test_a_provider_that_is_away_is_not_our_refusal(pages: TestClient) -> None:
    where = pages.get("/signin").headers["location"]
    state = where.partition("state=")[2].partition("&")[0]
    assert pages.get(f"/signin/callback?code=x&state={state}").status_code == 503


def test_without_a_provider_it_says_so(issuer: Issuer) -> None:
    told = settings(issuer)
    flow = signin.SignIn(told, Vault(f"1:{new_key()}"), Verifier(told))
    with pytest.raises(signin.SignInAbsent):
        flow.leave("/console")
    for half in ("oidc_authorization_url", "oidc_token_url"):
        with pytest.raises(ValidationError, match="give both"):
            settings(issuer, **{half: "http://127.0.0.1:1"})


@pytest.mark.parametrize(("mode", "secure"), [("development", False), ("production", True)])
def test_the_session_travels_only_encrypted_where_there_are_certificates(
    issuer: Issuer, mode: str, secure: bool
) -> None:
    # A copy is not validated: production would refuse this test's issuer and passwords, as it must.
    told = settings(issuer).model_copy(update={"environment": mode})
    response = Response()
    signin.SignIn(told, Vault(f"1:{new_key()}"), Verifier(told)).sessions.bear(response, "token")
    for cookie in response.headers.getlist("set-cookie"):
        entries = {part.strip().lower() for part in cookie.split(";")}
        assert {"httponly", "samesite=strict", "path=/"} <= entries
        assert ("secure" in entries) == secure
