"""Many districts in one installation: each committee knows the cases of its own protocols and no others."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database
from services.committee.usecases import reviews
from tests.support.builders import a_protocol, a_refusal
from tests.support.committee import (
    GENERAL,
    MAGISTRATE,
    POLICE,
    PROCUREUR,
    SECRETARY,
    about,
    drafted,
    granted,
    in_force,
    meeting,
    registry_says,
    submitted,
    there,
    urgent,
    whole,
)
from tests.support.days import today
from tests.support.desks import Desk, Who

ANTWERP = "Antwerpen"
SECRETARY_THERE, MAGISTRATE_THERE = there(SECRETARY, ANTWERP), there(MAGISTRATE, ANTWERP)
# Members of the other district, however their token says so, and of none.
STRANGERS: list[Who] = [
    MAGISTRATE_THERE,
    there(PROCUREUR, ANTWERP),
    {"role": "magistrate", "partner": "parket-antwerpen", "zone": "z5"},
    {"role": "magistrate", "partner": "parket", "zone": "z5"},
    {"role": "committee", "partner": "police", "zone": "z5"},
    {"role": "committee", "partner": "police"},
    {"role": "secretariat"},
    # Of the district, and not in the protocol.
    {"role": "committee", "partner": "school", "district": "Gent"},
]


@pytest.fixture(scope="module")
def other(committee: Desk, protocol_id: str) -> str:
    """The protocol of the other district, beside that of Ghent."""
    assert protocol_id
    return in_force(committee, a_protocol(name="Antwerpen", district=ANTWERP, zones=["z5"]))


def ids(committee: Desk, path: str, who: Who, name: str = "id") -> set[str]:
    return {each[name] for each in committee.call("GET", f"{path}?limit=500", **who)}


def test_a_case_does_not_exist_for_another_district(committee: Desk, protocol_id: str, other: str) -> None:
    path = submitted(committee, urgent(protocol_id))
    known = about(path)["application_id"]
    reads = ("", "/history", "/opinions", "/deadlines", "/handovers")
    for who in STRANGERS:
        for part in reads:
            committee.call("GET", f"{path}{part}", status=404, **who)
        assert known not in ids(committee, "/v1/applications", who)
        assert known not in ids(committee, "/v1/board", who, "application_id")
    # Those of the district know it, by district or by zone.
    for mine in (SECRETARY, MAGISTRATE, PROCUREUR, there(MAGISTRATE, "gent ")):
        committee.call("GET", path, **mine)
        assert known in ids(committee, "/v1/applications", mine)
        assert known in ids(committee, "/v1/board", mine, "application_id")
    committee.call("GET", path, role="committee", partner="police", zone="z1")


def test_nobody_decides_for_another_district(committee: Desk, protocol_id: str, other: str) -> None:
    path = submitted(committee, urgent(protocol_id))
    values = {"reasons": "at once"}
    for who in STRANGERS:
        if who["role"] == "magistrate":
            committee.call("POST", f"{path}/grant-provisionally", values, status=404, **who)
            committee.call("POST", f"{path}/decline-urgency", values, status=404, **who)
    held = meeting(committee, protocol_id, about(path))
    grant = {"meeting_id": held, **values}
    committee.call("POST", f"{path}/grant", grant, status=404, **SECRETARY_THERE)
    committee.call("POST", f"{path}/refuse", a_refusal(meeting_id=held), status=404, **SECRETARY_THERE)
    opinion = {"advice": "refuse", "shared": "not here"}
    committee.call("PUT", f"{path}/opinion", opinion, status=404, **MAGISTRATE_THERE)
    assert committee.call("POST", f"{path}/grant", grant, **SECRETARY)["state"] == "granted"


def test_a_meeting_and_its_papers_are_those_of_its_protocol(
    committee: Desk, protocol_id: str, other: str
) -> None:
    path = submitted(committee, whole(protocol_id))
    held = meeting(committee, protocol_id, about(path))
    one = f"/v1/meetings/{held}"
    come = {"member_id": str(uuid4())}
    for method, part, body in (
        ("GET", "", None),
        ("GET", "/minutes.pdf", None),
        ("POST", "/attendance", come),
        ("POST", "/attendance/leave", come),
        ("POST", "/presence", None),
        ("POST", "/agenda", about(path)),
        ("POST", "/close", None),
    ):
        committee.call(method, f"{one}{part}", body, status=404, **SECRETARY_THERE)
    assert held not in ids(committee, "/v1/meetings", SECRETARY_THERE)
    assert held in ids(committee, "/v1/meetings", SECRETARY)
    body = {"protocol_id": protocol_id, "starts_at": datetime.now(UTC).isoformat()}
    committee.call("POST", "/v1/meetings", body, status=404, **SECRETARY_THERE)
    committee.call("POST", "/v1/meetings", body | {"protocol_id": other}, status=201, **SECRETARY_THERE)


def test_a_protocol_is_moved_by_its_own_district(committee: Desk, other: str) -> None:
    content = a_protocol(name="Antwerpen 2", district=ANTWERP, zones=["z5"])
    path = f"/v1/protocols/{other}"
    assert committee.call("PUT", f"{path}/draft", content, status=403, **SECRETARY)["field"] == "district"
    # Nor by calling it one's own.
    committee.call("PUT", f"{path}/draft", content | {"district": "Gent"}, status=403, **SECRETARY)
    number = committee.call("PUT", f"{path}/draft", content, **SECRETARY_THERE)["version"]
    version = f"{path}/versions/{number}"
    committee.call("POST", f"{version}/submit", status=403, **SECRETARY)
    committee.call("POST", f"{version}/submit", **SECRETARY_THERE)
    committee.call("POST", f"{version}/approve", **GENERAL)
    signed = {"in_force_from": today().isoformat()}
    committee.call("POST", f"{version}/sign", signed, status=403, **PROCUREUR)
    committee.call("POST", f"{version}/sign", signed, **there(PROCUREUR, ANTWERP))


def test_outside_a_protocol_it_is_the_district_of_its_zone_or_whoever_takes_it(
    committee: Desk, protocol_id: str, other: str
) -> None:
    exceptional: dict[str, Any] = {"protocol_id": None, "exceptional": "no protocol fits", "conditions": {}}
    ghent = submitted(committee, whole(protocol_id) | exceptional)
    committee.call("GET", ghent, **MAGISTRATE)
    committee.call("GET", ghent, **GENERAL)
    committee.call("GET", ghent, status=404, **MAGISTRATE_THERE)
    assert about(ghent)["application_id"] not in ids(committee, "/v1/applications", MAGISTRATE_THERE)
    # A zone without a protocol: somebody must see it.
    nowhere = submitted(
        committee, whole(protocol_id) | exceptional | {"zone_id": "z77"}, {**POLICE, "zone": "z77"}
    )
    for who in (MAGISTRATE, MAGISTRATE_THERE, GENERAL):
        committee.call("GET", nowhere, **who)


def test_a_draft_that_names_nothing_yet_is_read_by_who_writes_it(
    committee: Desk, protocol_id: str, other: str
) -> None:
    path = f"/v1/applications/{drafted(committee, {'pv_numbers': ['GE.1']}, SECRETARY)}"
    assert committee.call("GET", path, **SECRETARY)["pv_numbers"] == ["GE.1"]
    for who in (MAGISTRATE, {**SECRETARY_THERE, "sub": "somebody else"}):
        committee.call("GET", path, status=404, **who)
    committee.call("PATCH", path, {"zone_id": "z1"}, **SECRETARY)
    committee.call("GET", path, **MAGISTRATE)


def test_victim_support_sees_what_it_proposed_in_its_district(
    committee: Desk, protocol_id: str, other: str
) -> None:
    aid: Who = {"role": "follow_up", "partner": "victim-support", "district": "Gent"}
    path = submitted(committee, whole(protocol_id, proposer="victim-support"), aid)
    committee.call("GET", path, **aid)
    committee.call("GET", path, status=404, **there(aid, ANTWERP))
    committee.call("GET", path, status=404, role="follow_up", partner="victim-support")


def test_a_review_without_a_case_is_the_districts_where_the_file_is(
    committee: Desk, database: Database, protocol_id: str, other: str
) -> None:
    enrolment, now = str(uuid4()), datetime.now(UTC)
    with database.transaction() as tx:
        reviews.schedule_after_real_alarm(tx.session, uuid4(), UUID(enrolment), now, now)

    def readers() -> list[bool]:
        return [
            enrolment in ids(committee, where, who, "enrolment_id")
            for where in ("/v1/reviews", "/v1/board")
            for who in (SECRETARY, SECRETARY_THERE)
        ]

    # Until somebody knows where: whoever sees it first.
    assert readers() == [True] * 4
    registry_says(database, enrolment, "active")
    assert readers() == [True, False, True, False]
    found = committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
    (review,) = [each["id"] for each in found if each["enrolment_id"] == enrolment]
    body = {"protocol_id": other, "starts_at": now.isoformat()}
    held = committee.call("POST", "/v1/meetings", body, status=201, **SECRETARY_THERE)["id"]
    point = {"review_id": review}
    committee.call("POST", f"/v1/meetings/{held}/agenda", point, status=404, **SECRETARY_THERE)
    values: dict[str, Any] = {"meeting_id": held, "reasons": "x", "outcome": "end", "plan": "none"}
    committee.call("POST", f"/v1/reviews/{review}/hold", values, status=404, **SECRETARY_THERE)


def test_reviews_of_a_case_are_its_own_districts(committee: Desk, protocol_id: str, other: str) -> None:
    path = submitted(committee, body := whole(protocol_id))
    granted(committee, protocol_id, path)
    assert body["enrolment_id"] in ids(committee, "/v1/reviews", SECRETARY, "enrolment_id")
    assert body["enrolment_id"] not in ids(committee, "/v1/reviews", SECRETARY_THERE, "enrolment_id")


def test_who_names_the_file_of_another_district_gets_no_case_by_it(
    committee: Desk, database: Database, protocol_id: str, other: str
) -> None:
    support: Who = {"role": "follow_up", "partner": "victim-support", "district": ANTWERP}
    own = there(support, "Gent")
    exceptional: dict[str, Any] = {"protocol_id": None, "exceptional": "she lives with us", "conditions": {}}
    # Under their own protocol, under hers, and outside any; and her own victim support.
    for who, changed, said in (
        (support, {"protocol_id": other, "zone_id": "z5"}, (None, None)),
        (support, {"zone_id": "z1"}, (None, None)),
        (support, {"zone_id": "z1"} | exceptional, (None, None)),
        (own, {"zone_id": "z1"}, ("victim-support", "z1")),
    ):
        body = whole(protocol_id, proposer="victim-support") | changed
        registry_says(database, body["enrolment_id"], "open")
        submitted(committee, body, who)
        (told,) = committee.published(body["enrolment_id"])
        assert told.type == "application.submitted.v1"
        assert (told.data["proposer"], told.data["zone_id"]) == said
