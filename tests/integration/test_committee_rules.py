"""What a strict reader of the committee's rules would try: each of these once went through."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from chassis.database.database import Database
from contracts.common import Outcome
from contracts.dispatch import IncidentClosed
from contracts.envelope import wrap
from services.committee.events import incoming
from services.committee.usecases import reviews as committee_reviews
from tests.support.committee import (
    MAGISTRATE,
    OTHERS,
    POLICE,
    PROCUREUR,
    QUORUM,
    SECRETARY,
    about,
    alive,
    come_in,
    drafted,
    go,
    hold,
    invited,
    meeting,
    named,
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
REASONS = {"reasons": "all three elements are shown"}


def waiting(committee: Desk, path: str) -> set[str]:
    """The deadlines that are open."""
    found = committee.call("GET", f"{path}/deadlines", **SECRETARY)
    return {each["kind"] for each in found if each["state"] == "open"}


# No alarm ends by a click, and nobody forgets one that is to end


def test_only_who_proposed_it_takes_it_back(committee: Desk, protocol_id: str) -> None:
    body = urgent(protocol_id)
    path = submitted(committee, body)
    why = {"reasons": "another partner does not like it"}
    for who in (SECRETARY, {**POLICE, "zone": "z2"}, {"role": "committee", "partner": "city", "zone": "z1"}):
        status = 404 if who.get("zone") == "z2" else 403
        committee.call("POST", f"{path}/withdraw", why, status=status, **who)
    assert "provisional_decision" in waiting(committee, path)
    committee.call("POST", f"{path}/withdraw", why, **POLICE)
    assert committee.published(body["enrolment_id"])[-1].type == "application.withdrawn.v1"


def test_what_is_to_end_waits_for_the_device(committee: Desk, database: Database, protocol_id: str) -> None:
    body = urgent(protocol_id)
    path = provisional(committee, body)
    registry_says(database, body["enrolment_id"], "active")
    refused(committee, protocol_id, path)
    assert waiting(committee, path) == {"device"}
    committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "he is back"}, **POLICE)
    reopened = committee.published(body["enrolment_id"])[-1]
    assert (reopened.type, reopened.data["alive"]) == ("application.reopened.v1", True)
    assert waiting(committee, path) == {"ratification"}
    held = meeting(committee, protocol_id, about(path), people=OTHERS)
    refusal = {"meeting_id": held, **REASONS, "alternatives": ["aid"], "review_way": "ask us"}
    committee.call("POST", f"{path}/refuse", refusal, **SECRETARY)
    registry_says(database, body["enrolment_id"], "ended")
    assert committee.call("GET", path, **SECRETARY)["state"] == "ended"
    assert waiting(committee, path) == set()


def test_facts_about_an_alarm_are_numbered(committee: Desk, protocol_id: str) -> None:
    body = urgent(protocol_id)
    path = provisional(committee, body)
    refused(committee, protocol_id, path)
    committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "he is back"}, **POLICE)
    numbers = [e.data["number"] for e in committee.published(body["enrolment_id"]) if "number" in e.data]
    assert len(numbers) >= 4
    assert numbers == sorted(numbers)
    assert numbers[0] < numbers[-1]


def test_an_enrolment_that_ended_too_early_is_told_of_at_once_until_the_committee_agrees(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    registry_says(database, enrolment, "ended")
    assert committee.call("GET", path, **SECRETARY)["state"] == "granted"
    (first, *_) = [d for d in committee.call("GET", "/v1/board", **SECRETARY) if d["enrolment_id"] == enrolment]
    assert first["kind"] == "protection"
    (periodic,) = reviews(committee, enrolment, "periodic")
    hold(committee, protocol_id, periodic, outcome="end", plan="the device is back already")
    assert committee.call("GET", path, **SECRETARY)["state"] == "ended"
    assert waiting(committee, path) == set()


# Law


def test_who_names_a_meeting_is_not_yet_the_committee(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    low = {"instrument": "SAM", "version": "2.1", "answers": {"N1": "no"}, "level": "low"}
    sits = {"meeting_id": meeting(committee, protocol_id, about(path))}
    for who in (POLICE, MAGISTRATE, {"role": "committee", "partner": "parket", "district": "Gent"}):
        committee.call("PUT", f"{path}/assessment", low | sits, status=403, **who)
    alone = {"meeting_id": meeting(committee, protocol_id, about(path), people=QUORUM[:1])}
    committee.call("PUT", f"{path}/assessment", low | alone, status=409, **SECRETARY)
    assert committee.call("GET", path, **SECRETARY)["assessment"]["level"] == "high"
    # Raising needs no meeting, and one that is named does no harm.
    committee.call("PUT", f"{path}/assessment", low | sits | {"level": "extreme"}, **POLICE)


def test_repeating_what_another_officer_found_does_not_make_it_ones_own(
    committee: Desk, protocol_id: str
) -> None:
    drafter, other = named(POLICE, "drafter"), named(POLICE, "other")
    path = f"/v1/applications/{drafted(committee, whole(protocol_id), drafter)}"
    found = {"instrument": "SAM", "version": "2.1", "answers": {"N1": "yes"}, "level": "extreme"}
    committee.call("PUT", f"{path}/assessment", found, **MAGISTRATE)
    committee.call("PUT", f"{path}/assessment", found, **drafter)
    for who in (drafter, other, named(POLICE, "DRAFTER ")):
        for level in ("low", None):
            committee.call("PATCH", path, {"assessment": {"level": level}}, status=403, **who)
    # Nor does a colleague lower what the drafter set; the drafter takes back what is nobody else's.
    mine = f"/v1/applications/{drafted(committee, whole(protocol_id), drafter)}"
    committee.call("PATCH", mine, {"assessment": {"level": "low"}}, status=403, **other)
    committee.call("PATCH", mine, {"assessment": {"level": "low"}}, **drafter)


def test_an_extension_is_no_longer_than_the_protocol_lets_an_alarm_run(
    committee: Desk, protocol_id: str
) -> None:
    _, enrolment = alive(committee, protocol_id)
    (periodic,) = reviews(committee, enrolment, "periodic")
    late = hold(committee, protocol_id, periodic, 422, outcome="extend", conditions=MET, ends_on="2099-01-01")
    assert late["type"] == "urn:stalkingalarm:date-too-late"
    until = today(150).isoformat()
    hold(committee, protocol_id, periodic, outcome="extend", conditions=MET, ends_on=until)
    # The old end asks nobody any more.
    (end,) = [each for each in reviews(committee, enrolment, "end") if each["state"] == "open"]
    assert date.fromisoformat(end["due_at"][:10]) == date.fromisoformat(until)


def test_what_lives_on_after_all_is_looked_at_again(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    (periodic,) = reviews(committee, enrolment, "periodic")
    hold(committee, protocol_id, periodic, outcome="end", plan="device back on Monday")
    with database.transaction() as tx:
        now = datetime.now(UTC)
        committee_reviews.schedule_after_real_alarm(tx.session, uuid4(), UUID(enrolment), now, now)
    (after,) = reviews(committee, enrolment, "real_alarm")
    until = today(90).isoformat()
    hold(committee, protocol_id, after, outcome="extend", conditions=MET, ends_on=until)
    assert waiting(committee, path) >= {"review", "end"}
    assert "device" not in waiting(committee, path)


def test_a_refusal_outside_a_protocol_names_a_way_on_too(committee: Desk, protocol_id: str) -> None:
    body = {"meeting_id": str(uuid4()), "outcome": "refuse", **REASONS}
    path = f"/v1/applications/{uuid4()}/propose-decision"
    no = committee.call("POST", path, body, status=422, **SECRETARY)
    assert [each["field"] for each in no["errors"]] == ["alternatives", "review_way"]


def test_the_days_run_since_it_was_laid_before_the_committee(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, urgent(protocol_id))
    committee.execute(
        f"UPDATE applications SET submitted_at = submitted_at - interval '3 days' "
        f"WHERE id = '{path.rpartition('/')[2]}'"
    )
    committee.call("POST", f"{path}/decline-urgency", {"reasons": "he is in prison"}, **MAGISTRATE)
    found = committee.call("GET", f"{path}/deadlines", **SECRETARY)
    (decision,) = [each for each in found if each["kind"] == "decision"]
    left = datetime.fromisoformat(decision["due_at"]) - datetime.now(UTC)
    assert timedelta(days=10) < left < timedelta(days=12)


def test_an_urgent_case_outside_any_protocol_waits_two_days_at_most(committee: Desk) -> None:
    body = urgent(str(uuid4()), exceptional="no protocol here", conditions={}) | {"protocol_id": None}
    path = submitted(committee, body)
    (decision,) = committee.call("GET", f"{path}/deadlines", **SECRETARY)
    assert datetime.fromisoformat(decision["due_at"]) - datetime.now(UTC) < timedelta(hours=49)


def test_minutes_say_who_went_and_came_back(committee: Desk, protocol_id: str) -> None:
    held = meeting(committee, protocol_id)
    go(committee, held, "carla")
    seen = come_in(committee, held, "carla", "parket")
    again = come_in(committee, held, "carla", "parket")
    assert again == seen
    stays = [(who["subject"], who["left_at"] is None) for who in seen["attendance"]]
    assert sorted(stays) == [("bert", True), ("carla", False), ("carla", True)]
    members = f"/v1/protocols/{protocol_id}/members"
    carla = invited(committee, protocol_id, "carla", "parket")
    committee.call("POST", f"{members}/{carla['id']}/end", **SECRETARY)
    moved = come_in(committee, held, "carla", "city")
    carla = invited(committee, protocol_id, "carla", "city")
    committee.call("POST", f"{members}/{carla['id']}/end", **SECRETARY)
    assert [(w["partner"], w["left_at"] is None) for w in moved["attendance"] if w["subject"] == "carla"] == [
        ("parket", False),
        ("parket", False),
        ("city", True),
    ]


def test_a_condition_can_be_taken_back(committee: Desk, protocol_id: str) -> None:
    path = (
        f"/v1/applications/{drafted(committee, whole(protocol_id, conditions={**MET, 'old': {'met': True}}))}"
    )
    refusal = committee.call("POST", f"{path}/submit", status=422, **POLICE)
    assert "conditions.old" in [each["field"] for each in refusal["errors"]]
    committee.call("PATCH", path, {"conditions": {"old": None}}, **POLICE)
    assert committee.call("POST", f"{path}/submit", **POLICE)["state"] == "submitted"


def test_the_next_meetings_are_found_and_the_last_ones_too(committee: Desk, protocol_id: str) -> None:
    body = {"protocol_id": protocol_id, "starts_at": "2199-01-01T10:00:00Z"}
    far = committee.call("POST", "/v1/meetings", body, status=201, **SECRETARY)["id"]
    assert committee.call("GET", "/v1/meetings?limit=1", **SECRETARY)[0]["id"] == far
    since = committee.call("GET", "/v1/meetings?limit=1&since=2198-01-01T00:00:00Z", **PROCUREUR)
    assert [each["id"] for each in since] == [far]


def test_a_protocol_decides_in_its_own_zones_whoever_enters_the_case(committee: Desk, protocol_id: str) -> None:
    nowhere = whole(protocol_id) | {"zone_id": None}
    path = f"/v1/applications/{drafted(committee, nowhere, SECRETARY)}"
    refusal = committee.call("POST", f"{path}/submit", status=422, **SECRETARY)
    assert refusal["missing"] == ["zone_id"]
    committee.call("PATCH", path, {"zone_id": "z77"}, **SECRETARY)
    refusal = committee.call("POST", f"{path}/submit", status=422, **SECRETARY)
    assert "does not cover zone z77" in refusal["detail"]
    committee.call("PATCH", path, {"zone_id": "z1"}, **SECRETARY)
    committee.call("POST", f"{path}/submit", **SECRETARY)
    # The zone for which it was entered sees it.
    assert committee.call("GET", path, **POLICE)["zone_id"] == "z1"


def test_the_days_after_an_alarm_run_since_the_press() -> None:
    pressed, closed = datetime(2026, 11, 20, 1, tzinfo=UTC), datetime(2026, 11, 22, 9, tzinfo=UTC)
    told = IncidentClosed(
        incident_id=uuid4(),
        at=closed,
        control_room_id="cic",
        enrolment_id=uuid4(),
        outcome=Outcome.GENUINE,
        closed_by="unit",
    )
    for raised_at, since in ((pressed, pressed), (None, closed)):
        event = wrap(told.model_copy(update={"raised_at": raised_at}), source="/services/dispatch")
        real = incoming.real_incident(event)
        assert real is not None
        assert real[2] == since
