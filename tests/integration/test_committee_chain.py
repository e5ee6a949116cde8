"""A case that the committee refers to the chain approach: what they hear, and what becomes of the alarm."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database
from services.committee.usecases import reviews as committee_reviews
from tests.support.builders import a_referral
from tests.support.chain_partner import ChainPartner
from tests.support.committee import (
    MAGISTRATE,
    SECRETARY,
    alive,
    drafted,
    granted,
    hold,
    named,
    provisional,
    refused,
    reviews,
    submitted,
    urgent,
    whole,
)
from tests.support.desks import Desk
from tests.support.waiting import eventually


def refer(committee: Desk, path: str, **changed: Any) -> dict[str, Any]:
    answer: dict[str, Any] = committee.call(
        "POST", f"{path}/refer", a_referral(**changed), status=201, **SECRETARY
    )
    return answer


def arrived(committee: Desk, partner: ChainPartner, path: str, sent: dict[str, Any]) -> dict[str, Any]:
    """What the partner got of a referral, once we know that it did."""

    def state() -> str:
        moves = committee.call("GET", f"{path}/handovers", **SECRETARY)
        return str(next(m["state"] for m in moves if m["id"] == sent["id"]))

    eventually(lambda: state() == "sent")
    return next(body for where, body in partner.taken if where == "/v1/referrals" and body["id"] == sent["id"])


def answer(committee: Desk, partner: ChainPartner, sent: dict[str, Any], accepted: bool) -> int:
    data = {"id": sent["id"], "accepted": accepted, "remarks": "we know them"}
    return committee.signed(*partner.webhook("referral.answered", data))


def state_of(committee: Desk, path: str) -> str:
    return str(committee.call("GET", path, **SECRETARY)["state"])


def test_exactly_what_was_agreed_is_sent(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path, _ = alive(linked, protocol)
    wrong = linked.call("POST", f"{path}/refer", a_referral(fields=["pv_numbers"]), status=422, **SECRETARY)
    assert (wrong["field"], wrong["fields"]) == ("fields", ["pv_numbers"])
    partner.refuse_next = 1
    sent = refer(linked, path)
    body = arrived(linked, partner, path, sent)
    assert set(body["fields"]) == {"risk_level", "elements"} == set(sent["values"])
    assert body["fields"]["risk_level"] == "high"
    assert "GE.37" not in str(body)
    assert body["grounds"] == a_referral()["grounds"]
    # Sent twice, disclosed once: by who referred it.
    assert [who for who, *_ in disclosed(linked, path)] == ["test-secretariat"]
    # Copies are recognised by the id of the hand-over.
    assert [key for key in partner.keys if key == sent["id"]] == [sent["id"]]
    for table in ("handovers", "history"):
        rows = linked.sql(f"SELECT * FROM {table}")
        stored = b"".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
        assert b"no-contact" not in stored


def test_side_by_side_the_alarm_stays(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path, _ = alive(linked, protocol)
    sent = refer(linked, path, side_by_side=True)
    arrived(linked, partner, path, sent)
    assert answer(linked, partner, sent, True) == 204
    assert state_of(linked, path) == "granted"


def review_of(committee: Desk, path: str, cause: str = "periodic") -> dict[str, Any]:
    enrolment = committee.call("GET", path, **SECRETARY)["enrolment_id"]
    return reviews(committee, enrolment, cause)[0]


def moved(committee: Desk, protocol: str, path: str, cause: str = "periodic") -> dict[str, Any]:
    """A case that the committee, in a review, moves to the chain approach: the hand-over."""
    review = review_of(committee, path, cause)
    referral = a_referral(side_by_side=False)
    hold(committee, protocol, review, outcome="chain_approach", referral=referral)
    (sent,) = committee.call("GET", f"{path}/handovers", **SECRETARY)
    return dict(sent)


def test_a_referral_alone_ends_no_alarm(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path, _ = alive(linked, protocol)
    alone = a_referral(side_by_side=False)
    refusal = linked.call("POST", f"{path}/refer", alone, status=409, **SECRETARY)
    assert refusal["field"] == "side_by_side"
    # Where no alarm is on, none ends.
    arrived(
        linked, partner, waits := submitted(linked, whole(protocol)), refer(linked, waits, side_by_side=False)
    )


def test_the_alarm_lives_until_they_accept(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path, _ = alive(linked, protocol)
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
    path, _ = alive(linked, protocol)
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
    path, _ = alive(linked, protocol)
    sent = moved(linked, protocol, path)
    arrived(linked, partner, path, sent)
    conditions = {name: {"met": True} for name in ("intimate", "reachable")}
    hold(linked, protocol, review_of(linked, path), outcome="keep", conditions=conditions)
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
        committee_reviews.schedule_after_real_alarm(tx.session, uuid4(), UUID(body["enrolment_id"]), now, now)
    sent = moved(linked, protocol, path, "real_alarm")
    arrived(linked, partner, path, sent)
    granted(linked, protocol, path)
    assert answer(linked, partner, sent, True) == 204
    assert state_of(linked, path) == "granted"


def test_after_a_real_alarm_people_decide_before_it_ends_for_the_chain_approach(
    linked: Desk, partner: ChainPartner, database: Database, protocol: str
) -> None:
    path, enrolment = alive(linked, protocol)
    sent = moved(linked, protocol, path)
    arrived(linked, partner, path, sent)
    with database.transaction() as tx:
        now = datetime.now(UTC)
        committee_reviews.schedule_after_real_alarm(tx.session, uuid4(), UUID(enrolment), now, now)
    assert answer(linked, partner, sent, True) == 204
    assert state_of(linked, path) == "granted"
    assert reviews(linked, enrolment, "real_alarm")


def test_an_alarm_never_blocks_a_referral(linked: Desk, partner: ChainPartner, protocol: str) -> None:
    path = submitted(linked, whole(protocol))
    arrived(linked, partner, path, refer(linked, path))  # before any decision
    refused(linked, protocol, path)
    arrived(linked, partner, path, refer(linked, path))  # and after a refusal
    draft = f"/v1/applications/{drafted(linked, {})}"
    linked.call("POST", f"{draft}/refer", a_referral(), status=409, **SECRETARY)


def disclosed(committee: Desk, path: str) -> list[tuple[Any, ...]]:
    """Who disclosed what of a case, as whom, by the audit log."""
    return committee.sql(
        "SELECT subject, roles, claims->>'partner', fields FROM audit_entry WHERE action = 'disclose' "
        f"AND about = 'application:{path.rpartition('/')[2]}'"
    )


def test_what_goes_out_is_logged_though_we_never_hear_that_it_arrived(
    linked: Desk, partner: ChainPartner, protocol: str
) -> None:
    path, _ = alive(linked, protocol)
    partner.lose_next = 1
    sent = linked.call("POST", f"{path}/refer", a_referral(), status=201, **named(SECRETARY, "anna"))
    eventually(lambda: sent["id"] in partner.keys)
    # They have it and say so, while our call ended without an answer.
    assert answer(linked, partner, sent, True) == 204
    assert disclosed(linked, path) == [("anna", ["secretariat"], "city", ["elements", "risk_level"])]
