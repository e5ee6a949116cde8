"""The committee over HTTP with real tokens and a real database: refusals first."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database, engine_of
from chassis.errors import Invalid
from contracts.common import Outcome
from contracts.dispatch import IncidentClosed
from contracts.envelope import Event, wrap
from services.committee import events, invariants, usecases
from services.committee.api import create_app
from services.committee.schemas import APPLICATION, PROTOCOL, REFUSAL
from services.committee.settings import CommitteeSettings
from tests.support.desks import Desk, Who, desk, environment
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer

SECRETARY: Who = {"role": "committee", "partner": "committee"}
POLICE: Who = {"role": "file_manager", "partner": "police", "zone": "z1"}
EVERYTHING_MISSING = {
    "enrolment_id",
    "protocol_id",
    "procedure",
    "pv_numbers",
    "elements.harassment",
    "elements.serious_disturbance",
    "elements.knew_or_should_have_known",
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as started:
        yield started


@pytest.fixture(scope="module")
def settings(cluster: Cluster, issuer: Issuer) -> CommitteeSettings:
    return CommitteeSettings.model_validate(environment(issuer, cluster.database("committee")))


@pytest.fixture(scope="module")
def committee(settings: CommitteeSettings, issuer: Issuer) -> Iterator[Desk]:
    with desk(create_app(settings), issuer, settings.database_url.get_secret_value()) as opened:
        yield opened
        for name, statement in invariants.INVARIANTS.items():
            assert opened.sql(statement) == [], name


@pytest.fixture(scope="module")
def protocol_id(committee: Desk) -> str:
    known = str(uuid4())
    committee.call("PUT", f"/v1/protocols/{known}", PROTOCOL, role="admin")
    return known


@pytest.fixture
def whole(protocol_id: str) -> dict[str, Any]:
    return APPLICATION | {"protocol_id": protocol_id, "enrolment_id": str(uuid4())}


def drafted(committee: Desk, body: dict[str, Any], who: Who = SECRETARY) -> str:
    return str(committee.call("POST", "/v1/applications", body, status=201, **who)["id"])


def submitted(committee: Desk, body: dict[str, Any]) -> str:
    application = drafted(committee, body)
    committee.call("POST", f"/v1/applications/{application}/submit", **SECRETARY)
    return application


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


READERS = {"committee", "file_manager", "follow_up", "magistrate"}
PARTNERS = READERS - {"magistrate"}
A = f"/v1/applications/{UUID(int=1)}"
P = f"/v1/protocols/{UUID(int=1)}"
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("PUT", P): {"admin"},
    ("GET", P): READERS | {"admin"},
    ("POST", "/v1/applications"): PARTNERS,
    ("PATCH", A): PARTNERS,
    ("POST", f"{A}/submit"): PARTNERS,
    ("POST", f"{A}/grant"): {"committee"},
    ("POST", f"{A}/refuse"): {"committee"},
    ("GET", A): READERS,
    ("GET", "/v1/applications"): READERS,
    ("GET", "/v1/reviews"): {"committee", "magistrate"},
}
ROLES = (
    *("file_manager", "operator", "supervisor", "unit", "gateway", "committee", "magistrate"),
    *("follow_up", "technician", "service", "admin"),
)


@pytest.mark.parametrize("role", ROLES)
def test_role_by_endpoint(committee: Desk, issuer: Issuer, role: str) -> None:
    headers = issuer.headers(role, partner="police", zone="z1")
    for (method, path), roles in ALLOWED.items():
        status = committee.raw(method, path, headers)
        assert (status == 403) == (role not in roles), f"{role} {method} {path}: {status}"
        assert status != 500


def test_the_table_names_every_endpoint(settings: CommitteeSettings) -> None:
    paths = create_app(settings).openapi()["paths"]
    known = {(m.upper(), p) for p, methods in paths.items() for m in methods if not p.startswith("/health")}
    tabled = {
        (method, path.replace(A, "/v1/applications/{application_id}").replace(P, "/v1/protocols/{protocol_id}"))
        for method, path in ALLOWED
    }
    assert known == tabled


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
    refused = committee.call("POST", f"/v1/applications/{application}/submit", status=422, **SECRETARY)
    assert refused["type"] == "urn:stalkingalarm:application-incomplete"
    assert set(refused["missing"]) == EVERYTHING_MISSING
    assert {e["field"] for e in refused["errors"]} == EVERYTHING_MISSING
    assert committee.call("GET", f"/v1/applications/{application}", **SECRETARY)["state"] == "draft"
    assert committee.published(str(application)) == []


def test_what_the_protocol_does_not_allow_is_named(committee: Desk, whole: dict[str, Any]) -> None:
    application = drafted(committee, whole | {"proposer": "the neighbour"})
    refused = committee.call("POST", f"/v1/applications/{application}/submit", status=422, **SECRETARY)
    assert [e["field"] for e in refused["errors"]] == ["proposer"]
    other = drafted(committee, whole | {"protocol_id": str(uuid4())})
    refused = committee.call("POST", f"/v1/applications/{other}/submit", status=422, **SECRETARY)
    assert [e["field"] for e in refused["errors"]] == ["protocol_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"procedure": "urgent"}, "procedure"),
        ({"enrolment_id": "no id"}, "enrolment_id"),
        ({"pv_numbers": [" "]}, "pv_numbers.0"),
        ({"elements": {"guesswork": "x"}}, "elements.guesswork"),
    ],
)
def test_a_wrong_field_is_named(committee: Desk, change: dict[str, Any], field: str) -> None:
    assert committee.call("POST", "/v1/applications", change, status=422, **SECRETARY)["field"] == field


def test_a_draft_is_completed_step_by_step(committee: Desk, whole: dict[str, Any]) -> None:
    application = drafted(committee, {})
    for name, value in whole.items():
        parts = [{k: v} for k, v in value.items()] if name == "elements" else [value]
        for part in parts:
            committee.call("PATCH", f"/v1/applications/{application}", {name: part}, **SECRETARY)
    assert committee.call("GET", f"/v1/applications/{application}", **SECRETARY)["missing"] == []
    cleared = committee.call("PATCH", f"/v1/applications/{application}", {"pv_numbers": None}, **SECRETARY)
    assert cleared["missing"] == ["pv_numbers"]


def test_submitting_publishes_ids_and_nothing_personal(committee: Desk, whole: dict[str, Any]) -> None:
    application = submitted(committee, whole)
    (event,) = committee.published(whole["enrolment_id"])
    assert event.type == "application.submitted.v1"
    assert event.data["application_id"] == application
    assert (event.data["protocol_version"], event.data["procedure"]) == (1, "ordinary")
    assert "GE.37" not in event.model_dump_json()
    committee.call("POST", f"/v1/applications/{application}/submit", status=409, **SECRETARY)
    refused = committee.call("PATCH", f"/v1/applications/{application}", {}, status=409, **SECRETARY)
    assert refused["type"] == "urn:stalkingalarm:application-move-refused"


def test_grant(committee: Desk, whole: dict[str, Any]) -> None:
    draft = drafted(committee, whole)
    committee.call("POST", f"/v1/applications/{draft}/grant", {"reasons": "x"}, status=409, **SECRETARY)
    application = submitted(committee, whole)
    path = f"/v1/applications/{application}"
    assert committee.call("POST", f"{path}/grant", {}, status=422, **SECRETARY)["field"] == "reasons"
    decision = committee.call("POST", f"{path}/grant", {"reasons": "all three"}, **SECRETARY)["decision"]
    assert decision["reasons"] == "all three"
    assert 89 <= (_midnight(decision["review_on"]) - datetime.now(UTC)).days <= 92
    assert 180 <= (_midnight(decision["ends_on"]) - datetime.now(UTC)).days <= 184
    event = committee.published(whole["enrolment_id"])[-1]
    assert event.type == "alarm.granted.v1"
    assert event.data["decision_id"] == decision["id"]
    assert event.data["ends_on"] == decision["ends_on"]
    committee.call("POST", f"{path}/refuse", REFUSAL, status=409, **SECRETARY)
    mine = [r for r in reviews(committee) if r["enrolment_id"] == whole["enrolment_id"]]
    assert [(r["cause"], r["state"]) for r in mine] == [("periodic", "open"), ("end", "open")]


@pytest.mark.parametrize("name", REFUSAL)
def test_a_refusal_says_why_what_instead_and_how_to_object(
    committee: Desk, whole: dict[str, Any], name: str
) -> None:
    path = f"/v1/applications/{submitted(committee, whole)}"
    less = {k: v for k, v in REFUSAL.items() if k != name}
    assert committee.call("POST", f"{path}/refuse", less, status=422, **SECRETARY)["field"] == name
    assert committee.call("POST", f"{path}/refuse", REFUSAL, **SECRETARY)["decision"]["outcome"] == "refused"
    assert committee.published(whole["enrolment_id"])[-1].type == "alarm.refused.v1"
    read = committee.call("GET", path, **SECRETARY)
    assert {k: read["decision"][k] for k in REFUSAL} == REFUSAL


def test_the_protocol_version_of_the_submission_is_frozen(committee: Desk) -> None:
    path = f"/v1/protocols/{uuid4()}"
    committee.call("GET", path, status=404, **SECRETARY)
    assert committee.call("PUT", path, PROTOCOL, role="admin")["version"] == 1
    assert committee.call("PUT", path, PROTOCOL, role="admin")["version"] == 1
    body = APPLICATION | {"protocol_id": path.rpartition("/")[2], "enrolment_id": str(uuid4())}
    application = submitted(committee, body)
    assert committee.call("PUT", path, PROTOCOL | {"name": "newer"}, role="admin")["version"] == 2
    assert committee.call("GET", path, **SECRETARY)["name"] == "newer"
    granted = committee.call("POST", f"/v1/applications/{application}/grant", {"reasons": "x"}, **SECRETARY)
    assert granted["decision"]["protocol_version"] == 1


def test_a_partner_sees_and_enters_its_own_cases_only(committee: Desk, whole: dict[str, Any]) -> None:
    own = drafted(committee, {}, POLICE)
    foreign = drafted(committee, whole | {"proposer": "victim-support"})
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


def test_pv_numbers_and_grounds_rest_sealed(committee: Desk, whole: dict[str, Any]) -> None:
    submitted(committee, whole)
    for table in ("application", "decision", "outbox"):
        everything = b"".join(
            bytes(value) if isinstance(value, bytes) else str(value).encode()
            for row in committee.sql(f"SELECT * FROM {table}")
            for value in row
        )
        assert b"GE.37" not in everything
        assert b"no-contact" not in everything


def reviews(committee: Desk) -> list[dict[str, Any]]:
    return list(committee.call("GET", "/v1/reviews?limit=500", **SECRETARY))


def closed(outcome: Outcome, enrolment: UUID | None, incident: UUID, at: datetime) -> Event:
    payload = IncidentClosed(
        incident_id=incident,
        at=at,
        control_room_id="cic",
        enrolment_id=enrolment,
        outcome=outcome,
        closed_by="unit",
    )
    return wrap(payload, source="/services/dispatch")


@pytest.mark.parametrize("outcome", Outcome)
def test_a_real_alarm_and_no_other_asks_for_one_review(
    committee: Desk, settings: CommitteeSettings, outcome: Outcome
) -> None:
    enrolment, incident, at = uuid4(), uuid4(), datetime.now(UTC)
    database = Database(engine_of(settings), "/services/committee")
    # The copy comes with another event id, so that the inbox does not know it.
    for _ in range(2):
        with database.transaction() as tx:
            if real := events.real_incident(closed(outcome, enrolment, incident, at)):
                usecases.review_after(tx, settings, *real)
    found = [r for r in reviews(committee) if r["enrolment_id"] == str(enrolment)]
    expected = 1 if outcome in {"genuine", "perpetrator_present", "arrest"} else 0
    assert len(found) == expected
    assert all(datetime.fromisoformat(r["due_at"]) == at + timedelta(hours=72) for r in found)


def test_a_review_that_nobody_held_becomes_overdue(committee: Desk, settings: CommitteeSettings) -> None:
    enrolment, at = uuid4(), datetime.now(UTC) - timedelta(hours=73)
    database = Database(engine_of(settings), "/services/committee")
    with database.transaction() as tx:
        usecases.review_after(tx, settings, uuid4(), enrolment, at)
    with database.transaction() as tx:
        usecases.lapse_reviews(tx)
    due = committee.call("GET", "/v1/reviews?due=true", **SECRETARY)
    assert [r["state"] for r in due if r["enrolment_id"] == str(enrolment)] == ["overdue"]


def test_an_incident_without_enrolment_asks_nothing_and_a_broken_one_is_refused() -> None:
    whole = closed(Outcome.GENUINE, None, uuid4(), datetime.now(UTC))
    assert events.real_incident(whole) is None
    broken = whole.model_copy(update={"data": {"incident_id": "x"}})
    with pytest.raises(Invalid) as refused:
        events.real_incident(broken)
    assert refused.value.field == "data.incident_id"
