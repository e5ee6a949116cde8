"""A grant is not yet an alarm: what the registry's file lacks of it is waited for by people."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.database.database import Database
from contracts.registry import EnrolmentStatus
from services.committee.usecases import deadlines
from tests.support.builders import a_protocol
from tests.support.committee import (
    MAGISTRATE,
    POLICE,
    SECRETARY,
    about,
    granted,
    in_force,
    provisional,
    refused,
    registry_says,
    submitted,
    urgent,
    whole,
)
from tests.support.desks import Desk

NOT_YET: tuple[EnrolmentStatus | None, ...] = (None, "open")


def open_ones(committee: Desk, path: str) -> dict[str, dict[str, Any]]:
    """What is waited for, by kind."""
    found = committee.call("GET", f"{path}/deadlines", **SECRETARY)
    return {each["kind"]: each for each in found if each["state"] == "open"}


def watched(committee: Desk, path: str) -> set[str]:
    return open_ones(committee, path).keys() & {
        "installation",
        "urgent_installation",
        "suspension",
        "protection",
        "device",
    }


def state(committee: Desk, path: str) -> tuple[str, str | None]:
    case = committee.call("GET", path, **SECRETARY)
    return case["state"], case["enrolment_status"]


def away(each: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(each["due_at"]) - datetime.now(UTC)


@pytest.mark.parametrize("before", NOT_YET)
def test_granted_it_is_waited_for_until_it_works(
    committee: Desk, database: Database, protocol_id: str, before: EnrolmentStatus | None
) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    if before:
        registry_says(database, body["enrolment_id"], before)
    granted(committee, protocol_id, path)
    assert state(committee, path) == ("granted", before)
    assert timedelta(days=6) < away(open_ones(committee, path)["installation"]) < timedelta(days=8)
    assert about(path)["application_id"] in [
        each["application_id"]
        for each in committee.call("GET", "/v1/board?limit=500", **SECRETARY)
        if each["kind"] == "installation"
    ]
    registry_says(database, body["enrolment_id"], "active")
    assert state(committee, path) == ("granted", "active")
    assert watched(committee, path) == set()


def test_an_urgent_one_in_hours_and_no_ratification_makes_it_patient(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    path = provisional(committee, body := urgent(protocol_id))
    first = open_ones(committee, path)["urgent_installation"]
    assert timedelta(hours=23) < away(first) <= timedelta(hours=24)
    granted(committee, protocol_id, path)
    assert open_ones(committee, path)["urgent_installation"] == first
    registry_says(database, body["enrolment_id"], "active")
    assert watched(committee, path) == set()


def test_a_protocol_says_how_long_it_may_take(committee: Desk) -> None:
    quick = in_force(committee, a_protocol(delays={"installation_hours": 2, "installation_days": 1}))
    hours = open_ones(committee, provisional(committee, urgent(quick)))["urgent_installation"]
    assert away(hours) < timedelta(hours=2)
    path = submitted(committee, whole(quick))
    granted(committee, quick, path)
    assert away(open_ones(committee, path)["installation"]) < timedelta(days=2)


def test_nobody_installs_it_and_somebody_hears_louder_each_day(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    granted(committee, protocol_id, path)
    for late, reminder_step in ((1, 2), (3, 4)):
        committee.execute(
            f"UPDATE deadlines SET due_at = now() - interval '{late} days' WHERE kind = 'installation' "
            f"AND enrolment_id = '{body['enrolment_id']}'"
        )
        committee.execute(
            "UPDATE due SET due_at = now() - interval '1 s' FROM deadlines "
            "WHERE deadlines.kind = 'installation' AND "
            f"due.subject_id = deadlines.id::text AND enrolment_id = '{body['enrolment_id']}'"
        )
        deadlines.publish_due(database)
        value = committee.published(body["enrolment_id"])[-1]
        assert (value.type, value.data["kind"], value.data["reminder_step"]) == (
            "deadline.missed.v1",
            "installation",
            reminder_step,
        )
    assert state(committee, path)[0] == "granted"


@pytest.mark.parametrize("how", ["provisional", "granted"])
def test_one_that_is_suspended_is_loud_until_it_works_or_ends(
    committee: Desk, database: Database, protocol_id: str, how: str
) -> None:
    path = provisional(committee, body := urgent(protocol_id))
    if how == "granted":
        granted(committee, protocol_id, path)
    enrolment = body["enrolment_id"]
    registry_says(database, enrolment, "active")
    registry_says(database, enrolment, "suspended")
    assert state(committee, path) == (how, "suspended")
    assert watched(committee, path) == {"suspension"}
    # It is late from the beginning: the next round tells of it.
    deadlines.publish_due(database)
    value = committee.published(enrolment)[-1]
    assert (value.type, value.data["kind"], value.data["reminder_step"]) == (
        "deadline.missed.v1",
        "suspension",
        1,
    )
    registry_says(database, enrolment, "active")
    assert watched(committee, path) == set()
    registry_says(database, enrolment, "suspended")
    registry_says(database, enrolment, "ended")
    assert watched(committee, path) == {"protection"}


def test_a_suspension_before_the_grant_counts_too(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    registry_says(database, body["enrolment_id"], "suspended")
    assert watched(committee, path) == set()
    granted(committee, protocol_id, path)
    assert watched(committee, path) == {"suspension"}


def test_a_file_that_ended_before_the_grant_is_told_of(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    first, second = urgent(protocol_id), whole(protocol_id)
    urgent_one, ordinary = submitted(committee, first), submitted(committee, second)
    registry_says(database, first["enrolment_id"], "ended")
    registry_says(database, second["enrolment_id"], "ended")
    committee.call("POST", f"{urgent_one}/grant-provisionally", {"reasons": "at once"}, **MAGISTRATE)
    assert watched(committee, urgent_one) == {"protection"}
    granted(committee, protocol_id, urgent_one)
    granted(committee, protocol_id, ordinary)
    for path in (urgent_one, ordinary):
        assert state(committee, path) == ("granted", "ended")
        assert watched(committee, path) == {"protection"}


def test_a_file_that_ended_before_needs_no_device_when_it_is_refused(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    body = urgent(protocol_id)
    path = submitted(committee, body)
    registry_says(database, body["enrolment_id"], "ended")
    committee.call("POST", f"{path}/grant-provisionally", {"reasons": "at once"}, **MAGISTRATE)
    refused(committee, protocol_id, path)
    assert state(committee, path) == ("ended", "ended")
    assert open_ones(committee, path) == {}


def test_late_news_changes_nothing(committee: Desk, database: Database, protocol_id: str) -> None:
    body = whole(protocol_id)
    path = submitted(committee, body)
    granted(committee, protocol_id, path)
    at = datetime.now(UTC)
    registry_says(database, body["enrolment_id"], "active", at)
    for old in (at - timedelta(seconds=1), at):
        registry_says(database, body["enrolment_id"], "suspended", old)
    assert state(committee, path) == ("granted", "active")
    assert watched(committee, path) == set()


def test_who_decides_while_the_news_comes_does_not_miss_it(
    committee: Desk, database: Database, protocol_id: str
) -> None:
    for _ in range(6):
        body = urgent(protocol_id)
        path = submitted(committee, body)

        def grants(path: str = path) -> None:
            committee.call("POST", f"{path}/grant-provisionally", {"reasons": "at once"}, **MAGISTRATE)

        def works(enrolment: str = body["enrolment_id"]) -> None:
            registry_says(database, enrolment, "active")

        both: list[Callable[[], None]] = [grants, works]
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(each) for each in both]:
                done.result()
        assert watched(committee, path) == set()


def test_what_has_no_file_is_closed_by_people(committee: Desk, database: Database, protocol_id: str) -> None:
    why = {"reasons": "the number was mistyped: the right case is under way"}
    path = provisional(committee, body := urgent(protocol_id))
    committee.call("POST", f"{path}/close", why, status=409, **SECRETARY)  # it is to live
    refused(committee, protocol_id, path)
    assert watched(committee, path) == {"device"}
    assert committee.call("POST", f"{path}/close", why, **SECRETARY)["state"] == "ended"
    assert open_ones(committee, path) == {}
    # There is one after all, and it works: somebody takes the device in.
    registry_says(database, body["enrolment_id"], "active")
    assert watched(committee, path) == {"device"}
    registry_says(database, body["enrolment_id"], "ended")
    assert open_ones(committee, path) == {}


def test_what_the_registry_knows_ends_there(committee: Desk, database: Database, protocol_id: str) -> None:
    path = provisional(committee, body := urgent(protocol_id))
    registry_says(database, body["enrolment_id"], "active")
    refused(committee, protocol_id, path)
    committee.call("POST", f"{path}/close", {"reasons": "tired of it"}, status=409, **SECRETARY)
    committee.call("POST", f"{path}/ask-for-reconsideration", {"grounds": "he is back"}, **POLICE)
    assert watched(committee, path) == set()
