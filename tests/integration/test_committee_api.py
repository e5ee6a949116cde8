"""The committee over HTTP with real tokens and a real database: who may call what, and applications."""

import time
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.committee.api import create_app
from services.committee.settings import CommitteeSettings
from tests.support.builders import a_referral, an_application
from tests.support.committee import (
    MAGISTRATE,
    POLICE,
    SECRETARY,
    about,
    declare_conflict,
    drafted,
    meeting,
    named,
    submitted,
    urgent,
    whole,
)
from tests.support.desks import Desk, Who
from tests.support.tokens import AUDIT, ROLES, SIGN_IN, Issuer

EVERYTHING_MISSING = {
    *("enrolment_id", "protocol_id", "procedure", "pv_numbers"),
    *("elements.harassment", "elements.serious_disturbance", "elements.knew_or_should_have_known"),
    *("assessment.instrument", "assessment.version", "assessment.answers", "assessment.level"),
}

PROPOSERS = {"committee", "secretariat", "file_manager", "follow_up"}
READERS = PROPOSERS | {"magistrate", "procureur", "procureur_general"}
MEMBERS = {"committee", "secretariat", "magistrate", "procureur"}
DESK = {"secretariat"}
GENERAL = {"procureur_general"}
NOBODY = str(UUID(int=1))
A = f"/v1/applications/{NOBODY}"
P = f"/v1/protocols/{NOBODY}"
V = f"{P}/versions/1"
M = f"/v1/meetings/{NOBODY}"
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("PUT", f"{P}/draft"): DESK | {"admin"},
    ("POST", f"{V}/submit"): DESK | {"admin"},
    ("GET", f"{V}/members"): MEMBERS | GENERAL | {"admin"},
    ("POST", f"{V}/approve"): GENERAL,
    ("POST", f"{V}/send-back"): GENERAL,
    ("POST", f"{V}/sign"): {"procureur"},
    ("GET", "/v1/protocols"): READERS | {"admin"},
    ("GET", P): READERS | {"admin"},
    ("GET", f"{P}/versions"): READERS | {"admin"},
    ("GET", f"{P}/history"): READERS | {"admin"},
    ("POST", "/v1/applications"): PROPOSERS,
    ("PATCH", A): PROPOSERS,
    ("POST", f"{A}/submit"): PROPOSERS,
    ("POST", f"{A}/withdraw"): PROPOSERS,
    ("PUT", f"{A}/assessment"): PROPOSERS | {"magistrate"},
    ("PUT", f"{A}/opinion"): MEMBERS | {"follow_up"},
    ("GET", f"{A}/opinions"): MEMBERS | {"follow_up"},
    ("POST", f"{A}/conflicts"): MEMBERS,
    ("GET", f"{A}/conflicts"): {"secretariat", "procureur"},
    ("POST", f"{A}/conflicts/withdraw"): {"secretariat", "procureur"},
    ("GET", A): READERS,
    ("GET", f"{A}/history"): MEMBERS,
    ("GET", "/v1/applications"): READERS,
    ("GET", "/v1/board"): MEMBERS,
    ("GET", f"{A}/deadlines"): MEMBERS,
    ("GET", "/v1/reviews"): MEMBERS,
    ("POST", f"{A}/grant-provisionally"): {"magistrate"},
    ("POST", f"{A}/decline-urgency"): {"magistrate"},
    ("POST", f"{A}/grant"): DESK,
    ("POST", f"{A}/refuse"): DESK,
    ("POST", f"{A}/ask-for-reconsideration"): PROPOSERS,
    ("POST", f"/v1/reviews/{NOBODY}/hold"): DESK,
    ("POST", f"{A}/close"): DESK,
    ("POST", f"{A}/propose-decision"): DESK,
    ("POST", f"{A}/approve-draft"): GENERAL,
    ("POST", f"{A}/send-draft-back"): GENERAL,
    ("GET", f"{M}/minutes.pdf"): MEMBERS,
    ("GET", f"{A}/decision.pdf"): READERS,
    ("POST", f"{A}/refer"): DESK,
    ("GET", f"{A}/handovers"): MEMBERS,
    ("GET", "/v1/handovers"): MEMBERS,
    ("POST", f"/v1/handovers/{NOBODY}/accept"): DESK,
    ("POST", f"/v1/handovers/{NOBODY}/decline"): DESK,
    ("POST", "/v1/meetings"): DESK,
    ("POST", f"{M}/agenda"): DESK,
    ("GET", "/v1/meetings"): MEMBERS,
    ("GET", M): MEMBERS,
    ("POST", f"{M}/open"): DESK,
    ("POST", f"{M}/attendance"): DESK,
    ("POST", f"{M}/attendance/leave"): DESK,
    ("POST", f"{M}/presence"): MEMBERS,
    ("GET", f"{P}/members"): MEMBERS,
    ("POST", f"{P}/members"): DESK,
    ("POST", f"{P}/members/confirm"): MEMBERS,
    ("POST", f"{P}/members/{NOBODY}/end"): DESK,
    ("POST", f"{M}/close"): DESK,
    **AUDIT,
}


@pytest.mark.parametrize("role", ROLES)
def test_role_by_endpoint(committee: Desk, issuer: Issuer, role: str) -> None:
    headers = issuer.headers(role, partner="police", zone="z1")
    for (method, path), roles in ALLOWED.items():
        status = committee.raw(method, path, headers)
        assert (status == 403) == (role not in roles), f"{role} {method} {path}: {status}"
        assert status != 500


def test_the_table_names_every_endpoint(committee_settings: CommitteeSettings) -> None:
    paths = create_app(committee_settings).openapi()["paths"]
    known = {(m.upper(), p) for p, methods in paths.items() for m in methods if not p.startswith("/health")}
    names = {
        "/v1/applications/": "{application_id}",
        "/v1/protocols/": "{protocol_id}",
        "/v1/meetings/": "{meeting_id}",
        "/v1/reviews/": "{review_id}",
        "/v1/handovers/": "{handover_id}",
        "/members/": "{member_id}",
    }
    tabled = set()
    for method, tested in ALLOWED:
        path = tested.replace("/versions/1", "/versions/{version}")
        for before, name in names.items():
            path = path.replace(f"{before}{NOBODY}", f"{before}{name}")
        tabled.add((method, path))
    # Signed instead: tests/integration/test_committee_chain_back.py.
    assert known == tabled | SIGN_IN | {("POST", "/v1/chain-approach/webhook")}


def test_no_or_a_wrong_token_opens_nothing(committee: Desk, issuer: Issuer) -> None:
    stranger = issuer.forged("committee")
    old = issuer.token("committee", exp=int(time.time()) - 60)
    elsewhere = issuer.token("committee", aud="another")
    for method, path in ALLOWED:
        assert committee.raw(method, path, {}) == 401
        for token in (stranger, old, elsewhere, "rubbish"):
            assert committee.raw(method, path, {"Authorization": f"Bearer {token}"}) == 401


def test_an_incomplete_application_is_kept_and_all_that_is_missing_named(committee: Desk) -> None:
    application = drafted(committee, {"proposer": "police"})
    refused = committee.call("POST", f"/v1/applications/{application}/submit", status=422, **POLICE)
    assert refused["type"] == "urn:stalkingalarm:application-incomplete"
    assert set(refused["missing"]) == EVERYTHING_MISSING
    assert {e["field"] for e in refused["errors"]} == EVERYTHING_MISSING
    assert committee.call("GET", f"/v1/applications/{application}", **POLICE)["state"] == "draft"
    assert committee.published(str(application)) == []


def test_each_condition_of_the_protocol_is_asked_for(committee: Desk, protocol_id: str) -> None:
    body = urgent(protocol_id) | {"conditions": {}, "urgency": None}
    application = drafted(committee, body)
    refused = committee.call("POST", f"/v1/applications/{application}/submit", status=422, **POLICE)
    assert set(refused["missing"]) == {"conditions.intimate", "conditions.reachable", "urgency"}


def test_what_the_protocol_does_not_allow_is_named(committee: Desk, protocol_id: str) -> None:
    wrong: dict[str, tuple[dict[str, Any], Who]] = {
        "proposer": ({"proposer": "the neighbour"}, SECRETARY),
        "protocol_id": ({"protocol_id": str(uuid4()), "conditions": {}}, SECRETARY),
        "conditions.rich": (
            {"conditions": an_application()["conditions"] | {"rich": {"met": True}}},
            SECRETARY,
        ),
    }
    for field, (changes, who) in wrong.items():
        application = drafted(committee, whole(protocol_id, **changes), who)
        refused = committee.call("POST", f"/v1/applications/{application}/submit", status=422, **who)
        assert [e["field"] for e in refused["errors"]] == [field]
    elsewhere: Who = {**POLICE, "zone": "z2"}
    application = drafted(committee, whole(protocol_id), elsewhere)
    refused = committee.call("POST", f"/v1/applications/{application}/submit", status=422, **elsewhere)
    assert [e["field"] for e in refused["errors"]] == ["protocol_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"procedure": "quick"}, "procedure"),
        ({"enrolment_id": "no id"}, "enrolment_id"),
        ({"pv_numbers": [" "]}, "pv_numbers.0"),
        ({"elements": {"guesswork": "x"}}, "elements.guesswork"),
        ({"conditions": {"intimate": {"met": "perhaps"}}}, "conditions.intimate.met"),
        ({"assessment": {"level": "terrible"}}, "assessment.level"),
        ({"language": "it"}, "language"),
    ],
)
def test_a_wrong_field_is_named(committee: Desk, change: dict[str, Any], field: str) -> None:
    assert committee.call("POST", "/v1/applications", change, status=422, **SECRETARY)["field"] == field


def test_a_draft_is_completed_step_by_step(committee: Desk, protocol_id: str) -> None:
    application = drafted(committee, {})
    for name, value in whole(protocol_id).items():
        steps = name in ("elements", "conditions", "assessment")
        for part in [{k: v} for k, v in value.items()] if steps else [value]:
            committee.call("PATCH", f"/v1/applications/{application}", {name: part}, **POLICE)
    read = committee.call("GET", f"/v1/applications/{application}", **POLICE)
    assert read["missing"] == []
    assert read["assessment"] == an_application()["assessment"]
    cleared = committee.call("PATCH", f"/v1/applications/{application}", {"pv_numbers": None}, **POLICE)
    assert cleared["missing"] == ["pv_numbers"]


def test_submitting_publishes_ids_and_nothing_personal(committee: Desk, protocol_id: str) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    (event,) = committee.published(body["enrolment_id"])
    assert event.type == "application.submitted.v1"
    assert event.data["application_id"] == about(path)["application_id"]
    assert (event.data["protocol_version"], event.data["procedure"]) == (1, "ordinary")
    assert "GE.37" not in event.model_dump_json()
    committee.call("POST", f"{path}/submit", status=409, **POLICE)
    refused = committee.call("PATCH", path, {}, status=409, **POLICE)
    assert refused["type"] == "urn:stalkingalarm:application-move-refused"


def test_a_partner_sees_and_enters_its_own_cases_only(committee: Desk, protocol_id: str) -> None:
    own = drafted(committee, {})
    foreign = drafted(committee, whole(protocol_id, proposer="victim-support"), SECRETARY)
    assert committee.call("GET", f"/v1/applications/{own}", **POLICE)["proposer"] == "police"
    others: tuple[Who, ...] = (
        {"role": "file_manager", "partner": "police", "zone": "z2"},
        {"role": "follow_up", "partner": "victim-support", "zone": "z1"},
    )
    for other in others:
        committee.call("GET", f"/v1/applications/{own}", status=404, **other)
        committee.call("PATCH", f"/v1/applications/{own}", {}, status=404, **other)
    committee.call("POST", f"/v1/applications/{foreign}/submit", status=404, **POLICE)
    assert own in (ids := {a["id"] for a in committee.call("GET", "/v1/applications", **POLICE)})
    assert foreign not in ids
    committee.call("POST", "/v1/applications", {"proposer": "victim-support"}, status=403, **POLICE)
    committee.call("POST", "/v1/applications", {}, status=403, role="follow_up")


def test_a_case_is_withdrawn_before_anything_is_decided(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    answer = committee.call("POST", f"{path}/withdraw", {"reasons": "she moved abroad"}, **POLICE)
    assert answer["state"] == "withdrawn"
    assert {d["state"] for d in committee.call("GET", f"{path}/deadlines", **SECRETARY)} == {"met"}
    committee.call("POST", f"{path}/withdraw", {"reasons": "again"}, status=409, **POLICE)


def test_any_officer_raises_the_risk_and_only_the_committee_lowers_it(
    committee: Desk, protocol_id: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    low, extreme = (an_application()["assessment"] | {"level": level} for level in ("low", "extreme"))
    refused = committee.call("PUT", f"{path}/assessment", low, status=403, **POLICE)
    assert (refused["field"], refused["type"]) == (
        "assessment.level",
        "urn:stalkingalarm:risk-lowered-by-officer",
    )
    raised = committee.call("PUT", f"{path}/assessment", extreme, **POLICE)
    assert raised["assessment"]["level"] == "extreme"
    committee.call("PUT", f"{path}/assessment", low, status=403, **MAGISTRATE)
    committee.call("PUT", f"{path}/assessment", low, status=403, **SECRETARY)
    sits = low | {"meeting_id": meeting(committee, protocol_id, about(path))}
    assert committee.call("PUT", f"{path}/assessment", sits, **SECRETARY)["assessment"]["level"] == "low"
    entries = [
        h["details"]["before"]
        for h in committee.call("GET", f"{path}/history", **SECRETARY)
        if h["what"] == "risk assessed"
    ]
    assert entries == ["high", "extreme"]


def test_each_partner_chooses_what_of_its_opinion_is_shared(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    aid: Who = {"role": "committee", "partner": "victim-support", "district": "Gent"}
    body = {"advice": "grant", "shared": "we see the same", "kept": "she is in therapy"}
    assert committee.call("PUT", f"{path}/opinion", body, **aid)[0]["kept"] == "she is in therapy"
    committee.call(
        "PUT", f"{path}/opinion", {"advice": "abstain"}, role="committee", partner="police", district="Gent"
    )
    for reader in (SECRETARY, MAGISTRATE, {"role": "committee", "partner": "police", "district": "Gent"}):
        found = committee.call("GET", f"{path}/opinions", **reader)
        assert [(o["partner"], o["shared"], o["kept"]) for o in found] == [
            ("police", None, None),
            ("victim-support", "we see the same", None),
        ]
    committee.call("PUT", f"{path}/opinion", body | {"shared": None}, **aid)
    (again,) = (o for o in committee.call("GET", f"{path}/opinions", **aid) if o["partner"] != "police")
    assert (again["shared"], again["kept"]) == (None, "she is in therapy")
    # Whose token names neither partner nor district belongs to no committee.
    committee.call("PUT", f"{path}/opinion", body, status=404, role="committee")


def test_a_conflict_of_interest_beats_every_role(committee: Desk, protocol_id: str) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    conflicted = named({"role": "committee", "partner": "police", "district": "Gent"}, "frank")
    committee.call("GET", path, **conflicted)
    on_agenda = meeting(committee, protocol_id, about(path))
    committee.call("POST", f"{path}/conflicts", {"subject": "gina", "reason": "x"}, status=403, **conflicted)
    assert committee.raw_json("POST", f"{path}/conflicts", {"reason": "her neighbour"}, **conflicted) == 204
    for method, where in (("GET", path), ("GET", f"{path}/opinions"), ("GET", f"{path}/history")):
        committee.call(method, where, status=404, **conflicted)
    for role in ("secretariat", "magistrate", "procureur"):
        committee.call("GET", path, status=404, **named({"role": role, "partner": "parket"}, "frank"))
    # Nor in any list, on any agenda, or in another application of the same victim.
    again = submitted(committee, body | {"pv_numbers": ["GE.2"]})
    committee.call("GET", again, status=404, **conflicted)
    for listed in ("/v1/applications?limit=500", "/v1/board?limit=500", "/v1/reviews?limit=500"):
        assert body["enrolment_id"] not in str(committee.call("GET", listed, **conflicted))
        if listed != "/v1/reviews?limit=500":
            assert body["enrolment_id"] in str(committee.call("GET", listed, **SECRETARY))
    assert committee.call("GET", f"/v1/meetings/{on_agenda}", **conflicted)["agenda"] == []
    assert len(committee.call("GET", f"/v1/meetings/{on_agenda}", **SECRETARY)["agenda"]) == 1
    declare_conflict(committee, path, "gina", "y")


def test_what_is_said_rests_encrypted(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id, elements=an_application()["elements"]))
    body = {"advice": "grant", "shared": "secret-shared", "kept": "secret-kept"}
    committee.call("PUT", f"{path}/opinion", body, role="committee", partner="police", district="Gent")
    declare_conflict(committee, path, "hans", "secret-conflict")
    meeting(committee, protocol_id, about(path))
    tables = [row[0] for row in committee.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    assert len(tables) > 10
    for table in tables:
        everything = b"".join(
            bytes(value) if isinstance(value, bytes) else str(value).encode()
            for row in committee.sql(f"SELECT * FROM {table}")
            for value in row
        )
        for secret in (b"GE.37", b"no-contact", b"secret-", b"Bert", b"lived together"):
            assert secret not in everything, (table, secret)


def test_without_a_chain_approach_it_says_so(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    refusal = committee.call("POST", f"{path}/refer", a_referral(), status=409, **SECRETARY)
    assert refusal["type"] == "urn:stalkingalarm:chain-approach-absent"
    assert committee.signed("{}", {}) == 409
    assert about(path)["application_id"] in str(committee.call("GET", "/v1/applications", **POLICE))
