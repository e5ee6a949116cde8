"""What was decided later counts: nothing older that still waits, or comes back late, ends an alarm after it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database
from services.committee.usecases import reviews as committee_reviews
from tests.support.builders import a_protocol
from tests.support.committee import (
    SECRETARY,
    alive,
    hold,
    in_force,
    meeting,
    member_of,
    recorded,
    registry_says,
    reviews,
    submitted,
    urgent,
)
from tests.support.days import today
from tests.support.desks import Desk, Who

MET = {"intimate": {"met": True}, "reachable": {"met": True}}
END: dict[str, Any] = {"outcome": "end", "plan": "device back on Monday"}


def real_alarm(database: Database, enrolment: str) -> None:
    """Her alarm was a real one."""
    now = datetime.now(UTC)
    with database.transaction() as tx:
        committee_reviews.schedule_after_real_alarm(tx.session, uuid4(), UUID(enrolment), now, now)


def waits(committee: Desk, protocol_id: str, review: dict[str, Any], **said: Any) -> str:
    """A meeting that decided a review on the secretariat's word that the parket is there; its id."""
    held = meeting(committee, protocol_id, {"review_id": review["id"]}, people=(("bert", "police"),))
    recorded(committee, held, "carla", "parket")
    body = {"meeting_id": held, "reasons": "quiet since May", **said}
    committee.call("POST", f"/v1/reviews/{review['id']}/hold", body, status=202, **SECRETARY)
    return held


def confirm(committee: Desk, held: str) -> dict[str, Any]:
    """The parket says late that it was there; the meeting."""
    seen: dict[str, Any] = committee.call(
        "POST", f"/v1/meetings/{held}/presence", **member_of("carla", "parket")
    )
    return seen


def state_of(committee: Desk, path: str) -> str:
    return str(committee.call("GET", path, **SECRETARY)["state"])


@pytest.mark.parametrize("outcome", ["keep", "extend", "lighten"])
def test_an_end_that_waits_lapses_when_a_later_review_keeps_the_alarm(
    committee: Desk, database: Database, protocol_id: str, outcome: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    (periodic,) = reviews(committee, enrolment, "periodic")
    held = waits(committee, protocol_id, periodic, **END)
    real_alarm(database, enrolment)
    (after,) = reviews(committee, enrolment, "real_alarm")
    more: dict[str, dict[str, Any]] = {
        "extend": {"ends_on": today(90).isoformat()},
        "lighten": {"lightened": "fewer patrols"},
    }
    hold(committee, protocol_id, after, outcome=outcome, conditions=MET, **more.get(outcome, {}))
    assert confirm(committee, held)["agenda"][0]["state"] == "adjourned"
    assert state_of(committee, path) == "granted"
    assert "alarm.ending.v1" not in [each.type for each in committee.published(enrolment)]
    # Somebody looks at it all the same.
    assert periodic["id"] in [each["id"] for each in reviews(committee, enrolment)]


def test_what_one_meeting_decides_of_a_case_takes_effect_together(committee: Desk, protocol_id: str) -> None:
    path, enrolment = alive(committee, protocol_id)
    (periodic,), (end,) = reviews(committee, enrolment, "periodic"), reviews(committee, enrolment, "end")
    points = [{"review_id": each["id"]} for each in (periodic, end)]
    held = meeting(committee, protocol_id, *points, people=(("bert", "police"),))
    recorded(committee, held, "carla", "parket")
    extend = {"outcome": "extend", "ends_on": today(90).isoformat()}
    for review, said in ((periodic, {"outcome": "keep"}), (end, extend)):
        body = {"meeting_id": held, "reasons": "he writes again", "conditions": MET, **said}
        committee.call("POST", f"/v1/reviews/{review['id']}/hold", body, status=202, **SECRETARY)
    assert {each["state"] for each in confirm(committee, held)["agenda"]} == {"decided"}
    assert state_of(committee, path) == "granted"
    assert not {periodic["id"], end["id"]} & {each["id"] for each in reviews(committee, enrolment)}


def test_a_real_alarm_is_looked_at_by_the_committee_of_her_zone(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    registry_says(database, enrolment, "active")
    other = in_force(committee, a_protocol(district="Luik", zones=["liege"]))
    police: Who = {"role": "file_manager", "partner": "police", "zone": "liege"}
    theirs = submitted(committee, urgent(other, enrolment_id=enrolment), police)
    magistrate: Who = {"role": "magistrate", "partner": "parket", "district": "Luik"}
    committee.call("POST", f"{theirs}/grant-provisionally", {"reasons": "at once"}, **magistrate)
    real_alarm(database, enrolment)
    (after,) = reviews(committee, enrolment, "real_alarm")
    assert after["application_id"] == path.rpartition("/")[2]


def test_a_real_alarm_is_looked_at_though_the_file_ended_meanwhile(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path, enrolment = alive(committee, protocol_id)
    (periodic,) = reviews(committee, enrolment, "periodic")
    hold(committee, protocol_id, periodic, **END)
    real_alarm(database, enrolment)
    registry_says(database, enrolment, "ended")
    assert state_of(committee, path) == "ended"
    (left,) = reviews(committee, enrolment)
    assert left["cause"] == "real_alarm"
    waiting = committee.call("GET", "/v1/board?limit=500", **SECRETARY)
    assert left["id"] in [each["subject_id"] for each in waiting]
    later = today(90).isoformat()
    held = hold(committee, protocol_id, left, outcome="extend", conditions=MET, ends_on=later)
    # The registry tells the zone that she needs a new file.
    assert (held["state"], committee.published(enrolment)[-1].type) == ("held", "review.held.v1")
    assert reviews(committee, enrolment) == []
