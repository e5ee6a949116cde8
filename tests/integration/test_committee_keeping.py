"""Reviews and deadlines: people are asked again, louder each day, and nothing is ever switched off by time."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database
from chassis.errors import Invalid
from contracts.common import Outcome
from contracts.dispatch import IncidentClosed
from contracts.envelope import Event, wrap
from services.committee.events import incoming
from services.committee.usecases import deadlines
from services.committee.usecases import reviews as committee_reviews
from tests.support.committee import (
    SECRETARY,
    about,
    alive,
    granted,
    hold,
    meeting,
    provisional,
    refused,
    registry_says,
    reviews,
    submitted,
    urgent,
    whole,
)
from tests.support.days import today
from tests.support.desks import Desk

MET = {"intimate": {"met": True}, "reachable": {"met": True}}


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


def real_alarm(database: Database, enrolment: str, incident: UUID, at: datetime) -> None:
    event = closed(Outcome.GENUINE, UUID(enrolment), incident, at)
    with database.transaction() as tx:
        if real := incoming.real_incident(event):
            committee_reviews.schedule_after_real_alarm(tx.session, *real, datetime.now(UTC))


@pytest.mark.parametrize("outcome", Outcome)
def test_a_real_alarm_and_no_other_asks_for_one_review(
    committee: Desk, database: Database, outcome: Outcome
) -> None:
    enrolment, incident, at = uuid4(), uuid4(), datetime.now(UTC)
    # The copy comes with another event id, so that the inbox does not know it.
    for _ in range(2):
        with database.transaction() as tx:
            if real := incoming.real_incident(closed(outcome, enrolment, incident, at)):
                committee_reviews.schedule_after_real_alarm(tx.session, *real, at)
    found = reviews(committee, str(enrolment))
    expected = 1 if outcome in {"genuine", "perpetrator_present", "arrest"} else 0
    assert len(found) == expected
    assert all(datetime.fromisoformat(r["due_at"]) == at + timedelta(hours=72) for r in found)


def test_an_incident_without_enrolment_asks_nothing_and_a_broken_one_is_refused() -> None:
    found = closed(Outcome.GENUINE, None, uuid4(), datetime.now(UTC))
    assert incoming.real_incident(found) is None
    broken = found.model_copy(update={"data": {"incident_id": "x"}})
    with pytest.raises(Invalid) as refusal:
        incoming.real_incident(broken)
    assert refusal.value.field == "data.incident_id"


def test_kept_it_is_looked_at_again(committee: Desk, protocol_id: str) -> None:
    path, enrolment = alive(committee, protocol_id)
    periodic, _ = reviews(committee, enrolment)
    unmet = hold(committee, protocol_id, periodic, status=409, outcome="keep", conditions={})
    assert unmet["unmet"] == ["intimate", "reachable"]
    held = hold(committee, protocol_id, periodic, outcome="keep", conditions=MET)
    assert (held["state"], held["outcome"]) == ("held", "keep")
    assert sorted(r["cause"] for r in reviews(committee, enrolment)) == ["end", "periodic"]
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"
    event = committee.published(enrolment)[-1]
    assert (event.type, event.data["outcome"], event.data["ends_on"]) == ("review.held.v1", "keep", None)
    committee.call(
        "POST",
        f"/v1/reviews/{periodic['id']}/hold",
        {"meeting_id": str(uuid4()), "reasons": "x", "outcome": "keep", "conditions": MET},
        status=409,
        **SECRETARY,
    )


def test_extended_it_ends_later(committee: Desk, protocol_id: str) -> None:
    _, enrolment = alive(committee, protocol_id)
    end = next(r for r in reviews(committee, enrolment) if r["cause"] == "end")
    early = hold(
        committee, protocol_id, end, status=422, outcome="extend", conditions=MET, ends_on="2026-01-01"
    )
    assert early["field"] == "ends_on"
    later = today(150).isoformat()
    hold(committee, protocol_id, end, outcome="extend", conditions=MET, ends_on=later)
    assert committee.published(enrolment)[-1].data["ends_on"] == later
    (again,) = (r for r in reviews(committee, enrolment) if r["cause"] == "end")
    assert again["due_at"].startswith(later)


def test_kept_past_its_end_it_is_asked_about_again(committee: Desk, protocol_id: str) -> None:
    path, enrolment = alive(committee, protocol_id)
    end = next(r for r in reviews(committee, enrolment) if r["cause"] == "end")
    hold(committee, protocol_id, end, outcome="keep", conditions=MET)
    assert "end" in [r["cause"] for r in reviews(committee, enrolment)]
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"


def test_ended_it_lives_until_the_device_is_handed_in(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    periodic, _ = reviews(committee, enrolment)
    hold(committee, protocol_id, periodic, outcome="end", plan="device back on Monday, aid goes on")
    assert committee.call("GET", path, **SECRETARY)["state"] == "ending"
    assert {e.type for e in committee.published(enrolment)[-2:]} == {"alarm.ending.v1", "review.held.v1"}
    registry_says(database, enrolment, "ended")
    assert committee.call("GET", path, **SECRETARY)["state"] == "ended"
    assert {d["state"] for d in committee.call("GET", f"{path}/deadlines", **SECRETARY)} == {"met"}
    assert reviews(committee, enrolment) == []


def test_what_was_to_end_is_kept_after_a_real_alarm(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    periodic, _ = reviews(committee, enrolment)
    hold(committee, protocol_id, periodic, outcome="end", plan="device back on Monday")
    real_alarm(database, enrolment, uuid4(), datetime.now(UTC))
    review = next(r for r in reviews(committee, enrolment) if r["cause"] == "real_alarm")
    kept = hold(committee, protocol_id, review, status=409, outcome="keep", conditions=MET)
    assert kept["field"] == "outcome"
    later = today(90).isoformat()
    hold(committee, protocol_id, review, outcome="extend", conditions=MET, ends_on=later)
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"
    assert committee.published(enrolment)[-1].data["ends_on"] == later


def test_what_was_not_ratified_is_not_extended(committee: Desk, database: Database, protocol_id: str) -> None:
    body = urgent(protocol_id)
    path, enrolment = provisional(committee, body), body["enrolment_id"]
    real_alarm(database, enrolment, uuid4(), datetime.now(UTC))
    (review,) = reviews(committee, enrolment)
    later = today(90).isoformat()
    extend = {"outcome": "extend", "conditions": MET, "ends_on": later}
    hold(committee, protocol_id, review, status=409, **extend)
    refused(committee, protocol_id, path)
    hold(committee, protocol_id, review, status=409, **extend)
    assert committee.call("GET", path, **SECRETARY)["state"] == "ending"


def test_an_enrolment_that_ends_ends_no_case_that_nobody_decided_to_end(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    registry_says(database, enrolment, "ended")
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"


def test_a_review_needs_a_quorum(committee: Desk, protocol_id: str) -> None:
    _, enrolment = alive(committee, protocol_id)
    periodic, _ = reviews(committee, enrolment)
    held = meeting(committee, protocol_id, {"review_id": periodic["id"]}, people=(("bert", "police"),))
    body = {"meeting_id": held, "reasons": "x", "outcome": "keep", "conditions": MET}
    lacking = committee.call("POST", f"/v1/reviews/{periodic['id']}/hold", body, status=409, **SECRETARY)
    assert lacking["missing"] == ["parket"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"outcome": "extend"}, "ends_on"),
        ({"outcome": "lighten"}, "lightened"),
        ({"outcome": "end"}, "plan"),
        ({"outcome": "chain_approach"}, "referral"),
        ({"outcome": "keep", "plan": "x"}, "plan"),
        ({"outcome": "vanish"}, "outcome"),
    ],
)
def test_each_outcome_says_what_it_needs(committee: Desk, said: dict[str, Any], field: str) -> None:
    body = {"meeting_id": str(uuid4()), "reasons": "x", **said}
    no = committee.call("POST", f"/v1/reviews/{uuid4()}/hold", body, status=422, **SECRETARY)
    assert [each["field"] for each in no["errors"]] == [field]


def told(committee: Desk, database: Database, enrolment: str, due: timedelta) -> list[Any]:
    """What is published when the deadlines of an enrolment are due at now plus `due`."""
    before = len(committee.published(enrolment))
    committee.execute(
        f"UPDATE deadlines SET due_at = now() + interval '{due.total_seconds()} s' "
        f"WHERE enrolment_id = '{enrolment}' AND state = 'open'"
    )
    committee.execute(
        "UPDATE due SET due_at = now() - interval '1 s' FROM deadlines "
        "WHERE due.subject_id = deadlines.id::text "
        f"AND enrolment_id = '{enrolment}' AND deadlines.state = 'open'"
    )
    deadlines.publish_due(database)
    return committee.published(enrolment)[before:]


def test_a_late_ratification_is_told_louder_each_day_and_the_alarm_lives(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    body = urgent(protocol_id)
    path, enrolment = provisional(committee, body), body["enrolment_id"]
    registry_says(database, enrolment, "active")
    (first,) = told(committee, database, enrolment, timedelta(days=2))
    assert (first.type, first.data["stage"], first.data["addressee"]) == (
        "deadline.reminded.v1",
        "first",
        "secretariat",
    )
    (last,) = told(committee, database, enrolment, timedelta(hours=2))
    assert last.data["stage"] == "last"
    for late, reminder_step in ((0, 1), (1, 2), (2, 3), (9, 10)):
        (missed,) = told(committee, database, enrolment, -timedelta(days=late, seconds=5))
        assert (missed.type, missed.data["reminder_step"], missed.data["addressee"]) == (
            "deadline.missed.v1",
            reminder_step,
            "procureur",
        )
    assert committee.call("GET", path, **SECRETARY)["state"] == "provisional"
    assert committee.call("GET", "/v1/board", **SECRETARY)[0]["enrolment_id"] == enrolment
    granted(committee, protocol_id, path)
    assert "ratification" not in [
        d["kind"] for d in committee.call("GET", f"{path}/deadlines", **SECRETARY) if d["state"] == "open"
    ]


def test_expiry_reminds_and_escalates_and_switches_nothing_off(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    registry_says(database, enrolment, "active")
    missed = told(committee, database, enrolment, -timedelta(days=40))
    assert {e.data["kind"] for e in missed} == {"review", "end"}
    assert {e.data["reminder_step"] for e in missed} == {41}
    assert {r["state"] for r in reviews(committee, enrolment)} == {"overdue"}
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"


def test_a_claim_that_rolls_back_is_told_again(
    committee: Desk, database: Database, protocol_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = urgent(protocol_id)
    provisional(committee, body)
    registry_says(database, body["enrolment_id"], "active")
    committee.execute(
        "UPDATE due SET due_at = now() - interval '1 s' FROM deadlines "
        "WHERE due.subject_id = deadlines.id::text "
        f"AND enrolment_id = '{body['enrolment_id']}'"
    )
    before = len(committee.published(body["enrolment_id"]))
    with monkeypatch.context() as broken:
        # After the deadline was told of: half of the act is done.
        broken.setattr(deadlines, "_schedule", None)
        deadlines.publish_due(database)
    assert len(committee.published(body["enrolment_id"])) == before
    committee.execute("UPDATE due SET due_at = now() - interval '1 s' WHERE failures > 0")
    deadlines.publish_due(database)
    assert len(committee.published(body["enrolment_id"])) == before + 1


def test_a_refused_case_waits_for_nobody(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    refused(committee, protocol_id, path)
    assert {d["state"] for d in committee.call("GET", f"{path}/deadlines", **SECRETARY)} == {"met"}
    assert about(path)["application_id"] not in [
        d["application_id"] for d in committee.call("GET", "/v1/board?limit=500", **SECRETARY)
    ]
