"""The chain approach beside the committee, with its worker: cases go there and come back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database, engine_of
from services.committee.api import create_app
from services.committee.invariants import INVARIANTS
from services.committee.schemas.chain import REFERRAL
from services.committee.schemas.protocol import PROTOCOL
from services.committee.settings import CommitteeSettings
from services.committee.usecases import reviewing
from tests.support.broker import Broker
from tests.support.chain_partner import ChainPartner
from tests.support.committee import (
    MAGISTRATE,
    SECRETARY,
    drafted,
    granted,
    in_force,
    meeting,
    named,
    provisional,
    refused,
    registry_says,
    submitted,
    there,
    urgent,
    whole,
)
from tests.support.desks import Desk, desk, environment
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer
from tests.support.worker import Worker

CONTENT = PROTOCOL | {"shared_fields": {"ketenaanpak": ["risk_level", "elements"]}}


@pytest.fixture(scope="module")
def partner() -> Iterator[ChainPartner]:
    with ChainPartner() as started:
        yield started


@pytest.fixture(scope="module")
def committee_url(cluster: Cluster) -> str:
    return cluster.database("committee")


@pytest.fixture
def database(issuer: Issuer, committee_url: str) -> Database:
    given = environment(issuer, committee_url)
    return Database(engine_of(CommitteeSettings.model_validate(given)), "/services/committee")


@pytest.fixture(scope="module")
def linked(
    committee_url: str,
    broker: Broker,
    issuer: Issuer,
    partner: ChainPartner,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """A committee with its worker, connected to the partner."""
    url = committee_url
    variables = environment(issuer, url, broker.url_of("committee")) | partner.settings()
    folder: Path = tmp_path_factory.mktemp("committee")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name.upper(), value)
        worker = Worker("services.committee.worker", variables["broker_url"], folder)
        with worker, desk(create_app(CommitteeSettings.model_validate(variables)), issuer, url) as opened:
            yield opened
            for name, statement in INVARIANTS.items():
                assert opened.sql(statement) == [], name


@pytest.fixture(scope="module")
def protocol(linked: Desk) -> str:
    return in_force(linked, CONTENT)


def until(what: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that the worker does."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def alive(committee: Desk, protocol_id: str) -> str:
    path = submitted(committee, whole(protocol_id))
    granted(committee, protocol_id, path)
    return path


def refer(committee: Desk, path: str, **changed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = committee.call(
        "POST", f"{path}/refer", REFERRAL | changed, status=201, **SECRETARY
    )
    return answer


def arrived(committee: Desk, partner: ChainPartner, path: str, sent: dict[str, Any]) -> dict[str, Any]:
    """What the partner got of a referral, once we know that it did."""

    def state() -> str:
        moves = committee.call("GET", f"{path}/handovers", **SECRETARY)
        return str(next(m["state"] for m in moves if m["id"] == sent["id"]))

    until(lambda: state() == "sent")
    return next(body for where, body in partner.taken if where == "/v1/referrals" and body["id"] == sent["id"])


def answer(committee: Desk, partner: ChainPartner, sent: dict[str, Any], accepted: bool) -> int:
    data = {"id": sent["id"], "accepted": accepted, "remarks": "we know them"}
    return committee.signed(*partner.webhook("referral.answered", data))


def state_of(committee: Desk, path: str) -> str:
    return str(committee.call("GET", path, **SECRETARY)["state"])


def test_exactly_what_was_agreed_is_sent(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path = alive(linked, protocol)
    wrong = linked.call("POST", f"{path}/refer", REFERRAL | {"fields": ["pv_numbers"]}, status=422, **SECRETARY)
    assert (wrong["field"], wrong["fields"]) == ("fields", ["pv_numbers"])
    partner.refuse_next = 1
    sent = refer(linked, path)
    body = arrived(linked, partner, path, sent)
    assert set(body["fields"]) == {"risk_level", "elements"} == set(sent["values"])
    assert body["fields"]["risk_level"] == "high"
    assert "GE.37" not in str(body)
    assert body["grounds"] == REFERRAL["grounds"]
    # Sent twice, disclosed once: by who referred it.
    assert [who for who, *_ in disclosed(linked, path)] == ["test-secretariat"]
    # Copies are recognised by the id of the hand-over.
    assert [key for key in partner.keys if key == sent["id"]] == [sent["id"]]
    for table in ("handover", "history"):
        rows = linked.sql(f"SELECT * FROM {table}")
        stored = b"".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
        assert b"no-contact" not in stored


def test_side_by_side_the_alarm_stays(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path = alive(linked, protocol)
    sent = refer(linked, path, side_by_side=True)
    arrived(linked, partner, path, sent)
    assert answer(linked, partner, sent, True) == 204
    assert state_of(linked, path) == "granted"


def review_of(committee: Desk, path: str, cause: str = "periodic") -> dict[str, Any]:
    enrolment = committee.call("GET", path, **SECRETARY)["enrolment_id"]
    found = committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
    return next(r for r in found if (r["enrolment_id"], r["cause"]) == (enrolment, cause))


def moved(committee: Desk, protocol: str, path: str, cause: str = "periodic") -> dict[str, Any]:
    """A case that the committee, in a review, moves to the chain approach: the hand-over."""
    review = review_of(committee, path, cause)
    held = meeting(committee, protocol, {"review_id": review["id"]})
    said = {"meeting_id": held, "outcome": "chain_approach", "reasons": "needs more than an alarm"}
    referral = {"referral": REFERRAL | {"side_by_side": False}}
    committee.call("POST", f"/v1/reviews/{review['id']}/hold", said | referral, **SECRETARY)
    (sent,) = committee.call("GET", f"{path}/handovers", **SECRETARY)
    return dict(sent)


def test_a_referral_alone_ends_no_alarm(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path = alive(linked, protocol)
    alone = REFERRAL | {"side_by_side": False}
    refusal = linked.call("POST", f"{path}/refer", alone, status=409, **SECRETARY)
    assert refusal["field"] == "side_by_side"
    # Where no alarm is on, none ends.
    arrived(
        linked, partner, waits := submitted(linked, whole(protocol)), refer(linked, waits, side_by_side=False)
    )


def test_the_alarm_lives_until_they_accept(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path = alive(linked, protocol)
    sent = moved(linked, protocol, path)
    arrived(linked, partner, path, sent)
    assert state_of(linked, path) == "granted"
    assert answer(linked, partner, sent, True) == 204
    assert answer(linked, partner, sent, True) == 204  # a copy
    assert state_of(linked, path) == "ending"
    assert answer(linked, partner, sent, False) == 409
    history = [h["what"] for h in linked.call("GET", f"{path}/history", **SECRETARY)]
    assert history[-1] == "chain approach: accepted"


def test_declined_the_alarm_goes_on_and_people_decide_anew(
    linked: Desk, partner: ChainPartner, protocol: str
) -> None:
    path = alive(linked, protocol)
    sent = moved(linked, protocol, path)
    arrived(linked, partner, path, sent)
    before = review_of(linked, path)["id"]
    assert answer(linked, partner, sent, False) == 204
    assert state_of(linked, path) == "granted"
    waiting = [d for d in linked.call("GET", "/v1/board?limit=500", **SECRETARY) if d["kind"] == "handover"]
    assert sent["id"] not in [d["subject_id"] for d in waiting]
    soonest = review_of(linked, path)
    assert soonest["id"] != before
    assert datetime.fromisoformat(soonest["due_at"]) < datetime.now(UTC) + timedelta(days=4)


def test_an_old_referral_ends_no_alarm_that_was_kept_since(
    linked: Desk, partner: ChainPartner, protocol: str
) -> None:
    path = alive(linked, protocol)
    sent = moved(linked, protocol, path)
    arrived(linked, partner, path, sent)
    review = review_of(linked, path)
    held = meeting(linked, protocol, {"review_id": review["id"]})
    conditions = {name: {"met": True} for name in ("intimate", "reachable")}
    said = {"meeting_id": held, "outcome": "keep", "reasons": "he was at her door", "conditions": conditions}
    linked.call("POST", f"/v1/reviews/{review['id']}/hold", said, **SECRETARY)
    assert answer(linked, partner, sent, True) == 204
    assert state_of(linked, path) == "granted"


@pytest.mark.parametrize("urgency", [False, True])
def test_what_was_granted_since_is_not_given_up_by_an_old_referral(
    linked: Desk, partner: ChainPartner, protocol: str, urgency: bool
) -> None:
    path = submitted(linked, (urgent if urgency else whole)(protocol))
    sent = refer(linked, path, side_by_side=False)  # nothing lives yet that could end
    arrived(linked, partner, path, sent)
    if urgency:
        linked.call("POST", f"{path}/grant-provisionally", {"reasons": "at once"}, **MAGISTRATE)
    else:
        granted(linked, protocol, path)
    state = state_of(linked, path)
    assert answer(linked, partner, sent, True) == 204
    assert state_of(linked, path) == state
    # Somebody looks at what now runs in both regimes.
    soonest = review_of(linked, path)
    assert datetime.fromisoformat(soonest["due_at"]) < datetime.now(UTC) + timedelta(days=4)


def test_a_ratification_keeps_what_a_review_gave_up_before(
    linked: Desk, partner: ChainPartner, database: Database, protocol: str
) -> None:
    path = provisional(linked, body := urgent(protocol))
    with database.transaction() as tx:
        now = datetime.now(UTC)
        reviewing.after_real_alarm(tx.session, uuid4(), UUID(body["enrolment_id"]), now, now)
    sent = moved(linked, protocol, path, "real_alarm")
    arrived(linked, partner, path, sent)
    granted(linked, protocol, path)
    assert answer(linked, partner, sent, True) == 204
    assert state_of(linked, path) == "granted"


def test_an_alarm_never_blocks_a_referral(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path = submitted(linked, whole(protocol))
    arrived(linked, partner, path, refer(linked, path))  # before any decision
    refused(linked, protocol, path)
    arrived(linked, partner, path, refer(linked, path))  # and after a refusal
    draft = f"/v1/applications/{drafted(linked, {})}"
    linked.call("POST", f"{draft}/refer", REFERRAL, status=409, **SECRETARY)


def theirs(partner: ChainPartner, **changed: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "enrolment_id": str(uuid4()),
        "basis": "legal_ground",
        "grounds": "art. 458ter",
        "side_by_side": True,
        "fields": {"elements": {"harassment": "waits at the school"}, "pv_numbers": ["GE.9"]},
        **changed,
    }


def test_a_case_comes_back(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    case = theirs(partner)
    for _ in range(2):
        assert linked.signed(*partner.webhook("case.referred", case)) == 204
    (waiting,) = (h for h in linked.call("GET", "/v1/handovers", **SECRETARY) if h["id"] == case["id"])
    assert (waiting["direction"], waiting["state"]) == ("in", "sent")
    draft = linked.call("POST", f"/v1/handovers/{case['id']}/accept", **SECRETARY)
    assert (draft["state"], draft["enrolment_id"]) == ("draft", case["enrolment_id"])
    assert draft["elements"] == {"harassment": "waits at the school"}
    assert draft["pv_numbers"] == ["GE.9"]
    until(lambda: (f"/v1/referrals/{case['id']}/answer", {"accepted": True, "remarks": None}) in partner.taken)
    linked.call("POST", f"/v1/handovers/{case['id']}/accept", status=409, **SECRETARY)
    again = theirs(partner)
    linked.signed(*partner.webhook("case.referred", again))
    linked.call("POST", f"/v1/handovers/{again['id']}/decline", {"reasons": "another district"}, **SECRETARY)
    no = (f"/v1/referrals/{again['id']}/answer", {"accepted": False, "remarks": "another district"})
    until(lambda: no in partner.taken)


def test_a_case_of_theirs_is_the_districts_where_the_file_is(
    linked: Desk, partner: ChainPartner, database: Database, protocol: str
) -> None:
    case = theirs(partner)
    linked.signed(*partner.webhook("case.referred", case))
    registry_says(database, case["enrolment_id"], "active")
    stranger = there(SECRETARY, "Antwerpen")
    assert case["id"] not in [h["id"] for h in linked.call("GET", "/v1/handovers?limit=500", **stranger)]
    linked.call("POST", f"/v1/handovers/{case['id']}/accept", status=404, **stranger)
    linked.call("POST", f"/v1/handovers/{case['id']}/decline", {"reasons": "no"}, status=404, **stranger)
    # Who takes it reads it with all of the district.
    draft = linked.call("POST", f"/v1/handovers/{case['id']}/accept", **SECRETARY)
    assert draft["zone_id"] == "z1"
    linked.call("GET", f"/v1/applications/{draft['id']}", **MAGISTRATE)


def test_copies_that_come_together_are_one(linked: Desk, partner: ChainPartner) -> None:
    for _ in range(5):
        case = theirs(partner)
        with ThreadPoolExecutor(6) as pool:
            copies = [pool.submit(linked.signed, *partner.webhook("case.referred", case)) for _ in range(6)]
            assert [copy.result() for copy in copies] == [204] * 6
        waiting = linked.call("GET", "/v1/handovers?limit=500", **SECRETARY)
        assert [each["id"] for each in waiting].count(case["id"]) == 1
        assert len(linked.sql(f"SELECT 1 FROM deadline WHERE subject_id = '{case['id']}'")) == 1


def disclosed(committee: Desk, path: str) -> list[tuple[Any, ...]]:
    """Who disclosed what of a case, as whom, by the audit log."""
    return committee.sql(
        "SELECT subject, roles, claims->>'partner', fields FROM audit_entry WHERE action = 'disclose' "
        f"AND about = 'application:{path.rpartition('/')[2]}'"
    )


def test_what_goes_out_is_logged_though_we_never_hear_that_it_arrived(
    linked: Desk, partner: ChainPartner, protocol: str
) -> None:
    path = alive(linked, protocol)
    partner.lose_next = 1
    sent = linked.call("POST", f"{path}/refer", REFERRAL, status=201, **named(SECRETARY, "anna"))
    until(lambda: sent["id"] in partner.keys)
    # They have it and say so, while our call ended without an answer.
    assert answer(linked, partner, sent, True) == 204
    assert disclosed(linked, path) == [("anna", ["secretariat"], "city", ["elements", "risk_level"])]


def test_who_is_tied_sees_no_case_of_theirs(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    body = whole(protocol)
    path = submitted(linked, body)
    linked.raw_json("POST", f"{path}/conflicts", {"subject": "frank", "reason": "aunt"}, **SECRETARY)
    case = theirs(partner, enrolment_id=body["enrolment_id"])
    linked.signed(*partner.webhook("case.referred", case))
    frank = named(SECRETARY, "frank")
    assert case["id"] not in [h["id"] for h in linked.call("GET", "/v1/handovers", **frank)]
    linked.call("POST", f"/v1/handovers/{case['id']}/accept", status=404, **frank)


def test_nobody_else_tells_us_anything(linked: Desk, partner: ChainPartner) -> None:
    case = theirs(partner)
    body, headers = partner.webhook("case.referred", case)
    stranger = partner.webhook("case.referred", case, secret="whsec_" + "A" * 44)
    assert linked.signed(*stranger) == 401
    assert linked.signed(body + " ", headers) == 401
    assert linked.signed(body, {"content-type": "application/json"}) == 401
    old = headers | {"webhook-timestamp": str(int(headers["webhook-timestamp"]) - 3600)}
    assert linked.signed(body, old) == 401
    assert linked.signed(*partner.webhook("case.forgotten", case)) == 422
    assert linked.signed(*partner.webhook("case.referred", case | {"basis": "because"})) == 422
    assert linked.signed(*partner.webhook("case.referred", case | {"grounds": "x" * 300_000})) == 413
    for fields in ({"elements": ["x"]}, {"pv_numbers": "GE.37"}, {"pv_numbers": [5]}, {"Urgency!": "x"}):
        assert linked.signed(*partner.webhook("case.referred", case | {"fields": fields})) == 422, fields
    assert linked.signed(*partner.webhook("referral.answered", {"id": str(uuid4()), "accepted": True})) == 404
