"""Which form whom the committee's pages show, and when: only what the reader may do, where it can succeed."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from chassis.database.database import Database
from chassis.i18n.catalogues import LANGUAGES
from services.committee.api import create_app
from services.committee.settings import CommitteeSettings
from services.committee.translations import TRANSLATIONS
from tests.support.api_client import ApiClient
from tests.support.builders import a_protocol, a_referral
from tests.support.chain_partner import ChainPartner
from tests.support.committee import (
    GENERAL,
    GENT,
    MAGISTRATE,
    POLICE,
    PROCUREUR,
    SECRETARY,
    about,
    come_in,
    declare_conflict,
    drafted,
    granted,
    meeting,
    provisional,
    refused,
    registry_says,
    submitted,
    urgent,
    whole,
)
from tests.support.desks import Desk, Who
from tests.support.pages import read_page
from tests.support.tokens import Issuer

MEMBER: Who = {"role": "committee", "partner": "police", "district": GENT}
AID: Who = {"role": "follow_up", "partner": "victim-support", "district": GENT}


@pytest.fixture(scope="module")
def pages(committee_settings: CommitteeSettings, partner: ChainPartner) -> Iterator[TestClient]:
    """With a chain approach."""
    settings = CommitteeSettings.model_validate(committee_settings.model_dump() | partner.settings())
    with ApiClient(create_app(settings), follow_redirects=False) as client:
        yield client


@pytest.fixture(scope="module")
def alone(committee_settings: CommitteeSettings) -> Iterator[TestClient]:
    """Without one."""
    with ApiClient(create_app(committee_settings), follow_redirects=False) as client:
        yield client


def forms(text: str) -> set[str]:
    """The last part of the address of each form."""
    return {each.rpartition("/")[2] for each in re.findall(r'data-api="([^"]+)"', text)} - {"signout"}


def points(text: str) -> list[dict[str, str]]:
    """What the forms put on an agenda."""
    return [json.loads(unescape(body)) for body in re.findall(r'/agenda" data-body="([^"]+)"', text)]


def options(text: str, name: str) -> list[str]:
    """What a select offers."""
    found = re.search(rf'<select name="{name}".*?</select>', text, re.DOTALL)
    return [each for each in re.findall(r'value="([\w-]*)"', found.group() if found else "") if each]


def reviews_of(committee: Desk, path: str) -> list[str]:
    found = committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
    known = path.rpartition("/")[2]
    return [each["id"] for each in found if each["application_id"] == known]


def test_a_review_is_put_on_an_agenda_by_the_secretariat(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    granted(committee, protocol_id, path)
    held = meeting(committee, protocol_id)
    page, ids = path.replace("/v1/", "/desk/"), set(reviews_of(committee, path))
    offered = {each["review_id"] for each in points(read_page(pages, issuer, page, SECRETARY))}
    assert offered == ids
    assert ids <= {each["review_id"] for each in points(read_page(pages, issuer, "/desk/reviews", SECRETARY))}
    assert points(read_page(pages, issuer, page, MEMBER)) == []
    assert points(read_page(pages, issuer, "/desk/reviews", MEMBER)) == []
    read_page(pages, issuer, "/desk/reviews", POLICE, 403)
    for each in ids:
        committee.call("POST", f"/v1/meetings/{held}/agenda", {"review_id": each}, **SECRETARY)
    text = read_page(pages, issuer, page, MEMBER)
    assert text.count(f'<a href="/desk/meetings/{held}">') == len(ids)


def test_meetings_that_nobody_closed_hide_no_new_one(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    for day in range(1, 22):
        old = {"protocol_id": protocol_id, "starts_at": f"2026-01-{day:02}T10:00:00Z"}
        committee.call("POST", "/v1/meetings", old, status=201, **SECRETARY)
    held, path = meeting(committee, protocol_id), submitted(committee, whole(protocol_id))
    text = read_page(pages, issuer, path.replace("/v1/", "/desk/"), SECRETARY)
    assert held in options(text, "meeting")


def test_what_a_review_can_come_to_follows_from_the_case(
    committee: Desk, pages: TestClient, alone: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    granted(committee, protocol_id, path)
    review = reviews_of(committee, path)[0]
    held = meeting(committee, protocol_id, {"review_id": review}, people=())
    page = f"/desk/meetings/{held}"
    assert "hold" not in forms(read_page(pages, issuer, page, SECRETARY))  # no quorum
    for subject, member in (("bert", "police"), ("carla", "parket")):
        come_in(committee, held, subject, member)
    text = read_page(pages, issuer, page, SECRETARY)
    assert options(text, "outcome") == ["keep", "extend", "lighten", "end", "chain_approach"]
    assert 'name="conditions.intimate.met"' in text
    assert options(read_page(alone, issuer, page, SECRETARY), "outcome") == ["keep", "extend", "lighten", "end"]
    assert forms(read_page(pages, issuer, page, MEMBER)) == set()
    values = {"meeting_id": held, "outcome": "end", "reasons": "he moved away", "plan": "monday, by the police"}
    committee.call("POST", f"/v1/reviews/{review}/hold", values, **SECRETARY)
    assert "hold" not in forms(read_page(pages, issuer, page, SECRETARY))
    # What is to end may only be extended.
    other = reviews_of(committee, path)[0]
    held = meeting(committee, protocol_id, {"review_id": other})
    assert options(read_page(pages, issuer, f"/desk/meetings/{held}", SECRETARY), "outcome") == ["extend"]


def test_an_exceptional_case_is_proposed_and_not_decided(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    body = whole(str(uuid4()), exceptional="no protocol here", conditions={}) | {"protocol_id": None}
    path = submitted(committee, body)
    page, held = path.replace("/v1/", "/desk/"), meeting(committee, protocol_id, about(path))
    there = forms(read_page(pages, issuer, f"/desk/meetings/{held}", SECRETARY))
    assert "propose-decision" in there
    assert not {"grant", "refuse"} & there
    draft = {"meeting_id": held, "outcome": "grant", "reasons": "all three"}
    committee.call("POST", f"{path}/propose-decision", draft, **SECRETARY)
    assert "propose-decision" not in forms(read_page(pages, issuer, f"/desk/meetings/{held}", SECRETARY))
    assert not {"approve-draft", "send-draft-back"} & forms(read_page(pages, issuer, page, SECRETARY))
    text = read_page(pages, issuer, page, GENERAL)
    assert {"approve-draft", "send-draft-back"} == forms(text)
    assert "all three" in text
    committee.call("POST", f"{path}/send-draft-back", {"remarks": "name the act"}, **GENERAL)
    text = read_page(pages, issuer, page, SECRETARY)
    assert "name the act" in text
    # The meeting that proposed it cannot again: another one must.
    another = meeting(committee, protocol_id)
    offered = options(read_page(pages, issuer, page, SECRETARY), "meeting")
    assert another in offered
    assert held not in offered


def test_each_step_of_a_protocol_is_for_whose_move_it_is(
    committee: Desk, pages: TestClient, issuer: Issuer
) -> None:
    known = str(uuid4())
    path, page = f"/v1/protocols/{known}", f"/desk/protocols/{known}"
    people = {"secretary": SECRETARY, "general": GENERAL, "procureur": PROCUREUR, "police": POLICE}

    def seen() -> dict[str, set[str]]:
        return {
            name: found for name, who in people.items() if (found := forms(read_page(pages, issuer, page, who)))
        }

    committee.call("PUT", f"{path}/draft", a_protocol(), **SECRETARY)
    assert seen() == {"secretary": {"submit"}}
    assert f"{page}/draft" in read_page(pages, issuer, page, SECRETARY)
    committee.call("POST", f"{path}/versions/1/submit", **SECRETARY)
    assert seen() == {"general": {"approve", "send-back"}}
    committee.call("POST", f"{path}/versions/1/send-back", {"remarks": "for how long is it kept?"}, **GENERAL)
    assert seen() == {}
    text = read_page(pages, issuer, page, SECRETARY)
    assert text.count("for how long is it kept?") == 2  # on top, and in the timeline
    assert f"{page}/draft" in text
    changed = a_protocol(modalities="kept for two years")
    committee.call("PUT", f"{path}/draft", changed, **SECRETARY)
    committee.call("POST", f"{path}/versions/1/submit", **SECRETARY)
    committee.call("POST", f"{path}/versions/1/approve", **GENERAL)
    assert seen() == {"procureur": {"sign"}}
    assert f"{page}/draft" not in read_page(pages, issuer, page, SECRETARY)
    answer = pages.get(f"{page}/draft", headers=issuer.headers("secretariat", partner="city"))
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    read_page(pages, issuer, f"{page}/draft", PROCUREUR, 403)
    committee.call("POST", f"{path}/versions/1/sign", {"in_force_from": "2031-01-01"}, **PROCUREUR)
    assert seen() == {}
    assert "kept for two years" in read_page(pages, issuer, page, {"role": "admin"})
    read_page(pages, issuer, f"/desk/protocols/{uuid4()}", SECRETARY, 404)


def test_any_officer_raises_a_risk_and_the_committee_lowers_it(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    page = path.replace("/v1/", "/desk/")
    for who in (SECRETARY, MEMBER, MAGISTRATE, POLICE):
        text = read_page(pages, issuer, page, who)
        assert "assessment" in forms(text)
        assert options(text, "level") == ["high", "extreme"]
    assert "assessment" not in forms(read_page(pages, issuer, page, PROCUREUR))
    held = meeting(committee, protocol_id, about(path))
    text = read_page(pages, issuer, f"/desk/meetings/{held}", SECRETARY)
    assert options(text, "level") == ["low", "elevated", "high", "extreme"]
    committee.call("POST", f"{path}/withdraw", {"reasons": "by mistake"}, **POLICE)
    assert "assessment" not in forms(read_page(pages, issuer, page, POLICE))


def test_the_secretariat_declares_conflicts_of_interest_of_others(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    page = path.replace("/v1/", "/desk/")
    # The registry told of no such file yet: no form that cannot succeed.
    assert 'name="subject"' not in read_page(pages, issuer, page, SECRETARY)
    declare_conflict(committee, path, "gina")
    text = read_page(pages, issuer, page, SECRETARY)
    assert 'name="subject"' in text
    assert f'"POST {path}/conflicts/withdraw"' in text
    assert f'"POST {path}/conflicts/withdraw"' in read_page(pages, issuer, page, PROCUREUR)
    text = read_page(pages, issuer, page, MEMBER)
    assert "conflicts" in forms(text)
    assert 'name="subject"' not in text


def test_a_case_is_referred_with_exactly_what_stands_there(
    committee: Desk, pages: TestClient, alone: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    cases: dict[str, str] = {
        "submitted": submitted(committee, whole(protocol_id)),
        "refused": submitted(committee, whole(protocol_id)),
        "provisional": provisional(committee, urgent(protocol_id)),
    }
    refused(committee, protocol_id, cases["refused"])
    for state, path in cases.items():
        page = path.replace("/v1/", "/desk/")
        text = read_page(pages, issuer, page, SECRETARY)
        assert re.findall(r'value="(\w+)" data-type="chosen"', text) == ["risk_level", "elements"]
        assert whole(protocol_id)["elements"]["harassment"] in text.partition('id="sent-elements"')[2]
        # An alarm that lives goes on: nobody is offered to end it by a referral.
        assert ('name="side_by_side"' in text) == (state != "provisional")
        for who, client in ((MEMBER, pages), (SECRETARY, alone)):
            assert "refer" not in forms(read_page(client, issuer, page, who))
    draft = f"/desk/applications/{drafted(committee, whole(protocol_id))}"
    assert "refer" not in forms(read_page(pages, issuer, draft, SECRETARY))
    page = cases["submitted"].replace("/v1/", "/desk/")
    headers = issuer.headers("secretariat", partner="city", district=GENT)
    assert pages.post(f"{cases['submitted']}/refer", json=a_referral(), headers=headers).status_code == 201
    text = read_page(pages, issuer, page, MEMBER)
    assert a_referral()["grounds"] in text
    assert TRANSLATIONS["nl"]["what_was_sent"] in text


def test_a_case_of_the_chain_approach_is_taken_or_not(
    pages: TestClient, issuer: Issuer, partner: ChainPartner
) -> None:
    data: dict[str, Any] = {
        "id": str(uuid4()),
        "enrolment_id": str(uuid4()),
        "basis": "legal_ground",
        "grounds": "art. 458ter, meeting of 3 March",
        "fields": {"elements": {"harassment": "waits at the school"}, "housing": {"rent": ["paid", "late"]}},
    }
    body, headers = partner.webhook("case.referred", data)
    assert pages.post("/v1/chain-approach/webhook", content=body, headers=headers).status_code == 204
    text = read_page(pages, issuer, "/desk/chain", SECRETARY)
    for each in ("waits at the school", "paid, late", data["grounds"]):
        assert each in text
    assert {"accept", "decline"} <= forms(text)
    text = read_page(pages, issuer, "/desk/chain", MEMBER)
    assert "waits at the school" in text
    assert forms(text) == set()
    read_page(pages, issuer, "/desk/chain", AID, 403)


def test_many_meetings_are_one_choice(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    page = submitted(committee, whole(protocol_id)).replace("/v1/", "/desk/")
    planned = {meeting(committee, protocol_id, people=()) for _ in range(3)}
    text = read_page(pages, issuer, page, SECRETARY)
    assert planned <= set(options(text, "meeting"))
    assert len(points(text)) == 1


def test_what_has_no_file_is_closed_by_the_secretariat(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str, database: Database
) -> None:
    body = urgent(protocol_id)
    path = provisional(committee, body)
    page = path.replace("/v1/", "/desk/")
    assert "close" not in forms(read_page(pages, issuer, page, SECRETARY))  # it lives
    refused(committee, protocol_id, path)
    assert "close" in forms(read_page(pages, issuer, page, SECRETARY))
    for who in (MEMBER, MAGISTRATE, PROCUREUR, POLICE):
        assert "close" not in forms(read_page(pages, issuer, page, who))
    registry_says(database, body["enrolment_id"], "active")
    assert "close" not in forms(read_page(pages, issuer, page, SECRETARY))


def test_victim_support_gives_its_opinion_and_reads_that_alone(
    committee: Desk, pages: TestClient, issuer: Issuer, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id, proposer="victim-support"), AID)
    page, where = path.replace("/v1/", "/desk/"), f"{path}/opinion"
    police = {"advice": "refuse", "shared": "seen with him since", "kept": "an informant says so"}
    committee.call("PUT", where, police, **MEMBER)
    assert committee.call("GET", f"{path}/opinions", **AID) == []
    assert "opinion" in forms(read_page(pages, issuer, page, AID))
    ours = {"advice": "grant", "shared": "she sleeps elsewhere", "kept": "she told us where"}
    (mine,) = committee.call("PUT", where, ours, **AID)
    assert {name: mine[name] for name in ours} == ours
    # What it wrote stands in the form again, to be read and changed.
    text = read_page(pages, issuer, page, AID)
    for each in ("sleeps elsewhere</textarea>", "told us where</textarea>", 'value="grant" selected'):
        assert each in text
    for each in ("seen with him", "informant", "<strong>politie"):
        assert each not in text
    # The others read what it shares, and each its own.
    text = read_page(pages, issuer, page, MEMBER)
    assert "sleeps elsewhere" in text
    assert "told us where" not in text
    assert "an informant says so</textarea>" in text
    committee.call("PUT", f"{submitted(committee, whole(protocol_id))}/opinion", ours, status=404, **AID)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_protocol_that_is_refused_is_told_of_in_the_reader_s_words(
    pages: TestClient, issuer: Issuer, language: str
) -> None:
    text = read_page(pages, issuer, "/desk/protocols/new", SECRETARY, language=language)
    found = re.search(r"data-problems='([^']+)'", text)
    assert found is not None
    problems = json.loads(unescape(found.group(1)))
    headers = issuer.headers("secretariat", partner="city", district=GENT)

    def codes(**changed: Any) -> set[str]:
        body = a_protocol(**changed)
        answer = pages.put(f"/v1/protocols/{uuid4()}/draft", json=body, headers=headers).json()
        kind = answer["type"].rpartition(":")[2]
        return {each.get("code") or f"{kind}.{each['field']}" for each in answer["errors"]}

    wrong = codes(zones=[], name=None) | codes(quorum=["police"], proposers=["nobody"])
    assert len(wrong) == 4
    assert wrong <= set(problems)
    assert TRANSLATIONS[language]["problem.protocol-contradictory.quorum"] in problems.values()  # type: ignore[index]
