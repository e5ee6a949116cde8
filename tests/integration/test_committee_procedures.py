"""Protocols, and how an alarm is decided: urgent, ordinary, reviewed, and outside any protocol."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.database.database import Database, engine_of
from chassis.security.accounts import account
from services.committee.settings import CommitteeSettings
from services.committee.usecases import protocols
from tests.support.builders import a_protocol, a_refusal
from tests.support.committee import (
    GENERAL,
    MAGISTRATE,
    OTHERS,
    POLICE,
    PROCUREUR,
    QUORUM,
    SECRETARY,
    about,
    come_in,
    declare_conflict,
    go,
    granted,
    in_force,
    meeting,
    provisional,
    refused,
    submitted,
    urgent,
    whole,
)
from tests.support.days import today
from tests.support.desks import Desk

REASONS = {"reasons": "all three elements are shown"}


def now() -> datetime:
    return datetime.now(UTC)


def kinds(committee: Desk, path: str, state: str = "open") -> set[str]:
    return {d["kind"] for d in committee.call("GET", f"{path}/deadlines", **SECRETARY) if d["state"] == state}


def types(committee: Desk, path: str) -> list[str]:
    enrolment = committee.call("GET", path, **SECRETARY)["enrolment_id"]
    return [event.type for event in committee.published(enrolment)]


# Protocols


def test_the_life_of_a_protocol(committee: Desk) -> None:
    path = f"/v1/protocols/{uuid4()}"
    committee.call("GET", path, status=404, **SECRETARY)
    first = committee.call("PUT", f"{path}/draft", a_protocol(), **SECRETARY)
    assert (first["version"], first["state"]) == (1, "draft")
    assert committee.call("PUT", f"{path}/draft", a_protocol(), **SECRETARY)["version"] == 1
    version = f"{path}/versions/1"
    committee.call("POST", f"{version}/approve", status=409, **GENERAL)
    committee.call("POST", f"{version}/submit", **SECRETARY)
    committee.call("PUT", f"{path}/draft", a_protocol(name="hasty"), status=409, **SECRETARY)
    back = committee.call("POST", f"{version}/send-back", {"remarks": "no retention period"}, **GENERAL)
    assert back["state"] == "sent_back"
    changed = a_protocol(modalities="kept for two years")
    assert committee.call("PUT", f"{path}/draft", changed, **SECRETARY)["version"] == 1
    committee.call("POST", f"{version}/submit", **SECRETARY)
    committee.call("POST", f"{version}/sign", {"in_force_from": "2026-01-01"}, status=409, **PROCUREUR)
    committee.call("POST", f"{version}/approve", **GENERAL)
    early = committee.call("POST", f"{version}/sign", {"in_force_from": "2026-01-01"}, status=422, **PROCUREUR)
    assert early["field"] == "in_force_from"
    signed = committee.call("POST", f"{version}/sign", {"in_force_from": today().isoformat()}, **PROCUREUR)
    assert signed["state"] == "in_force"
    assert committee.call("GET", path, **SECRETARY)["content"]["modalities"] == "kept for two years"
    (event,) = committee.published(path.rpartition("/")[2])
    assert (event.type, event.data["zones"]) == ("protocol.in_force.v1", ["z1"])
    history = committee.call("GET", f"{path}/history", **SECRETARY)
    assert [h["what"].partition(" ")[2].partition(" ")[2] for h in history] == [
        *("drafted", "submitted", "sent_back", "drafted", "submitted", "approved", "signed"),
    ]
    assert history[2]["details"] == {"remarks": "no retention period"}


def test_a_version_binds_from_its_day_and_the_one_before_no_longer(
    committee: Desk, committee_settings: CommitteeSettings
) -> None:
    protocol_id = in_force(committee)
    path = f"/v1/protocols/{protocol_id}"
    committee.call("PUT", f"{path}/draft", a_protocol(name="newer"), **SECRETARY)
    for move, who in (("submit", SECRETARY), ("approve", GENERAL)):
        committee.call("POST", f"{path}/versions/2/{move}", **who)
    tomorrow = today(1).isoformat()
    signed = committee.call("POST", f"{path}/versions/2/sign", {"in_force_from": tomorrow}, **PROCUREUR)
    assert signed["state"] == "signed"
    database = Database(engine_of(committee_settings), "/services/committee")

    def wait() -> int:
        return protocols.take_effect_due(database)

    assert wait() == 0
    assert committee.call("GET", path, **SECRETARY)["version"] == 1
    committee.execute(f"UPDATE due SET due_at = now() WHERE subject_id = '{protocol_id}:2'")
    assert wait() == 1
    assert committee.call("GET", path, **SECRETARY)["version"] == 2
    versions = committee.call("GET", f"{path}/versions", **SECRETARY)
    assert [v["state"] for v in versions] == ["in_force", "superseded"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quorum": ["police", "city"]}, "quorum"),
        ({"quorum": ["police", "parket", "church"]}, "quorum"),
        ({"proposers": ["church"]}, "proposers"),
        ({"zones": []}, "zones"),
        ({"conditions": [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]}, "conditions"),
        ({"delays": {"provisional_hours": 0}}, "delays.provisional_hours"),
        ({"purpose": None}, "purpose"),
    ],
)
def test_a_protocol_that_cannot_work_is_refused(committee: Desk, change: dict[str, Any], field: str) -> None:
    path = f"/v1/protocols/{uuid4()}/draft"
    assert committee.call("PUT", path, a_protocol(**change), status=422, **SECRETARY)["field"] == field


def test_the_version_of_the_submission_is_frozen(committee: Desk) -> None:
    protocol_id = in_force(committee)
    path = submitted(committee, whole(protocol_id))
    in_force(committee, a_protocol(quorum=["police", "parket", "city"]), protocol_id)
    assert granted(committee, protocol_id, path)["decision"]["protocol_version"] == 1


# Urgent


def test_urgent_granted_at_once_and_ratified(committee: Desk, protocol_id: str) -> None:
    body = urgent(protocol_id)
    path = submitted(committee, body)
    (deadline,) = committee.call("GET", f"{path}/deadlines", **SECRETARY)
    assert deadline["kind"] == "provisional_decision"
    assert (datetime.fromisoformat(deadline["due_at"]) - now()) == pytest.approx(
        timedelta(hours=4), abs=timedelta(minutes=1)
    )
    answer = committee.call("POST", f"{path}/grant-provisionally", REASONS, **MAGISTRATE)
    assert (answer["state"], answer["decision"]["kind"]) == ("provisional", "provisional")
    event = committee.published(body["enrolment_id"])[-1]
    assert event.type == "alarm.provisionally_granted.v1"
    assert kinds(committee, path) == {"ratification", "urgent_installation"}
    answer = granted(committee, protocol_id, path)
    assert (answer["state"], [d["kind"] for d in answer["decisions"]]) == ("granted", ["provisional", "final"])
    assert kinds(committee, path) == {"review", "end", "urgent_installation"}
    assert types(committee, path)[-1] == "alarm.granted.v1"
    committee.call("POST", f"{path}/grant-provisionally", REASONS, status=409, **MAGISTRATE)


def test_urgent_not_ratified_lives_until_people_end_it(committee: Desk, protocol_id: str) -> None:
    path = provisional(committee, urgent(protocol_id))
    answer = refused(committee, protocol_id, path)
    assert answer["state"] == "ending"
    assert set(types(committee, path)[-2:]) == {"alarm.refused.v1", "alarm.ending.v1"}


def test_urgency_declined_goes_the_ordinary_way(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, urgent(protocol_id))
    answer = committee.call("POST", f"{path}/decline-urgency", {"reasons": "he is in prison"}, **MAGISTRATE)
    assert (answer["state"], answer["procedure"]) == ("submitted", "ordinary")
    assert kinds(committee, path) == {"decision"}
    committee.call("POST", f"{path}/grant-provisionally", REASONS, status=409, **MAGISTRATE)
    assert granted(committee, protocol_id, path)["state"] == "granted"


def test_an_ordinary_case_is_not_granted_provisionally(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    committee.call("POST", f"{path}/grant-provisionally", REASONS, status=409, **MAGISTRATE)


# Ordinary


def test_ordinary_needs_a_meeting_with_quorum(committee: Desk, protocol_id: str) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    assert kinds(committee, path) == {"decision"}
    held = meeting(committee, protocol_id, about(path), people=QUORUM[:1])
    decide = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", decide, status=409, **SECRETARY)
    assert (lacking["type"], lacking["missing"]) == ("urn:stalkingalarm:quorum-missing", ["parket"])
    assert come_in(committee, held, *QUORUM[1])["agenda"][0]["missing"] == []
    go(committee, held, "carla")
    committee.call("POST", f"{path}/grant", decide, status=409, **SECRETARY)
    come_in(committee, held, *QUORUM[1])
    answer = committee.call("POST", f"{path}/grant", decide, **SECRETARY)
    decision = answer["decision"]
    assert decision["present"] == {"bert": "police", "carla": "parket"}
    assert 89 <= (date.fromisoformat(decision["review_on"]) - today()).days <= 92
    assert 180 <= (date.fromisoformat(decision["ends_on"]) - today()).days <= 184
    event = committee.published(body["enrolment_id"])[-1]
    assert (event.type, event.data["decision_id"]) == ("alarm.granted.v1", decision["id"])
    assert event.data["ends_on"] == decision["ends_on"]
    assert committee.call("GET", f"/v1/meetings/{held}", **SECRETARY)["agenda"][0]["state"] == "decided"


@pytest.mark.parametrize("subject", ["a/b c%?", "..", "a%2Fb", "x#y&z=é", "<b>'\""])
def test_whoever_came_in_can_leave(committee: Desk, protocol_id: str, subject: str) -> None:
    held = meeting(committee, protocol_id, people=((subject, "police"),))
    (stay,) = go(committee, held, subject)["attendance"]
    assert (stay["subject"], stay["left_at"] is None) == (account(subject), False)
    path = f"/v1/meetings/{held}/attendance/leave"
    nobody = committee.call("POST", path, {"member_id": str(uuid4())}, status=404, **SECRETARY)
    assert nobody["field"] == "member_id"
    assert committee.call("POST", path, {}, status=422, **SECRETARY)["errors"][0]["field"] == "member_id"


def test_nothing_is_decided_outside_an_open_meeting(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    other = meeting(committee, protocol_id)
    for where, status in ((str(uuid4()), 404), (other, 404)):
        committee.call("POST", f"{path}/grant", {"meeting_id": where, **REASONS}, status=status, **SECRETARY)
    committee.call("POST", f"/v1/meetings/{other}/agenda", about(path), **SECRETARY)
    closed = committee.call("POST", f"/v1/meetings/{other}/close", **SECRETARY)
    assert closed["agenda"][0]["state"] == "adjourned"
    committee.call("POST", f"{path}/grant", {"meeting_id": other, **REASONS}, status=409, **SECRETARY)
    committee.call("POST", f"/v1/meetings/{other}/open", status=409, **SECRETARY)
    draft = committee.call("POST", "/v1/applications", {}, status=201, **POLICE)["id"]
    planned = meeting(committee, protocol_id)
    item = {"application_id": draft}
    committee.call("POST", f"/v1/meetings/{planned}/agenda", item, status=409, **SECRETARY)


def test_a_condition_that_is_not_met_is_no_ground_for_an_alarm(committee: Desk, protocol_id: str) -> None:
    conditions = {"intimate": {"met": True}, "reachable": {"met": False, "grounds": "no telephone"}}
    path = submitted(committee, whole(protocol_id, conditions=conditions))
    held = meeting(committee, protocol_id, about(path))
    decide = {"meeting_id": held, **REASONS}
    unmet = committee.call("POST", f"{path}/grant", decide, status=409, **SECRETARY)
    assert unmet["unmet"] == ["reachable"]
    found = decide | {"conditions": {"reachable": {"met": True, "grounds": "bought one"}}}
    answer = committee.call("POST", f"{path}/grant", found, **SECRETARY)
    assert answer["conditions"]["reachable"] == {"met": True, "grounds": "bought one"}


def test_who_is_conflicted_does_not_count(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    declare_conflict(committee, path, "carla", "aunt")
    held = meeting(committee, protocol_id, about(path))
    lacking = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, status=409, **SECRETARY)
    assert (lacking["missing"], lacking["excluded"]) == (["parket"], ["carla"])
    come_in(committee, held, "eva", "parket")
    answer = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, **SECRETARY)
    assert answer["decision"]["excluded"] == {"carla": "parket"}


@pytest.mark.parametrize("name", a_refusal())
def test_a_refusal_says_why_what_instead_and_how_to_object(
    committee: Desk, protocol_id: str, name: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path))
    less = {k: v for k, v in a_refusal().items() if k != name} | {"meeting_id": held}
    assert committee.call("POST", f"{path}/refuse", less, status=422, **SECRETARY)["field"] == name
    committee.call("POST", f"{path}/refuse", a_refusal(meeting_id=held), **SECRETARY)
    assert types(committee, path)[-1] == "alarm.refused.v1"
    read = committee.call("GET", path, **POLICE)
    assert {k: read["decision"][k] for k in a_refusal()} == a_refusal()


def test_a_review_of_a_refusal_is_decided_by_others(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    refused(committee, protocol_id, path)
    answer = committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "new threats"}, **POLICE)
    assert answer["state"] == "reopened"
    assert types(committee, path)[-1] == "application.reopened.v1"
    assert kinds(committee, path) == {"decision"}
    held = meeting(committee, protocol_id, about(path))
    decide = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", decide, status=409, **SECRETARY)
    assert set(lacking["excluded"]) == {"bert", "carla"}
    for who in OTHERS:
        come_in(committee, held, *who)
    assert committee.call("POST", f"{path}/grant", decide, **SECRETARY)["state"] == "granted"


def test_a_review_of_what_was_not_ratified_leaves_the_alarm_alone(committee: Desk, protocol_id: str) -> None:
    path = provisional(committee, urgent(protocol_id))
    refused(committee, protocol_id, path)
    answer = committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "he is back"}, **POLICE)
    assert answer["state"] == "provisional"
    held = meeting(committee, protocol_id, about(path), people=QUORUM + OTHERS)
    answer = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, **SECRETARY)
    assert set(answer["decision"]["present"]) == {"dirk", "eva"}


# Outside a protocol


def outside(committee: Desk) -> str:
    body = whole(str(uuid4()), exceptional="no protocol in this district yet", conditions={})
    return submitted(committee, body | {"protocol_id": None})


def test_outside_a_protocol_the_procureur_generaal_approves(committee: Desk, protocol_id: str) -> None:
    path = outside(committee)
    held = meeting(committee, protocol_id, about(path))
    committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, status=409, **SECRETARY)
    committee.call("POST", f"{path}/approve-draft", status=409, **GENERAL)
    proposal = {"meeting_id": held, "outcome": "grant", **REASONS}
    drafted = committee.call("POST", f"{path}/propose-decision", proposal, **SECRETARY)
    assert (drafted["state"], drafted["decision"]["kind"]) == ("awaiting_approval", "draft")
    assert types(committee, path) == ["application.submitted.v1"]
    assert "draft_approval" in kinds(committee, path)
    ours = about(path)["application_id"]
    assert ours in [a["id"] for a in committee.call("GET", "/v1/applications?limit=500", **GENERAL)]
    committee.call("POST", f"{path}/send-draft-back", {"remarks": "say more"}, **GENERAL)
    again = meeting(committee, protocol_id, about(path))
    committee.call("POST", f"{path}/propose-decision", proposal | {"meeting_id": again}, **SECRETARY)
    answer = committee.call("POST", f"{path}/approve-draft", **GENERAL)
    assert (answer["state"], answer["decision"]["protocol_id"]) == ("granted", None)
    assert answer["decision"]["approved_by"] == "test-procureur_general"
    assert types(committee, path)[-1] == "alarm.granted.v1"


def test_the_procureur_generaal_sees_no_other_case(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    committee.call("GET", path, status=404, **GENERAL)
    seen = committee.call("GET", "/v1/applications?limit=500", **GENERAL)
    assert about(path)["application_id"] not in [a["id"] for a in seen]


def test_under_a_protocol_the_committee_decides_itself(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path))
    proposal = {"meeting_id": held, "outcome": "grant", **REASONS}
    committee.call("POST", f"{path}/propose-decision", proposal, status=409, **SECRETARY)
