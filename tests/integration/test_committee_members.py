"""Quorum goes by persons: members are data, each counts for the partner of their own token, once."""

import os
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from chassis.database.database import Database
from chassis.security.accounts import account
from chassis.security.vault import Vault
from services.committee.usecases.pending_settlement import settle_decisions
from tests.support.builders import a_protocol, a_refusal
from tests.support.committee import (
    MAGISTRATE,
    POLICE,
    SECRETARY,
    about,
    alive,
    come_in,
    go,
    in_force,
    invited,
    meeting,
    member_of,
    named,
    provisional,
    recorded,
    reviews,
    submitted,
    urgent,
    whole,
)
from tests.support.days import today as belgian_today
from tests.support.desks import VAULT_KEYS, Desk, Who

# More when somebody has the time: EXAMPLES=200.
EXAMPLES = int(os.environ.get("EXAMPLES", "15"))
REASONS = {"reasons": "all three elements are shown"}


def at(meeting_id: str) -> str:
    return f"/v1/meetings/{meeting_id}"


def test_what_a_secretariat_types_is_nobody(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=())
    for ghost, partner in (("spook-1", "police"), ("spook-2", "parket")):
        body = {"subject": ghost, "partner": partner, "name": ghost}
        assert committee.raw_json("POST", f"{at(held)}/attendance", body, **SECRETARY) == 422
        # Nor where it invites them and sees them in the room.
        recorded(committee, held, f"{ghost}-{held}", partner)
    waits = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, status=202, **SECRETARY)
    assert (waits["state"], waits["decision"], waits["decision_waits"]) == ("submitted", None, True)
    committee.call("POST", f"{at(held)}/close", **SECRETARY)
    assert committee.call("GET", path, **SECRETARY)["state"] == "submitted"


def test_an_account_counts_for_the_partner_of_its_token(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=())
    one = f"one-{uuid4()}"
    invited(committee, protocol_id, one, "parket")
    mine = f"/v1/protocols/{protocol_id}/members/confirm"
    assert committee.call("POST", mine, status=403, **member_of(one, "police"))["field"] == "partner"
    assert committee.call("POST", f"{at(held)}/presence", status=403, **member_of(one, "police"))
    committee.call("POST", f"{at(held)}/presence", **member_of(one, "parket"))
    # One person sits for one partner, however the account is spelt.
    again = invited(committee, protocol_id, f" {one.upper()}\u200b", "police", status=409)
    assert again["type"] == "urn:stalkingalarm:member-elsewhere"
    (point,) = committee.call("GET", at(held), **SECRETARY)["agenda"]
    assert (point["present"], point["missing"]) == ({one: "parket"}, ["police"])
    # Nor does who was invited by nobody count, or who was and is no more.
    committee.call("POST", f"{at(held)}/presence", status=404, **member_of("nobody", "police"))
    other = invited(committee, protocol_id, f"other-{one}", "police")
    committee.call("POST", f"/v1/protocols/{protocol_id}/members/{other['id']}/end", **SECRETARY)
    committee.call("POST", f"{at(held)}/presence", status=404, **member_of(f"other-{one}", "police"))
    gone = {"member_id": other["id"]}
    committee.call("POST", f"{at(held)}/attendance", gone, status=404, **SECRETARY)


def test_who_is_ended_in_the_middle_of_a_meeting_counts_no_longer(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=())
    one = f"one-{held}"
    come_in(committee, held, one, "police")
    assert come_in(committee, held, "carla", "parket")["agenda"][0]["missing"] == []
    member = invited(committee, protocol_id, one, "police")["id"]
    committee.call("POST", f"/v1/protocols/{protocol_id}/members/{member}/end", **SECRETARY)
    values = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", values, status=409, **SECRETARY)
    assert lacking["missing"] == ["police"]


def test_who_records_counts_for_their_own_partner_only(committee: Desk, protocol_id: str) -> None:
    held = meeting(committee, protocol_id, people=())
    clerk = named(SECRETARY, f"clerk-{held}")
    member = {"member_id": invited(committee, protocol_id, f"clerk-{held}", "parket")["id"]}
    committee.call("POST", f"{at(held)}/attendance", member, status=403, **clerk)
    own: Who = {**clerk, "partner": "parket"}
    here = committee.call("POST", f"{at(held)}/attendance", member, **own)
    assert [(who["partner"], who["confirmed_at"] is None) for who in here["attendance"]] == [("parket", False)]


def test_members_are_known_by_their_dates(committee: Desk, protocol_id: str) -> None:
    path, today = f"/v1/protocols/{protocol_id}/members", belgian_today()
    held = meeting(committee, protocol_id, people=())
    for number, (since, until) in enumerate(((3, None), (-9, -2))):
        days = {"valid_from": str(today + timedelta(days=since))}
        days |= {"valid_until": str(today + timedelta(days=until))} if until else {}
        body = {"subject": f"d{number}-{held}", "partner": "police", "name": "Dee", **days}
        member = committee.call("POST", path, body, **SECRETARY)
        who = member_of(body["subject"], "police")
        committee.call("POST", f"{at(held)}/presence", status=404, **who)
        inside = {"member_id": member["id"]}
        committee.call("POST", f"{at(held)}/attendance", inside, status=404, **SECRETARY)
    wrong = body | {"valid_until": str(today - timedelta(days=99))}
    assert committee.call("POST", path, wrong, status=422, **SECRETARY)["field"] == "valid_until"
    blank = body | {"subject": "\u200b\u3164"}
    assert committee.call("POST", path, blank, status=422, **SECRETARY)["field"] == "subject"
    # Letters of another alphabet that look the same: another account than it seems.
    alike = body | {"subject": "b\u0435rt"}
    assert committee.call("POST", path, alike, status=422, **SECRETARY)["field"] == "subject"
    strange = body | {"partner": "ketenaanpak"}
    assert committee.call("POST", path, strange, status=422, **SECRETARY)["field"] == "partner"
    # Another district's members are nobody's business.
    there: Who = {"role": "secretariat", "partner": "city", "district": "Antwerpen"}
    committee.call("GET", path, status=404, **there)
    committee.call("POST", path, body, status=404, **there)


def test_a_decision_waits_for_who_was_in_the_room(committee: Desk, protocol_id: str) -> None:
    path = provisional(committee, body := urgent(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=(("bert", "police"),))
    recorded(committee, held, "carla", "parket")
    point = committee.call("GET", at(held), **SECRETARY)["agenda"][0]
    assert (point["missing"], point["waits_for"]) == ([], ["parket"])
    assert (point["present"], point["awaited"]) == ({"bert": "police"}, {"carla": "parket"})
    values = {"meeting_id": held, **REASONS}
    # What the committee alone may do at once needs everybody's own word.
    lower = {"instrument": "SAM", "version": "2.1", "answers": {"N1": "no"}, "level": "low"}
    committee.call("PUT", f"{path}/assessment", lower | {"meeting_id": held}, status=409, **SECRETARY)
    assert committee.call("POST", f"{path}/grant", values, status=202, **SECRETARY)["state"] == "provisional"
    committee.call("POST", f"{path}/grant", values, status=409, **SECRETARY)
    assert committee.call("POST", f"{at(held)}/close", **SECRETARY)["agenda"][0]["state"] == "waiting"
    # Everything is as it was: the alarm lives, and people are reminded that it was not ratified.
    waiting = committee.call("GET", f"{path}/deadlines", **SECRETARY)
    assert [each["kind"] for each in waiting if each["state"] == "open"].count("ratification") == 1
    assert "alarm.granted.v1" not in [each.type for each in committee.published(body["enrolment_id"])]
    committee.call("POST", f"{at(held)}/presence", status=403, **member_of("carla", "police"))
    seen = committee.call("POST", f"{at(held)}/presence", **member_of("CARLA ", "parket"))
    assert seen["agenda"][0]["state"] == "decided"
    after = committee.call("GET", path, **SECRETARY)
    assert (after["state"], after["decision_waits"]) == ("granted", False)
    assert after["decision"]["present"] == {"bert": "police", "carla": "parket"}
    assert after["decision"]["decided_by"]
    committee.call("POST", f"{at(held)}/presence", **member_of("carla", "parket"))
    entries = [each.type for each in committee.published(body["enrolment_id"])]
    assert entries.count("alarm.granted.v1") == 1


def test_a_refusal_that_nobody_confirms_switches_nothing_off(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path = provisional(committee, urgent(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=(("bert", "police"),))
    ghost = f"ghost-{held}"
    recorded(committee, held, ghost, "parket")
    committee.call("POST", f"{path}/refuse", a_refusal(meeting_id=held), status=202, **SECRETARY)
    committee.call("POST", f"{at(held)}/close", **SECRETARY)
    committee.execute(
        f"UPDATE attendances SET confirm_by = now() - interval '2 days' WHERE meeting_id = '{held}'"
    )
    settle_decisions(database, Vault(VAULT_KEYS))
    assert committee.call("GET", path, **SECRETARY)["state"] == "provisional"
    minutes = committee.text_of(f"{at(held)}/minutes.pdf", **SECRETARY)
    assert "Niet bevestigd binnen de termijn" in minutes
    assert "de beslissing wacht" in minutes
    # Another meeting may decide; what waited lapses, whoever confirms it after all.
    again = meeting(committee, protocol_id, about(path))
    committee.call("POST", f"{path}/grant", {"meeting_id": again, **REASONS}, **SECRETARY)
    seen = committee.call("POST", f"{at(held)}/presence", **member_of(ghost, "parket"))
    assert seen["agenda"][0]["state"] == "adjourned"
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"
    happened = [each["what"] for each in committee.call("GET", f"{path}/history", **SECRETARY)]
    assert happened.count("decision lapsed") == 1


def test_a_process_that_died_after_the_confirmation_is_made_good(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    (review,) = reviews(committee, enrolment, "periodic")
    held = meeting(committee, protocol_id, {"review_id": review["id"]}, people=(("bert", "police"),))
    recorded(committee, held, "carla", "parket")
    ends_on = str(belgian_today(30))
    met = {"intimate": {"met": True}, "reachable": {"met": True}}
    values = {"meeting_id": held, "outcome": "extend", "ends_on": ends_on, "conditions": met, **REASONS}
    waits = committee.call("POST", f"/v1/reviews/{review['id']}/hold", values, status=202, **SECRETARY)
    assert waits["state"] == "open"
    committee.execute(f"UPDATE attendances SET confirmed_at = now() WHERE meeting_id = '{held}'")
    for _ in range(2):
        settle_decisions(database, Vault(VAULT_KEYS))
    assert committee.call("GET", at(held), **SECRETARY)["agenda"][0]["state"] == "decided"
    assert review["id"] not in [each["id"] for each in reviews(committee, enrolment)]
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"


def test_a_conflict_of_interest_that_becomes_known_keeps_a_decision_waiting(
    committee: Desk, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=(("bert", "police"),))
    recorded(committee, held, "carla", "parket")
    committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, status=202, **SECRETARY)
    own = {"reason": "my niece"}
    committee.call("POST", f"{path}/conflicts", own, status=204, **member_of("Carla\u00ad", "parket"))
    committee.call("POST", f"{at(held)}/presence", **member_of("carla", "parket"))
    assert committee.call("GET", path, **SECRETARY)["state"] == "submitted"


def test_a_meeting_from_before_goes_on_with_members(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path))
    # As a process from before wrote them: typed, for nobody in particular.
    committee.execute(
        "UPDATE attendances SET member_id = NULL, recorded_by = NULL, confirmed_at = NULL "
        f"WHERE meeting_id = '{held}'"
    )
    seen = committee.call("GET", at(held), **SECRETARY)
    assert [who["member_id"] for who in seen["attendance"]] == [None, None]
    assert seen["agenda"][0]["missing"] == ["police", "parket"]
    assert committee.text_of(f"{at(held)}/minutes.pdf", **SECRETARY)
    for person, partner in (("bert", "police"), ("carla", "parket")):
        come_in(committee, held, person, partner)
    answer = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, **SECRETARY)
    assert answer["state"] == "granted"
    go(committee, held, "bert")


def standing(subject: str, partner: str, **more: Any) -> dict[str, Any]:
    """A member as a protocol names one."""
    return {"subject": subject, "name": subject.title(), "partner": partner, "role": "member", **more}


def with_members(*members: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return a_protocol(members=list(members)) | changed


def listed(committee: Desk, protocol_id: str) -> dict[str, tuple[str, str, int | None]]:
    found = committee.call("GET", f"/v1/protocols/{protocol_id}/members", **SECRETARY)
    return {each["person"]: (each["partner"], each["state"], each["protocol_version"]) for each in found}


def test_who_stands_in_the_protocol_needs_no_invitation(committee: Desk) -> None:
    protocol_id = in_force(committee, with_members(standing("ans", "police"), standing("pol", "parket")))
    assert listed(committee, protocol_id) == {
        "ans": ("police", "confirmed", 1),
        "pol": ("parket", "confirmed", 1),
    }
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=())
    # Named, and nowhere: being there is each one's own word, with a token of that partner.
    (point,) = committee.call("GET", at(held), **SECRETARY)["agenda"]
    assert (point["present"], point["missing"]) == ({}, ["police", "parket"])
    committee.call("POST", f"{at(held)}/presence", status=403, **member_of("ans", "parket"))
    committee.call("POST", f"{at(held)}/presence", **member_of("ANS ", "police"))
    committee.call("POST", f"{at(held)}/presence", **member_of("pol", "parket"))
    answer = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, **SECRETARY)
    assert answer["decision"]["present"] == {"ans": "police", "pol": "parket"}


def test_what_was_signed_is_frozen_with_its_version(committee: Desk) -> None:
    protocol_id = in_force(committee, with_members(standing("ans", "police"), standing("pol", "parket")))
    members = f"/v1/protocols/{protocol_id}/members"
    for partner, problem in (("police", "member-in-protocol"), ("parket", "member-elsewhere")):
        refused = invited(committee, protocol_id, "Ans", partner, status=409)
        assert refused["type"] == f"urn:stalkingalarm:{problem}"
    ans = next(each for each in committee.call("GET", members, **SECRETARY) if each["person"] == "ans")
    committee.call("POST", f"{members}/{ans['id']}/end", status=409, **SECRETARY)
    # The next version changes nothing until it is in force, and then all of it.
    invited(committee, protocol_id, "tess", "police")
    following = with_members(standing("tess", "parket"), standing("pol", "parket", role="chair"))
    draft = f"/v1/protocols/{protocol_id}/draft"
    committee.call("PUT", draft, following, **SECRETARY)
    before = {"ans": ("police", "confirmed", 1), "pol": ("parket", "confirmed", 1)}
    assert listed(committee, protocol_id) == before | {"tess": ("police", "invited", None)}
    held = meeting(committee, protocol_id, people=())
    committee.call("POST", f"{at(held)}/presence", status=403, **member_of("tess", "parket"))
    in_force(committee, following, protocol_id)
    now = {"tess": ("parket", "confirmed", 2), "pol": ("parket", "confirmed", 2)}
    assert listed(committee, protocol_id) == now
    committee.call("POST", f"{at(held)}/presence", status=404, **member_of("ans", "police"))
    committee.call("POST", f"{at(held)}/presence", **member_of("tess", "parket"))
    for version, who in ((1, {"ans", "pol"}), (2, {"tess", "pol"})):
        told = committee.call("GET", f"/v1/protocols/{protocol_id}/versions/{version}/members", **SECRETARY)
        assert {each["subject"] for each in told} == who


def test_the_pages_of_a_protocol_show_who_stands_in_it(committee: Desk) -> None:
    protocol_id = in_force(committee, with_members(standing("ans", "police"), standing("pol", "parket")))
    draft = committee.answer(f"/desk/protocols/{protocol_id}/draft", **SECRETARY).text
    for field in ('name="members.0.subject" value="pol"', 'name="members.1.subject" value="ans"'):
        assert field in draft
    path = f"/desk/protocols/{protocol_id}"
    assert "Pol</strong>" in committee.answer(path, **SECRETARY).text
    there: Who = {"role": "secretariat", "partner": "city", "district": "Antwerpen"}
    assert "Pol</strong>" not in committee.answer(path, **there).text


def test_they_are_members_for_their_dates(committee: Desk) -> None:
    today = belgian_today()
    later, over = str(today + timedelta(days=3)), str(today - timedelta(days=2))
    protocol_id = in_force(
        committee,
        with_members(
            standing("ans", "police", valid_from=later),
            standing("pol", "parket", valid_from="2020-01-01", valid_until=over),
            standing("eve", "parket", valid_from="2020-01-01"),
        ),
    )
    held = meeting(committee, protocol_id, people=())
    for subject, partner, status in (("ans", "police", 404), ("pol", "parket", 404), ("eve", "parket", 200)):
        committee.call("POST", f"{at(held)}/presence", status=status, **member_of(subject, partner))
    # Nobody was a member before the version bound.
    found = committee.call("GET", f"/v1/protocols/{protocol_id}/members", **SECRETARY)
    assert {each["valid_from"] for each in found if each["person"] == "eve"} == {str(today)}


def test_a_protocol_says_of_every_member_what_is_wrong(committee: Desk) -> None:
    wrong = with_members(
        standing("ans", "police"),
        standing(" ANS", "parket"),
        standing("pol", "ketenaanpak"),
        standing("b\u0435rt", "police", valid_from="2027-02-01", valid_until="2027-01-01"),
    )
    refused = committee.call("PUT", f"/v1/protocols/{uuid4()}/draft", wrong, status=422, **SECRETARY)
    assert {each["field"] for each in refused["errors"]} == {
        "members.1.subject",
        "members.2.partner",
        "members.3.subject",
        "members.3.valid_until",
    }


def test_members_of_a_protocol_are_told_to_its_own_people_only(committee: Desk) -> None:
    body = with_members(standing("ans", "police"), standing("pol", "parket"))
    protocol_id = in_force(committee, body)
    path = f"/v1/protocols/{protocol_id}"
    there: Who = {"role": "secretariat", "partner": "city", "district": "Antwerpen"}
    committee.call("GET", f"{path}/versions/1/members", status=403, **there)
    committee.call("GET", f"{path}/versions/1/members", status=403, **POLICE)
    for where in (path, f"{path}/versions", f"{path}/history"):
        assert "Pol" not in str(committee.call("GET", where, **there))
    # Nor do names rest in clear.
    rows = committee.sql(f"SELECT content::text FROM protocols WHERE id = '{protocol_id}'")
    assert "Pol" not in str(rows)
    # The same again is no new draft; other members are.
    committee.call("PUT", f"{path}/draft", body, **SECRETARY)
    committee.call("PUT", f"{path}/draft", body, **SECRETARY)
    drafts = [each["what"] for each in committee.call("GET", f"{path}/history", **SECRETARY)]
    assert drafts.count("version 2 drafted") == 1
    committee.call("PUT", f"{path}/draft", with_members(standing("ans", "police")), **SECRETARY)
    drafts = [each["what"] for each in committee.call("GET", f"{path}/history", **SECRETARY)]
    assert drafts.count("version 2 drafted") == 2


SPELT = (
    str, str.upper, str.title,
    lambda name: f" {name}\u00a0", lambda name: "\u200b".join(name), lambda name: f"{name}\u3164\ufe0f",
    lambda name: "".join(chr(ord(sign) + 0xFEE0) for sign in name), lambda name: f"\u2800{name}\U000e0061",
)  # fmt: skip
NAMES = st.sampled_from(("ann", "bob", "cas"))
PEOPLE = st.builds(lambda name, spell: spell(name), NAMES, st.sampled_from(SPELT))
PARTNERS = st.sampled_from(("police", "parket", "city"))
STEPS = st.one_of(
    st.tuples(st.just("invite"), PEOPLE, PARTNERS),
    st.tuples(st.just("come"), PEOPLE, PARTNERS),
    st.tuples(st.sampled_from(("confirm", "record", "leave", "end")), PEOPLE, PARTNERS),
    st.tuples(st.sampled_from(("come", "grant")), PEOPLE, PARTNERS),
)


class Room:
    """A meeting about one case, whatever anybody types, signs in as, or spells."""

    def __init__(self, committee: Desk, *named: tuple[str, str]) -> None:
        """`named`: who stands in the protocol itself, in any spelling, as far as it takes them."""
        once = {account(who): standing(who, partner) for who, partner in named}
        self.committee, self.protocol_id = committee, in_force(committee, with_members(*once.values()))
        self.path = submitted(committee, whole(self.protocol_id))
        self.held = meeting(committee, self.protocol_id, about(self.path), people=())
        self.members = f"/v1/protocols/{self.protocol_id}/members"
        # Who said of themselves, with a token of that partner, that they are there.
        self.said: set[tuple[str, str]] = set()

    def step(self, what: str, who: str, partner: str) -> None:
        clerk: Who = {"role": "secretariat", "partner": partner, "district": "Gent", "sub": who}
        match what:
            case "invite":
                body = {"subject": who, "partner": partner, "name": who}
                self._do("POST", self.members, body, SECRETARY)
            case "confirm":
                self._do("POST", f"{self.members}/confirm", None, member_of(who, partner))
            case "come":
                if self._do("POST", f"{at(self.held)}/presence", None, member_of(who, partner)) == 200:
                    self.said.add((account(who), partner))
            case "grant":
                self._do("POST", f"{self.path}/grant", {"meeting_id": self.held, **REASONS}, clerk)
            case "end":
                self._do("POST", f"{self.members}/{self._member(who)}/end", None, clerk)
            case "record" | "leave":
                where = f"{at(self.held)}/attendance" + ("/leave" if what == "leave" else "")
                done = self._do("POST", where, {"member_id": self._member(who)}, clerk)
                if what == "record" and done == 200 and partner == self._partner(who):
                    # At their own desk.
                    self.said.add((account(who), partner))

    def check(self) -> None:
        """Nothing is granted but by two persons of police and parket who said so themselves."""
        case = self.committee.call("GET", self.path, **SECRETARY)
        if case["state"] == "submitted":
            return
        event("granted")
        present: dict[str, str] = case["decision"]["present"]
        assert set(present.items()) <= self.said
        by = {partner: who for who, partner in present.items()}
        assert by["police"] != by["parket"]

    def _do(self, method: str, path: str, body: Any, who: Who) -> int:
        status = self.committee.raw_json(method, path, body, **who)
        assert status < 500
        return status

    def _known(self, who: str) -> dict[str, Any]:
        found = self.committee.call("GET", self.members, **SECRETARY)
        return next((each for each in found if each["person"] == account(who)), {})

    def _member(self, who: str) -> str:
        return str(self._known(who).get("id", uuid4()))

    def _partner(self, who: str) -> str | None:
        return self._known(who).get("partner")


@pytest.mark.timeout(60 + 10 * EXAMPLES)
def test_no_sequence_gives_a_quorum_without_two_persons(committee: Desk) -> None:
    @settings(max_examples=EXAMPLES, deadline=None)
    @given(st.lists(STEPS, min_size=4, max_size=25), st.lists(st.tuples(PEOPLE, PARTNERS), max_size=3))
    def whatever(steps: list[tuple[str, str, str]], named: list[tuple[str, str]]) -> None:
        room = Room(committee, *named)
        for step in steps:
            room.step(*step)
            room.check()

    whatever()


@pytest.mark.parametrize("spell", SPELT)
def test_one_account_never_decides_alone(committee: Desk, spell: Any) -> None:
    """Propose for the police, sit as both, and grant: the audit's case, in each spelling."""
    room, me = Room(committee), "ann"
    for who, partner in ((me, "police"), (spell(me), "parket"), ("bob", "parket")):
        room.step("invite", who, partner)
        room.step("come", who, partner)
        room.step("record", who, "city")
    # So many there, on somebody's word; without the third one it is nothing.
    room.step("grant", me, "city")
    assert committee.call("GET", room.path, **SECRETARY)["state"] == "granted"
    alone = Room(committee)
    for who, partner in ((me, "police"), (spell(me), "parket")):
        for what in ("invite", "come", "record", "grant"):
            alone.step(what, who, partner)
        alone.check()
    assert committee.call("GET", alone.path, **SECRETARY)["state"] == "submitted"
    assert alone.said == {(me, "police")}


def test_the_magistrate_grants_without_a_meeting_and_without_members(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, urgent(protocol_id), POLICE)
    answer = committee.call("POST", f"{path}/grant-provisionally", REASONS, **MAGISTRATE)
    assert answer["state"] == "provisional"
