"""A case that the chain approach sends to the committee: one draft, in its district, and only from them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from chassis.database.database import Database
from tests.support.chain_partner import ChainPartner
from tests.support.committee import (
    MAGISTRATE,
    SECRETARY,
    declare_conflict,
    named,
    registry_says,
    submitted,
    there,
    whole,
)
from tests.support.desks import Desk
from tests.support.waiting import eventually


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
    eventually(
        lambda: (f"/v1/referrals/{case['id']}/answer", {"accepted": True, "remarks": None}) in partner.taken
    )
    linked.call("POST", f"/v1/handovers/{case['id']}/accept", status=409, **SECRETARY)
    again = theirs(partner)
    linked.signed(*partner.webhook("case.referred", again))
    linked.call("POST", f"/v1/handovers/{again['id']}/decline", {"reasons": "another district"}, **SECRETARY)
    no = (f"/v1/referrals/{again['id']}/answer", {"accepted": False, "remarks": "another district"})
    eventually(lambda: no in partner.taken)


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
        assert len(linked.sql(f"SELECT 1 FROM deadlines WHERE subject_id = '{case['id']}'")) == 1


def test_who_is_conflicted_sees_no_case_of_theirs(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    body = whole(protocol)
    path = submitted(linked, body)
    declare_conflict(linked, path, "frank", "aunt")
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
