"""The life of an alarm in the registry: what switches it on, keeps it on and ends it; refusals first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete
from sqlmodel import col

from chassis.database.database import Database, engine_of
from chassis.errors import Invalid
from contracts.committee import AlarmEnding, AlarmProvisionallyGranted, AlarmRefused, ApplicationReopened
from contracts.dispatch import TestRouted
from contracts.envelope import wrap
from services.registry.events import incoming as events
from services.registry.models import GrantRow
from services.registry.settings import RegistrySettings
from services.registry.usecases import files
from tests.support.builders import a_card
from tests.support.desks import Desk
from tests.support.registry import (
    GHENT,
    LIEGE,
    WHY,
    complete,
    device_body,
    grant,
    identity,
    issued,
    press_test,
    to_end,
)

PAPERS = {"police_report", "grant", "convention", "card", "device", "test_press"}


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


def test_activation_without_anything_names_everything(registry: Desk, file: str) -> None:
    refused = registry.call("POST", f"{file}/activate", status=409, **GHENT)
    assert refused["type"] == "urn:stalkingalarm:activation-refused"
    assert set(refused["missing"]) == PAPERS
    assert registry.call("GET", file, **GHENT)["preconditions"] == dict.fromkeys(PAPERS, False)


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_each_missing_precondition_refuses_activation(
    registry: Desk, database: Database, file: str, name: str
) -> None:
    complete(registry, database, file, frozenset({name}))
    refused = registry.call("POST", f"{file}/activate", status=409, **GHENT)
    # Without a device nothing can have been tested either.
    assert set(refused["missing"]) == ({name, "test_press"} if name == "device" else {name})
    read = registry.call("GET", file, **GHENT)
    assert (read["status"], set(read["missing"])) == ("open", set(refused["missing"]))


def test_activation(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file)
    assert device is not None
    active = registry.call("POST", f"{file}/activate", **GHENT)
    assert (active["status"], active["missing"]) == ("active", [])
    assert active["devices"][0]["status"] == "active"
    assert active["pv_number"] == "GE.37.L1.9/2026"
    seen = registry.published(str(identity(file)))
    assert [(e.data["status"], e.data["version"]) for e in seen if e.type == "device.changed.v1"] == [
        ("matched", 1),
        ("active", 2),
    ]
    assert [e.data["status"] for e in seen if e.type == "enrolment.changed.v1"] == ["open", "active"]
    registry.call("POST", f"{file}/activate", status=409, **GHENT)


def test_a_date_that_passed_and_a_late_refusal_switch_nothing_off(
    registry: Desk, database: Database, file: str
) -> None:
    complete(registry, database, file, frozenset({"grant"}))
    assert registry.call("POST", f"{file}/activate", status=409, **GHENT)["missing"] == ["grant"]
    # Its end came and the committee is late: what was suspended for a repair must be switched on again.
    grant(database, identity(file), ends_in_days=-2)
    assert registry.call("POST", f"{file}/activate", **GHENT)["status"] == "active"
    refused = AlarmRefused(
        enrolment_id=identity(file),
        application_id=uuid4(),
        protocol_id=uuid4(),
        protocol_version=1,
        decision_id=uuid4(),
        decided_at=datetime.now(UTC),
    )
    row = events.decision(wrap(refused, source="/services/committee"))
    assert row is not None
    with database.transaction() as tx:
        files.record_decision(tx, row)
    assert registry.call("GET", file, **GHENT)["status"] == "active"


def test_suspension_takes_the_devices_along_and_return_needs_a_new_test(
    registry: Desk, database: Database, file: str
) -> None:
    registry.call("POST", f"{file}/suspend", WHY, status=409, **GHENT)
    device = complete(registry, database, file)
    assert device is not None
    registry.call("POST", f"{file}/activate", **GHENT)
    before = datetime.now(UTC)
    assert registry.call("POST", f"{file}/suspend", WHY, **GHENT)["devices"][0]["status"] == "suspended"
    missing = registry.call("POST", f"{file}/activate", status=409, **GHENT)["missing"]
    assert missing == ["device", "test_press"]
    assert registry.call("POST", f"/v1/devices/{device}/reactivate", **GHENT)["status"] == "matched"
    press_test(database, device, before)
    assert registry.call("POST", f"{file}/activate", status=409, **GHENT)["missing"] == ["test_press"]
    press_test(database, device)
    assert registry.call("POST", f"{file}/activate", **GHENT)["devices"][0]["status"] == "active"


def test_a_swapped_device_keeps_its_history_and_the_new_one_works_after_its_test(
    registry: Desk, database: Database, file: str
) -> None:
    old = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    registry.call("POST", f"/v1/devices/{old}/report-lost", **GHENT)
    new = issued(registry, file)
    assert states(registry, file) == {old: "lost", new: "matched"}
    press_test(database, new)
    # A copy changes nothing.
    press_test(database, new)
    assert states(registry, file) == {old: "lost", new: "active"}
    versions = [
        e.data["version"] for e in registry.published(str(identity(file))) if e.data.get("device_id") == new
    ]
    assert versions == [1, 2]


def states(registry: Desk, file: str) -> dict[str, str]:
    return {d["id"]: d["status"] for d in registry.call("GET", file, **GHENT)["devices"]}


def test_a_button_or_key_that_is_out_is_refused(registry: Desk, file: str) -> None:
    first = device_body()
    device = registry.call("POST", f"{file}/devices", first, status=201, **GHENT)["id"]
    for name in ("public_key", "button_serial"):
        again = device_body() | {name: first[name]}
        refused = registry.call("POST", f"{file}/devices", again, status=409, **GHENT)
        assert (refused["type"], refused["field"]) == ("urn:stalkingalarm:device-already-issued", name)
    registry.call("POST", f"/v1/devices/{device}/report-lost", **GHENT)
    again = device_body() | {"button_serial": first["button_serial"]}
    registry.call("POST", f"{file}/devices", again, status=409, **GHENT)
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    registry.call("POST", f"{file}/devices", again, status=201, **GHENT)


def test_a_device_that_was_handed_in_stays_so(registry: Desk, file: str) -> None:
    device = f"/v1/devices/{issued(registry, file)}"
    registry.call("POST", f"{device}/return", **GHENT)
    for action in ("suspend", "report-lost", "return", "reactivate"):
        refused = registry.call("POST", f"{device}/{action}", status=409, **GHENT)
        assert refused["type"] == "urn:stalkingalarm:device-move-refused"


def test_a_test_of_an_unknown_device_is_nothing(registry: Desk, database: Database) -> None:
    press_test(database, str(uuid4()))
    registry.call("POST", f"/v1/devices/{uuid4()}/suspend", status=404, **GHENT)


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        ("alarm.granted.v1", events.decision),
        ("alarm.refused.v1", events.decision),
        ("test.routed.v1", events.passed_test),
    ],
)
def test_a_broken_event_is_not_worth_a_second_try(kind: str, read: Callable[[Any], Any]) -> None:
    routed = TestRouted(
        test_id=uuid4(),
        device_id=uuid4(),
        control_room_id="cic",
        received_at=datetime.now(UTC),
        routed_at=datetime.now(UTC),
    )
    event = wrap(routed, source="/services/dispatch").model_copy(update={"type": kind, "data": {}})
    with pytest.raises(Invalid):
        read(event)
    assert read(event.model_copy(update={"type": "message.parked.v1"})) is None


def test_an_alarm_ends_when_the_committee_and_the_desk_both_say_so(
    registry: Desk, database: Database, file: str
) -> None:
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    refused = registry.call("POST", f"{file}/end", status=409, **GHENT)
    assert (refused["type"], refused["missing"]) == ("urn:stalkingalarm:end-refused", ["decision", "device"])
    gap = registry.call("POST", f"/v1/devices/{device}/return", status=409, **GHENT)
    assert gap["type"] == "urn:stalkingalarm:gap-in-protection"
    to_end(database, identity(file))
    read = registry.call("GET", file, **GHENT)
    assert (read["to_end"], read["status"], read["devices"][0]["status"]) == (True, "active", "active")
    assert registry.call("POST", f"{file}/end", status=409, **GHENT)["missing"] == ["device"]
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    assert registry.call("POST", f"{file}/end", **GHENT)["status"] == "ended"
    ended = {event.type: event for event in registry.published(str(identity(file)))}
    assert ended["enrolment.changed.v1"].data["status"] == "ended"
    assert ended["card.withdrawn.v1"].data["version"] > 1
    for method, path, body in (("PUT", f"{file}/card", a_card()), ("POST", f"{file}/devices", device_body())):
        registry.call(method, path, body, status=409, **GHENT)
    registry.call("POST", f"{file}/activate", status=409, **GHENT)


def test_a_file_that_never_had_an_alarm_is_closed_by_the_desk(registry: Desk, file: str) -> None:
    device = issued(registry, file)
    assert registry.call("POST", f"{file}/end", status=409, **GHENT)["missing"] == ["device"]
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    assert registry.call("POST", f"{file}/end", **GHENT)["status"] == "ended"


def test_a_swap_leaves_no_gap(registry: Desk, database: Database, file: str) -> None:
    old = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    new = issued(registry, file)
    registry.call("POST", f"/v1/devices/{old}/return", status=409, **GHENT)  # the new one is not tested yet
    press_test(database, new)
    assert registry.call("POST", f"/v1/devices/{old}/return", **GHENT)["status"] == "returned"
    history = [device["status"] for device in registry.call("GET", file, **GHENT)["devices"]]
    assert history == ["returned", "active"]


def test_suspending_first_leaves_no_gap_either(registry: Desk, database: Database, file: str) -> None:
    old = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    registry.call("POST", f"{file}/suspend", WHY, **GHENT)
    gap = registry.call("POST", f"/v1/devices/{old}/return", status=409, **GHENT)
    assert gap["type"] == "urn:stalkingalarm:gap-in-protection"
    issued(registry, file)
    assert registry.call("POST", f"/v1/devices/{old}/return", **GHENT)["status"] == "returned"


def test_what_was_granted_is_not_ended_by_the_desk_alone(registry: Desk, database: Database, file: str) -> None:
    grant(database, identity(file))
    assert registry.call("POST", f"{file}/end", status=409, **GHENT)["missing"] == ["decision"]


def test_who_asks_for_a_review_gets_the_alarm_kept(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    application = uuid4()
    common = {
        "enrolment_id": identity(file),
        "application_id": application,
        "protocol_id": uuid4(),
        "protocol_version": 1,
    }
    at = datetime.now(UTC)
    with database.transaction() as tx:
        tx.session.execute(delete(GrantRow).where(col(GrantRow.enrolment_id) == identity(file)))
    facts = [
        AlarmProvisionallyGranted(**common, number=2, decision_id=uuid4(), decided_at=at, ratify_by=at),
        AlarmEnding(**common, number=3, cause="not_ratified", decided_at=at),
        # By a clock that is behind: the number tells that it is the last.
        ApplicationReopened(**common, number=4, alive=True, reopened_at=at - timedelta(hours=1)),
    ]
    for order in ((0, 1), (1,), (2, 0, 1)):
        for n in order:
            row = events.decision(wrap(facts[n], source="/services/committee"))
            assert row is not None
            with database.transaction() as tx:
                files.record_decision(tx, row)
    assert registry.call("GET", file, **GHENT)["to_end"] is False
    registry.call("POST", f"/v1/devices/{device}/return", status=409, **GHENT)
    registry.call("POST", f"{file}/end", status=409, **GHENT)


def test_what_ended_stays_so_and_somebody_is_told(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    offer = registry.call(
        "POST", f"{file}/transfers", {"to_zone_id": "liege", "reason": "moved"}, status=201, **GHENT
    )
    registry.call("POST", f"/v1/devices/{device}/report-lost", **GHENT)
    to_end(database, identity(file))
    assert registry.call("POST", f"{file}/end", **GHENT)["status"] == "ended"
    # Neither does another zone bring its card back, nor a device that was found.
    registry.call("POST", f"/v1/transfers/{offer['id']}/accept", status=409, **LIEGE)
    assert registry.published(str(identity(file)))[-1].type != "card.published.v1"
    registry.call("POST", f"/v1/devices/{device}/reactivate", status=409, **GHENT)
    grant(database, identity(file))
    reminders = registry.call("GET", "/v1/reminders?limit=500", **GHENT)
    assert "granted" in [each["kind"] for each in reminders if each["enrolment_id"] == str(identity(file))]
