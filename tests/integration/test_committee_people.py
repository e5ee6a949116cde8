"""Who may know a case, and who counts in it: each of these once went through."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database
from contracts.envelope import wrap
from contracts.registry import FileConflictDeclared
from services.committee.events import incoming
from services.committee.store import conflicts
from services.committee.usecases import reviews as committee_reviews
from tests.support.builders import a_protocol
from tests.support.committee import (
    GENERAL,
    OTHERS,
    POLICE,
    QUORUM,
    SECRETARY,
    about,
    declare_conflict,
    go,
    hold,
    in_force,
    invited,
    meeting,
    member_of,
    named,
    refused,
    reviews,
    submitted,
    whole,
)
from tests.support.desks import Desk, Who

MET = {"intimate": {"met": True}, "reachable": {"met": True}}
REASONS = {"reasons": "all three elements are shown"}


def test_a_case_is_not_read_as_if_it_were_a_protocol(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    case = path.rpartition("/")[2]
    for who in (
        SECRETARY,
        {"role": "admin"},
        {"role": "follow_up", "partner": "victim-support", "district": "Gent"},
    ):
        committee.call("GET", f"/v1/protocols/{case}/history", status=404, **who)
    assert committee.call("GET", f"/v1/protocols/{protocol_id}/history", role="admin")


def test_a_conflict_of_interest_counts_in_every_case_of_the_victim(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    first = whole(protocol_id)
    one = submitted(committee, first)
    declare_conflict(committee, one, "bert", "uncle")
    refused(committee, protocol_id, submitted(committee, whole(protocol_id)))
    other = submitted(committee, whole(protocol_id, enrolment_id=first["enrolment_id"]))
    held = meeting(committee, protocol_id, about(other))
    lacking = committee.call("POST", f"{other}/grant", {"meeting_id": held, **REASONS}, status=409, **SECRETARY)
    assert (lacking["missing"], lacking["excluded"]) == (["police"], ["bert"])
    # One that was declared at the registry counts too.
    body = whole(protocol_id)
    path = submitted(committee, body)
    told = FileConflictDeclared(
        enrolment_id=UUID(body["enrolment_id"]), person="carla", declared_at=datetime.now(UTC)
    )
    conflict = incoming.registry_conflict(wrap(told, source="/services/registry"))
    assert conflict is not None
    for _ in range(2):
        with database.transaction() as tx:
            conflicts.keep_registry_conflict(tx.session, conflict)
    committee.call("GET", path, status=404, **named(SECRETARY, "carla"))
    listed = committee.call("GET", "/v1/applications?limit=500", **named(SECRETARY, "carla"))
    assert about(path)["application_id"] not in [each["id"] for each in listed]
    held = meeting(committee, protocol_id, about(path))
    lacking = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, status=409, **SECRETARY)
    assert lacking["excluded"] == ["carla"]


def test_a_conflict_of_interest_counts_in_a_review_without_an_application(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    enrolment = uuid4()
    with database.transaction() as tx:
        committee_reviews.schedule_after_real_alarm(
            tx.session, uuid4(), enrolment, datetime.now(UTC), datetime.now(UTC)
        )
        conflict = incoming.registry_conflict(
            wrap(
                FileConflictDeclared(enrolment_id=enrolment, person="bert", declared_at=datetime.now(UTC)),
                source="/services/registry",
            )
        )
        assert conflict is not None
        conflicts.keep_registry_conflict(tx.session, conflict)
    (review,) = reviews(committee, str(enrolment), "real_alarm")
    bert = named(SECRETARY, "bert")
    held = meeting(committee, protocol_id)
    point = {"review_id": review["id"]}
    committee.call("POST", f"/v1/meetings/{held}/agenda", point, status=404, **bert)
    values = {"meeting_id": held, **REASONS, "outcome": "keep", "conditions": MET}
    committee.call("POST", f"/v1/reviews/{review['id']}/hold", values, status=404, **bert)
    committee.call("POST", f"/v1/meetings/{held}/agenda", point, **SECRETARY)
    assert committee.call("GET", f"/v1/meetings/{held}", **bert)["agenda"] == []
    lacking = committee.call("POST", f"/v1/reviews/{review['id']}/hold", values, status=409, **SECRETARY)
    assert lacking["excluded"] == ["bert"]


SPELT = ("Bert", " bert", "BERT ", "\uff42\uff45\uff52\uff54")


@pytest.mark.parametrize("spelt", SPELT)
def test_a_conflict_of_interest_is_not_beaten_by_spelling(
    committee: Desk, protocol_id: str, spelt: str
) -> None:
    path = submitted(committee, body := whole(protocol_id))
    declare_conflict(committee, path, "bert", "uncle")
    held = meeting(committee, protocol_id, about(path), people=((spelt, "police"), ("carla", "parket")))
    (point,) = committee.call("GET", f"/v1/meetings/{held}", **SECRETARY)["agenda"]
    assert (point["missing"], point["excluded"]) == (["police"], {"bert": "police"})
    values = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", values, status=409, **SECRETARY)
    assert (lacking["missing"], lacking["excluded"]) == (["police"], ["bert"])
    # Nor does who signs in under another spelling see any of it.
    bert = named(SECRETARY, spelt)
    committee.call("GET", path, status=404, **bert)
    for where in ("/v1/applications", "/v1/board"):
        listed = committee.call("GET", f"{where}?limit=500", **bert)
        assert body["enrolment_id"] not in [each["enrolment_id"] for each in listed]


def test_one_person_counts_once(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path), people=(("bert", "police"), ("Bert", "police")))
    invited(committee, protocol_id, "Bert", "parket", status=409)
    committee.call("POST", f"/v1/meetings/{held}/presence", status=403, **member_of("Bert", "parket"))
    values = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", values, status=409, **SECRETARY)
    assert lacking["missing"] == ["parket"]
    go(committee, held, "BERT")
    assert committee.call("GET", f"/v1/meetings/{held}", **SECRETARY)["agenda"][0]["present"] == {}


def test_other_members_are_other_people(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    refused(committee, protocol_id, path)
    committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "news"}, **POLICE)
    again = tuple((who.title(), partner) for who, partner in QUORUM)
    held = meeting(committee, protocol_id, about(path), people=again)
    values = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", values, status=409, **SECRETARY)
    assert lacking["excluded"] == ["bert", "carla"]


def test_a_conflict_of_interest_from_the_registry_is_not_beaten_by_spelling(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path = submitted(committee, body := whole(protocol_id))
    told = FileConflictDeclared(
        enrolment_id=UUID(body["enrolment_id"]), person="Carla", declared_at=datetime.now(UTC)
    )
    conflict = incoming.registry_conflict(wrap(told, source="/services/registry"))
    assert conflict is not None
    with database.transaction() as tx:
        conflicts.keep_registry_conflict(tx.session, conflict)
    carla = named(SECRETARY, "carla")
    committee.call("GET", path, status=404, **carla)
    listed = committee.call("GET", "/v1/applications?limit=500", **carla)
    assert about(path)["application_id"] not in [each["id"] for each in listed]


def test_a_conflict_of_interest_that_is_known_before_the_approval_counts(
    committee: Desk, protocol_id: str
) -> None:
    body = whole(str(uuid4()), exceptional="no protocol here", conditions={}) | {"protocol_id": None}
    path = submitted(committee, body)
    held = meeting(committee, protocol_id, about(path))
    proposal = {"meeting_id": held, "outcome": "grant", **REASONS}
    committee.call("POST", f"{path}/propose-decision", proposal, **SECRETARY)
    own = {"reason": "aunt"}
    committee.call("POST", f"{path}/conflicts", own, status=204, **member_of("carla", "parket"))
    lacking = committee.call("POST", f"{path}/approve-draft", status=409, **GENERAL)
    assert (lacking["missing"], lacking["excluded"]) == (["parket"], ["carla"])
    committee.call("POST", f"{path}/send-draft-back", {"remarks": "others"}, **GENERAL)


def test_a_committee_decides_cases_of_its_own_protocol(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    other = in_force(committee, a_protocol(name="Gent, nights"))
    held = meeting(committee, other)
    committee.call("POST", f"/v1/meetings/{held}/agenda", about(path), status=409, **SECRETARY)
    # Nor does a member of one committee sit on another.
    stranger = {"member_id": invited(committee, protocol_id, "zed", "police")["id"]}
    unknown = committee.call("POST", f"/v1/meetings/{held}/attendance", stranger, status=404, **SECRETARY)
    assert unknown["field"] == "member_id"
    committee.call("POST", f"/v1/meetings/{held}/presence", status=404, **member_of("zed", "police"))


def test_police_of_another_zone_are_another_partner(committee: Desk) -> None:
    path = submitted(committee, whole(in_force(committee, a_protocol(zones=["z1", "z9"]))))
    here: Who = {"role": "committee", "partner": "police", "zone": "z1"}
    there: Who = {"role": "committee", "partner": "police", "zone": "z9"}
    ours = {"advice": "grant", "shared": "seen twice", "kept": "an informant"}
    committee.call("PUT", f"{path}/opinion", ours, **here)
    assert [each["kept"] for each in committee.call("GET", f"{path}/opinions", **there)] == [None]
    committee.call("PUT", f"{path}/opinion", {"advice": "refuse"}, **there)
    mine = committee.call("GET", f"{path}/opinions", **here)
    assert [(each["advice"], each["kept"]) for each in mine] == [("grant", "an informant"), ("refuse", None)]


def test_who_refused_does_not_decide_the_review_after_a_draft_was_sent_back(
    committee: Desk, protocol_id: str
) -> None:
    body = whole(str(uuid4()), exceptional="no protocol here", conditions={}) | {"protocol_id": None}
    path = submitted(committee, body)
    no = {"outcome": "refuse", **REASONS, "alternatives": ["aid"], "review_way": "ask us"}
    held = meeting(committee, protocol_id, about(path))
    committee.call("POST", f"{path}/propose-decision", {"meeting_id": held, **no}, **SECRETARY)
    committee.call("POST", f"{path}/approve-draft", **GENERAL)
    committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "new threats"}, **POLICE)
    held = meeting(committee, protocol_id, about(path), people=OTHERS)
    committee.call("POST", f"{path}/propose-decision", {"meeting_id": held, **no}, **SECRETARY)
    back = committee.call("POST", f"{path}/send-draft-back", {"remarks": "why"}, **GENERAL)
    assert back["state"] == "reopened"
    held = meeting(committee, protocol_id, about(path))
    proposal = {"meeting_id": held, "outcome": "grant", **REASONS}
    lacking = committee.call("POST", f"{path}/propose-decision", proposal, status=409, **SECRETARY)
    assert lacking["excluded"] == ["bert", "carla"]


def test_who_ended_an_alarm_does_not_decide_the_review_of_that(committee: Desk, protocol_id: str) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    held = meeting(committee, protocol_id, about(path), people=OTHERS)
    committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, **SECRETARY)
    (periodic,) = reviews(committee, body["enrolment_id"], "periodic")
    hold(committee, protocol_id, periodic, outcome="end", plan="device back on Monday")
    committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "he is back"}, **POLICE)
    held = meeting(committee, protocol_id, about(path), people=QUORUM + OTHERS)
    answer = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, **SECRETARY)
    assert set(answer["decision"]["present"]) == {"dirk", "eva"}
