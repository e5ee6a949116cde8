"""A service's own token: always at hand, renewed before its end, whatever the identity provider does."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from chassis.security import service_token
from chassis.security.service_token import ServiceToken
from services.alarm.settings import AlarmSettings
from tests.support.desks import environment
from tests.support.tokens import Issuer
from tests.support.waiting import eventually

NO_DATABASE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rests and retries are shorter than a token's life of seconds."""
    monkeypatch.setattr(service_token, "_REST_S", 0.1)
    monkeypatch.setattr(service_token, "_RETRY_S", 0.1)
    monkeypatch.setattr(service_token, "_RETRY_AT_MOST_S", 0.2)


@pytest.fixture
def provider() -> Iterator[Issuer]:
    with Issuer() as started:
        yield started


def settings(provider: Issuer, **more: Any) -> AlarmSettings:
    own = {
        "dispatch_url": "http://127.0.0.1:1",
        "oidc_token_url": provider.token_url,
        "service_client_secret": provider.client_secret,
        # Not the fixed one that other tests are content with.
        "service_token": None,
    }
    return AlarmSettings.model_validate(environment(provider, NO_DATABASE) | own | more)


@pytest.fixture
def token(provider: Issuer) -> Iterator[ServiceToken]:
    made = ServiceToken(settings(provider))
    yield made
    made.stop()


def sent(token: ServiceToken, status: int = 200) -> str:
    """What a request bears, to somebody who answers with that status."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(status, text=request.headers["authorization"])
    )
    with httpx.Client(auth=token, transport=transport, base_url="http://there") as http:
        return http.get("/").text.removeprefix("Bearer ")


def ends_in(bearer: str) -> float:
    """Seconds until a token's end."""
    body = bearer.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return float(claims["exp"]) - time.time()


def test_there_is_always_one_that_is_good(provider: Issuer, token: ServiceToken) -> None:
    provider.lasts_s = 4
    token.start()
    eventually(lambda: token.at_hand)
    seen = set()
    until = time.monotonic() + 9
    while time.monotonic() < until:
        seen.add(bearer := sent(token))
        assert ends_in(bearer) > 0
        time.sleep(0.05)
    assert len(seen) >= 3
    # Renewed at the half, not all the time.
    assert provider.asked_for_tokens <= 8


@pytest.mark.parametrize("broken", [503, 400, 401, 204])
def test_while_the_provider_gives_none_the_old_one_serves_on(
    provider: Issuer, token: ServiceToken, broken: int
) -> None:
    provider.lasts_s = 2
    token.start()
    eventually(lambda: token.at_hand)
    old = sent(token)
    provider.broken = broken
    asked = provider.asked_for_tokens
    eventually(lambda: provider.asked_for_tokens > asked + 2)
    assert sent(token) == old
    provider.broken = 0
    eventually(lambda: sent(token) != old)
    assert ends_in(sent(token)) > 0


def test_starting_waits_for_nobody_and_the_first_one_is_asked_for_until_it_comes(provider: Issuer) -> None:
    provider.broken = 503
    token = ServiceToken(settings(provider))
    begun = time.monotonic()
    token.start()
    assert time.monotonic() - begun < 1
    eventually(lambda: provider.asked_for_tokens > 2)
    assert not token.at_hand
    provider.broken = 0
    eventually(lambda: token.at_hand)
    token.stop()


def test_one_that_is_refused_is_renewed_before_its_time_but_not_without_end(
    provider: Issuer, token: ServiceToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_token, "_REST_S", 1.0)
    token.start()
    eventually(lambda: token.at_hand)
    time.sleep(1.2)
    for _ in range(50):
        sent(token, 401)
        time.sleep(0.01)
    eventually(lambda: provider.asked_for_tokens == 2)
    for _ in range(50):
        sent(token, 401)
    assert provider.asked_for_tokens == 2


def test_a_fixed_one_serves_where_there_are_no_credentials_or_until_they_gave_one(provider: Issuer) -> None:
    alone = {"service_client_secret": None, "oidc_token_url": None, "service_token": "fixed"}
    token = ServiceToken(settings(provider, **alone))
    token.start()
    assert sent(token) == "fixed"
    both = ServiceToken(settings(provider, service_token="fixed"))
    assert sent(both) == "fixed"
    both.start()
    eventually(lambda: sent(both) != "fixed")
    both.stop()


@pytest.mark.parametrize("said", [None, "3600", "soon", -1, float("nan"), []])
def test_a_life_that_nobody_can_read_is_a_short_one(provider: Issuer, token: ServiceToken, said: Any) -> None:
    assert service_token._seconds(said) in (300, 3600)


def test_half_of_what_is_needed_is_refused_by_name(provider: Issuer) -> None:
    with pytest.raises(ValidationError, match="service_client_secret"):
        settings(provider, service_client_secret=None)
    with pytest.raises(ValidationError, match="oidc_token_url"):
        settings(provider, oidc_token_url=None)
    assert settings(provider).service_client_secret == SecretStr(provider.client_secret)
