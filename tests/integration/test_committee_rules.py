"""What a strict reader of the committee's rules would try: each of these once went through."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database, engine_of
from contracts.common import Outcome
from contracts.dispatch import IncidentClosed
from contracts.envelope import wrap
from contracts.registry import TieDeclared
from services.committee import events
from services.committee.domain.calendar import day_of
from services.committee.schemas.protocol import PROTOCOL
from services.committee.settings import CommitteeSettings
from services.committee.store import cases
from services.committee.usecases import reviewing
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
    drafted,
    granted,
    in_force,
    meeting,
    named,
    provisional,
    refused,
    registry_says,
    submitted,
    urgent,
    whole,
)
from tests.support.desks import Desk, Who

MET = {"intimate": {"met": True}, "reachable": {"met": True}}
REASONS = {"reasons": "all three elements are shown"}


@pytest.fixture
def database(committee_settings: CommitteeSettings) -> Database:
    return Database(engine_of(committee_settings), "/services/committee")


def waiting(committee: Desk, path: str) -> set[str]:
    """The deadlines that are open."""
    found = committee.call("GET", f"{path}/deadlines", **SECRETARY)
    return {each["kind"] for each in found if each["state"] == "open"}


def reviews(committee: Desk, enrolment: str, cause: str) -> list[dict[str, Any]]:
    found = committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
    return [each for each in found if (each["enrolment_id"], each["cause"]) == (enrolment, cause)]


def hold(
    committee: Desk, protocol_id: str, review: dict[str, Any], status: int = 200, **said: Any
) -> dict[str, Any]:
    held = meeting(committee, protocol_id, {"review_id": review["id"]})
    body = {"meeting_id": held, "reasons": "looked at again", **said}
    where = f"/v1/reviews/{review['id']}/hold"
    answer: dict[str, Any] = committee.call("POST", where, body, status=status, **SECRETARY)
    return answer


def alive(committee: Desk, protocol_id: str) -> tuple[str, str]:
    body = whole(protocol_id)
    path = submitted(committee, body)
    granted(committee, protocol_id, path)
    return path, body["enrolment_id"]


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
    committee.call("POST", f"{path}/request-review", {"grounds": "he is back"}, **POLICE)
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
    committee.call("POST", f"{path}/request-review", {"grounds": "he is back"}, **POLICE)
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


# Who may know, and who counts


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


def test_a_tie_counts_in_every_case_of_the_victim(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    first = whole(protocol_id)
    one = submitted(committee, first)
    committee.raw_json("POST", f"{one}/conflicts", {"subject": "bert", "reason": "uncle"}, **SECRETARY)
    refused(committee, protocol_id, submitted(committee, whole(protocol_id)))
    other = submitted(committee, whole(protocol_id, enrolment_id=first["enrolment_id"]))
    held = meeting(committee, protocol_id, about(other))
    lacking = committee.call("POST", f"{other}/grant", {"meeting_id": held, **REASONS}, status=409, **SECRETARY)
    assert (lacking["missing"], lacking["excluded"]) == (["police"], ["bert"])
    # One that was declared at the registry counts too.
    body = whole(protocol_id)
    path = submitted(committee, body)
    told = TieDeclared(enrolment_id=UUID(body["enrolment_id"]), person="carla", declared_at=datetime.now(UTC))
    tie = events.known_tie(wrap(told, source="/services/registry"))
    assert tie is not None
    for _ in range(2):
        with database.transaction() as tx:
            cases.keep_tie(tx.session, tie)
    committee.call("GET", path, status=404, **named(SECRETARY, "carla"))
    listed = committee.call("GET", "/v1/applications?limit=500", **named(SECRETARY, "carla"))
    assert about(path)["application_id"] not in [each["id"] for each in listed]
    held = meeting(committee, protocol_id, about(path))
    lacking = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, status=409, **SECRETARY)
    assert lacking["excluded"] == ["carla"]


def test_a_tie_counts_in_a_review_without_an_application(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    enrolment = uuid4()
    with database.transaction() as tx:
        reviewing.after_real_alarm(tx.session, uuid4(), enrolment, datetime.now(UTC), datetime.now(UTC))
        tie = events.known_tie(
            wrap(
                TieDeclared(enrolment_id=enrolment, person="bert", declared_at=datetime.now(UTC)),
                source="/services/registry",
            )
        )
        assert tie is not None
        cases.keep_tie(tx.session, tie)
    (review,) = reviews(committee, str(enrolment), "real_alarm")
    bert = named(SECRETARY, "bert")
    held = meeting(committee, protocol_id)
    point = {"review_id": review["id"]}
    committee.call("POST", f"/v1/meetings/{held}/agenda", point, status=404, **bert)
    said = {"meeting_id": held, **REASONS, "outcome": "keep", "conditions": MET}
    committee.call("POST", f"/v1/reviews/{review['id']}/hold", said, status=404, **bert)
    committee.call("POST", f"/v1/meetings/{held}/agenda", point, **SECRETARY)
    assert committee.call("GET", f"/v1/meetings/{held}", **bert)["agenda"] == []
    lacking = committee.call("POST", f"/v1/reviews/{review['id']}/hold", said, status=409, **SECRETARY)
    assert lacking["excluded"] == ["bert"]


SPELT = ("Bert", " bert", "BERT ", "\uff42\uff45\uff52\uff54")


@pytest.mark.parametrize("spelt", SPELT)
def test_a_tie_is_not_beaten_by_spelling(committee: Desk, protocol_id: str, spelt: str) -> None:
    path = submitted(committee, body := whole(protocol_id))
    committee.raw_json("POST", f"{path}/conflicts", {"subject": "bert", "reason": "uncle"}, **SECRETARY)
    held = meeting(committee, protocol_id, about(path), people=((spelt, "police"), ("carla", "parket")))
    (point,) = committee.call("GET", f"/v1/meetings/{held}", **SECRETARY)["agenda"]
    assert (point["missing"], point["excluded"]) == (["police"], {"bert": "police"})
    said = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", said, status=409, **SECRETARY)
    assert (lacking["missing"], lacking["excluded"]) == (["police"], ["bert"])
    # Nor does who signs in under another spelling see any of it.
    bert = named(SECRETARY, spelt)
    committee.call("GET", path, status=404, **bert)
    for where in ("/v1/applications", "/v1/board"):
        listed = committee.call("GET", f"{where}?limit=500", **bert)
        assert body["enrolment_id"] not in [each["enrolment_id"] for each in listed]


def test_one_person_counts_once(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    twice = (("bert", "police"), ("Bert", "parket"))
    held = meeting(committee, protocol_id, about(path), people=twice)
    said = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", said, status=409, **SECRETARY)
    assert lacking["missing"] == ["police"]
    committee.call("POST", f"/v1/meetings/{held}/attendance/BERT/leave", **SECRETARY)
    assert committee.call("GET", f"/v1/meetings/{held}", **SECRETARY)["agenda"][0]["present"] == {}


def test_other_members_are_other_people(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    refused(committee, protocol_id, path)
    committee.call("POST", f"{path}/request-review", {"grounds": "news"}, **POLICE)
    again = tuple((who.title(), partner) for who, partner in QUORUM)
    held = meeting(committee, protocol_id, about(path), people=again)
    said = {"meeting_id": held, **REASONS}
    lacking = committee.call("POST", f"{path}/grant", said, status=409, **SECRETARY)
    assert lacking["excluded"] == ["bert", "carla"]


def test_a_tie_from_the_registry_is_not_beaten_by_spelling(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path = submitted(committee, body := whole(protocol_id))
    told = TieDeclared(enrolment_id=UUID(body["enrolment_id"]), person="Carla", declared_at=datetime.now(UTC))
    tie = events.known_tie(wrap(told, source="/services/registry"))
    assert tie is not None
    with database.transaction() as tx:
        cases.keep_tie(tx.session, tie)
    carla = named(SECRETARY, "carla")
    committee.call("GET", path, status=404, **carla)
    listed = committee.call("GET", "/v1/applications?limit=500", **carla)
    assert about(path)["application_id"] not in [each["id"] for each in listed]


def test_a_tie_that_is_known_before_the_approval_counts(committee: Desk, protocol_id: str) -> None:
    body = whole(str(uuid4()), exceptional="no protocol here", conditions={}) | {"protocol_id": None}
    path = submitted(committee, body)
    held = meeting(committee, protocol_id, about(path))
    proposal = {"meeting_id": held, "outcome": "grant", **REASONS}
    committee.call("POST", f"{path}/propose-decision", proposal, **SECRETARY)
    committee.raw_json("POST", f"{path}/conflicts", {"subject": "carla", "reason": "aunt"}, **SECRETARY)
    lacking = committee.call("POST", f"{path}/approve-draft", status=409, **GENERAL)
    assert (lacking["missing"], lacking["excluded"]) == (["parket"], ["carla"])
    committee.call("POST", f"{path}/send-draft-back", {"remarks": "others"}, **GENERAL)


def test_a_committee_decides_cases_of_its_own_protocol(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    other = in_force(committee, PROTOCOL | {"name": "Gent, nights"})
    held = meeting(committee, other)
    committee.call("POST", f"/v1/meetings/{held}/agenda", about(path), status=409, **SECRETARY)
    strangers = {"subject": "zed", "partner": "ketenaanpak", "name": "Zed"}
    unknown = committee.call("POST", f"/v1/meetings/{held}/attendance", strangers, status=422, **SECRETARY)
    assert unknown["field"] == "partner"


def test_police_of_another_zone_are_another_partner(committee: Desk) -> None:
    path = submitted(committee, whole(in_force(committee, PROTOCOL | {"zones": ["z1", "z9"]})))
    here: Who = {"role": "committee", "partner": "police", "zone": "z1"}
    there: Who = {"role": "committee", "partner": "police", "zone": "z9"}
    ours = {"advice": "grant", "shared": "seen twice", "kept": "an informant"}
    committee.call("PUT", f"{path}/opinion", ours, **here)
    assert [each["kept"] for each in committee.call("GET", f"{path}/opinions", **there)] == [None]
    committee.call("PUT", f"{path}/opinion", {"advice": "refuse"}, **there)
    mine = committee.call("GET", f"{path}/opinions", **here)
    assert [(each["advice"], each["kept"]) for each in mine] == [("grant", "an informant"), ("refuse", None)]


# Law


def test_who_refused_does_not_decide_the_review_after_a_draft_was_sent_back(
    committee: Desk, protocol_id: str
) -> None:
    body = whole(str(uuid4()), exceptional="no protocol here", conditions={}) | {"protocol_id": None}
    path = submitted(committee, body)
    no = {"outcome": "refuse", **REASONS, "alternatives": ["aid"], "review_way": "ask us"}
    held = meeting(committee, protocol_id, about(path))
    committee.call("POST", f"{path}/propose-decision", {"meeting_id": held, **no}, **SECRETARY)
    committee.call("POST", f"{path}/approve-draft", **GENERAL)
    committee.call("POST", f"{path}/request-review", {"grounds": "new threats"}, **POLICE)
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
    committee.call("POST", f"{path}/request-review", {"grounds": "he is back"}, **POLICE)
    held = meeting(committee, protocol_id, about(path), people=QUORUM + OTHERS)
    answer = committee.call("POST", f"{path}/grant", {"meeting_id": held, **REASONS}, **SECRETARY)
    assert set(answer["decision"]["present"]) == {"dirk", "eva"}


def test_the_committee_lowers_a_risk_in_a_meeting_and_nobody_else(committee: Desk, protocol_id: str) -> None:
    draft = f"/v1/applications/{drafted(committee, whole(protocol_id))}"
    high = {"instrument": "SAM", "version": "2.1", "answers": {"N1": "yes"}, "level": "extreme"}
    committee.call("PUT", f"{draft}/assessment", high, **MAGISTRATE)
    lower = {"assessment": {"level": "low"}}
    committee.call("PATCH", draft, lower, status=403, **named(POLICE, "drafter"))
    committee.call("POST", f"{draft}/submit", **POLICE)
    low = high | {"level": "elevated"}
    committee.call("PUT", f"{draft}/assessment", low, status=403, **SECRETARY)
    alone = meeting(committee, protocol_id, about(draft), people=QUORUM[:1])
    committee.call("PUT", f"{draft}/assessment", low | {"meeting_id": alone}, status=409, **SECRETARY)
    sits = meeting(committee, protocol_id, about(draft))
    # Whoever names a meeting that sits is not its secretariat.
    committee.call("PUT", f"{draft}/assessment", low | {"meeting_id": sits}, status=403, **POLICE)
    answer = committee.call("PUT", f"{draft}/assessment", low | {"meeting_id": sits}, **SECRETARY)
    assert answer["assessment"]["level"] == "elevated"


def test_who_names_a_meeting_is_not_yet_the_committee(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    low = {"instrument": "SAM", "version": "2.1", "answers": {"N1": "no"}, "level": "low"}
    sits = {"meeting_id": meeting(committee, protocol_id, about(path))}
    for who in (POLICE, MAGISTRATE, {"role": "committee", "partner": "parket", "district": "Gent"}):
        committee.call("PUT", f"{path}/assessment", low | sits, status=403, **who)
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
    until = (day_of(datetime.now(UTC)) + timedelta(days=150)).isoformat()
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
        reviewing.after_real_alarm(tx.session, uuid4(), UUID(enrolment), now, now)
    (after,) = reviews(committee, enrolment, "real_alarm")
    until = (day_of(now) + timedelta(days=90)).isoformat()
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
        f"UPDATE application SET submitted_at = submitted_at - interval '3 days' "
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
    committee.call("POST", f"/v1/meetings/{held}/attendance/carla/leave", **SECRETARY)
    seen = come_in(committee, held, "carla", "parket")
    again = come_in(committee, held, "carla", "parket")
    assert again == seen
    stays = [(who["subject"], who["left_at"] is None) for who in seen["attendance"]]
    assert sorted(stays) == [("bert", True), ("carla", False), ("carla", True)]
    moved = come_in(committee, held, "carla", "city")
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
        real = events.real_incident(event)
        assert real is not None
        assert real[2] == since
