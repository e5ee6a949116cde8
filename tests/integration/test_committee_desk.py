"""The committee's pages, rendered by the real application: every page, in every language, for every role."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from fastapi.testclient import TestClient

from chassis.i18n.catalogues import LANGUAGES
from chassis.i18n.translations import TRANSLATIONS as SHARED
from services.committee.api import create_app
from services.committee.settings import CommitteeSettings
from services.committee.translations import TRANSLATIONS
from tests.support.api_client import ApiClient
from tests.support.committee import (
    GENERAL,
    MAGISTRATE,
    POLICE,
    QUORUM,
    SECRETARY,
    about,
    drafted,
    granted,
    invited,
    meeting,
    member_of,
    provisional,
    recorded,
    submitted,
    urgent,
    whole,
)
from tests.support.desks import Desk, Who
from tests.support.pages import read_page
from tests.support.tokens import Issuer


@pytest.fixture(scope="module")
def pages(committee_settings: CommitteeSettings) -> Iterator[TestClient]:
    with ApiClient(create_app(committee_settings), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/desk/xyz", "/desk/applications/not-a-uuid", "/desk/applications?state=bogus"]
)
def test_an_address_that_is_typed_wrongly_is_answered_in_words(
    pages: TestClient, issuer: Issuer, path: str
) -> None:
    text = read_page(pages, issuer, path, SECRETARY, 404, "fr")
    assert SHARED["fr"]["problem.not-found"].replace("'", "&#39;") in text
    assert 'href="/desk"' in text


def test_the_host_alone_leads_to_the_desk_and_the_api_keeps_its_problems(pages: TestClient) -> None:
    answer = pages.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    for path in ("/v1/xyz", "/deskxyz"):
        answer = pages.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_who_is_not_signed_in_is_sent_to_the_identity_provider_and_back(pages: TestClient) -> None:
    answer = pages.get("/desk/applications?state=granted")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/signin?to=%2Fdesk%2Fapplications%3Fstate%3Dgranted"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_every_language(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str, language: str
) -> None:
    paths = ["/desk", "/desk/applications", "/desk/applications/new", "/desk/meetings", "/desk/reviews"]
    paths += ["/desk/chain", "/desk/protocols", "/desk/protocols/new", f"/desk/protocols/{protocol_id}"]
    paths += [f"/desk/protocols/{protocol_id}/draft", f"/desk/protocols/{protocol_id}/members"]
    cases = {
        "draft": f"/v1/applications/{drafted(committee, whole(protocol_id))}",
        "submitted": submitted(committee, whole(protocol_id)),
        "provisional": provisional(committee, urgent(protocol_id)),
    }
    path = submitted(committee, whole(protocol_id))
    granted(committee, protocol_id, path)
    cases["granted"] = path
    held = meeting(committee, protocol_id, about(cases["submitted"]), about(cases["provisional"]))
    committee.call("PUT", f"{path}/opinion", {"advice": "grant", "shared": "yes", "kept": "no"}, **SECRETARY)
    paths += [each.replace("/v1/", "/desk/") for each in cases.values()] + [f"/desk/meetings/{held}"]
    waits = meeting(committee, protocol_id, about(cases["submitted"]), people=QUORUM[:1])
    recorded(committee, waits, *QUORUM[1])
    paths.append(f"/desk/meetings/{waits}")
    for each in paths:
        text = read_page(pages, issuer, each, SECRETARY, language=language)
        assert f'<html lang="{language}">' in text
        assert TRANSLATIONS[language]["title"] in unescape(text)  # type: ignore[index]


def test_a_member_is_asked_to_confirm_and_the_secretariat_chooses_members(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=QUORUM[:1])
    page, api = f"/desk/meetings/{held}", f"/v1/meetings/{held}"
    gerda, hilde = member_of(f"g-{held}", "parket"), member_of(f"h-{held}", "city")
    invited(committee, protocol_id, gerda["sub"], "parket")
    invited(committee, protocol_id, hilde["sub"], "city")
    members = f"/desk/protocols/{protocol_id}/members"
    for who in (gerda, hilde):
        assert f"/v1/protocols/{protocol_id}/members/confirm" in read_page(pages, issuer, "/desk", who)
        assert "/members/confirm" in read_page(pages, issuer, members, who)
        assert f"{api}/presence" in read_page(pages, issuer, page, who)
    # Nobody else is asked, nor does a member write down who is there.
    assert f"{api}/presence" not in read_page(pages, issuer, page, SECRETARY)
    assert f'"POST {api}/attendance"' not in read_page(pages, issuer, page, gerda)
    other = {**gerda, "partner": "police"}
    assert f"{api}/presence" not in read_page(pages, issuer, page, other)  # type: ignore[arg-type]
    # Members are chosen: no field takes a name.
    text = read_page(pages, issuer, page, SECRETARY)
    assert f'"POST {api}/attendance"' in text
    assert 'name="subject"' not in text
    recorded(committee, held, gerda["sub"], "parket")
    assert f"{api}/presence" in read_page(pages, issuer, "/desk", gerda)
    assert "nog te bevestigen door: parket" in read_page(pages, issuer, page, SECRETARY)
    values = {"meeting_id": held, "reasons": "all three"}
    committee.call("POST", f"{path}/grant", values, status=202, **SECRETARY)
    assert "beslist, wacht op bevestiging" in read_page(pages, issuer, page, SECRETARY)
    assert TRANSLATIONS["nl"]["case_waits"] in read_page(
        pages, issuer, path.replace("/v1/", "/desk/"), SECRETARY
    )
    committee.call("POST", f"{api}/presence", **gerda)
    assert f"{api}/presence" not in read_page(pages, issuer, "/desk", gerda)
    assert "toegekend" in read_page(pages, issuer, path.replace("/v1/", "/desk/"), SECRETARY)


def test_each_sees_what_is_for_them_to_do(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    path = submitted(committee, urgent(protocol_id)).replace("/v1/", "/desk/")
    assert "grant-provisionally" in read_page(pages, issuer, path, MAGISTRATE)
    assert "grant-provisionally" not in read_page(pages, issuer, path, SECRETARY)
    text = read_page(pages, issuer, path, POLICE)
    assert "GE.37.L1.012345/2026" in text
    assert "opinion" not in text
    read_page(pages, issuer, path, GENERAL, 404)
    aid: Who = {"role": "follow_up", "partner": "victim-support", "district": "Gent"}
    read_page(pages, issuer, path, aid, 404)
    assert "Dit mag u niet zien" in read_page(pages, issuer, "/desk/meetings", POLICE, 403)


def test_what_people_write_is_text_and_nothing_else(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    evil = "<script>alert(1)</script>\"' onload=x"
    body = whole(protocol_id, pv_numbers=[evil[:150]])
    path = submitted(committee, body).replace("/v1/", "/desk/")
    text = read_page(pages, issuer, path, SECRETARY)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_all_words_are_in_all_languages() -> None:
    keys = set(TRANSLATIONS["nl"])
    for language in LANGUAGES:
        assert set(TRANSLATIONS[language]) == keys
        assert all(text.strip() for text in TRANSLATIONS[language].values())
        for key in keys:
            assert re.findall(r"\{\w+\}", TRANSLATIONS[language][key]) == re.findall(
                r"\{\w+\}", TRANSLATIONS["nl"][key]
            )
