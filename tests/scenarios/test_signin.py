"""People sign in at the identity provider, as RFC 6749 and RFC 7636 want it, and nobody slips in between."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tools.dev.issuer import PEOPLE
from tools.runtime.native.running import RunningSystem

_KEPT = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    """Follows no redirect by itself; keeps cookies."""
    with httpx.Client(timeout=20, trust_env=False) as client:
        yield client


def asked(browser: httpx.Client, system: RunningSystem, to: str = "/console") -> dict[str, str]:
    """What the identity provider is asked when somebody leaves for it."""
    answer = browser.get(f"{system.url('dispatch')}/signin", params={"to": to})
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{system.url('issuer')}/authorize?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def answered(
    browser: httpx.Client, system: RunningSystem, question: dict[str, str], person: str = "operator"
) -> str:
    """Where the identity provider sends somebody back to, with a code."""
    form = {name: question[name] for name in _KEPT} | {"person": person}
    answer = browser.post(f"{system.url('issuer')}/authorize", data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


@pytest.mark.in_containers
def test_from_the_page_to_the_provider_and_back(browser: httpx.Client, system: RunningSystem) -> None:
    question = asked(browser, system)
    assert (question["response_type"], question["code_challenge_method"]) == ("code", "S256")
    page = browser.get(f"{system.url('issuer')}/authorize", params=question)
    assert all(told in page.text for told, _, _ in PEOPLE.values())
    back = browser.get(answered(browser, system, question))
    assert back.status_code == 200, back.text
    assert 'url=/console"' in back.text
    assert "httponly" in back.headers["set-cookie"].lower()
    me = browser.get(f"{system.url('dispatch')}/console/me").json()
    assert (me["subject"], me["cic"], me["roles"]) == ("operator", "cic-oost-vlaanderen", ["operator"])
    # What changes something must come from our own page.
    there = f"{system.url('dispatch')}/v1/incidents/00000000-0000-0000-0000-000000000001/acknowledge"
    assert browser.post(there, headers={"origin": "http://elsewhere.example"}).status_code == 403
    assert browser.post(there, headers={"origin": system.url("dispatch")}).status_code == 404
    assert browser.post(f"{system.url('dispatch')}/signout").status_code == 204
    assert browser.get(f"{system.url('dispatch')}/console/me").status_code == 401


def test_a_code_is_good_once_and_for_who_asked(browser: httpx.Client, system: RunningSystem) -> None:
    back = answered(browser, system, asked(browser, system))
    with httpx.Client(timeout=20, trust_env=False) as stranger:
        assert stranger.get(back).status_code == 401  # nothing was asked from here
        asked(stranger, system)
        assert stranger.get(back).status_code == 401  # that was not the question
    assert browser.get(back).status_code == 200
    assert browser.get(back).status_code == 401


def test_a_stolen_code_is_worth_nothing_without_its_proof(browser: httpx.Client, system: RunningSystem) -> None:
    question = asked(browser, system)
    back = answered(browser, system, question)
    code = parse_qs(urlsplit(back).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": question["redirect_uri"],
        "client_id": question["client_id"],
        "code_verifier": "a" * 43,
    }
    stolen = browser.post(f"{system.url('issuer')}/token", data=form)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    assert browser.get(back).status_code == 401  # and it is spent


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "console"])
def test_nobody_is_sent_elsewhere(browser: httpx.Client, system: RunningSystem, to: str) -> None:
    answer = browser.get(f"{system.url('dispatch')}/signin", params={"to": to})
    assert (answer.status_code, answer.json()["field"]) == (422, "to")


@pytest.mark.parametrize(
    "wrong",
    [
        {"redirect_uri": "https://evil.example/signin/callback"},
        {"client_id": "somebody"},
        {"code_challenge": ""},
    ],
)
def test_the_provider_answers_no_strange_question(
    browser: httpx.Client, system: RunningSystem, wrong: dict[str, str]
) -> None:
    question = asked(browser, system) | wrong
    page = browser.get(f"{system.url('issuer')}/authorize", params=question)
    form = {name: question[name] for name in _KEPT} | {"person": "operator"}
    answer = browser.post(f"{system.url('issuer')}/authorize", data=form)
    assert (page.status_code, answer.status_code) == (400, 400)
