"""No alarm falls silent unseen: what was granted, suspended, lost or is to end reminds until it is done."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database.database import Database, engine_of
from contracts.committee import AlarmEnding, AlarmGranted, AlarmProvisionallyGranted, AlarmRefused
from contracts.envelope import wrap
from contracts.topology import REPORTING_ATTENTION
from services.registry.events import incoming as events
from services.registry.settings import RegistrySettings
from services.registry.usecases import alarm_reminders, files
from services.reporting.domain.entries import Entries
from services.reporting.events.incoming import enter
from tests.support.days import today
from tests.support.desks import Desk
from tests.support.registry import GHENT, WHY, complete, grant, identity, issued, press_test
from tests.support.registry_news import open_reminders
from tests.support.registry_reminders import told


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


def receive(database: Database, enrolment: UUID, application: UUID, kind: type[Any], number: int = 1) -> None:
    """The registry hears of a decision of the committee."""
    at = datetime.now(UTC)
    fact = kind(
        enrolment_id=enrolment,
        application_id=application,
        number=number,
        decision_id=uuid4(),
        decided_at=at,
        ratify_by=at,
        procedure="ordinary",
        cause="not_ratified",
        review_on=today(),
        ends_on=today(180),
    )
    row = events.decision(wrap(fact, source="/services/committee"))
    assert row is not None
    with database.transaction() as tx:
        files.record_decision(tx, row)


def a_day_later(registry: Desk) -> None:
    registry.execute("UPDATE reminders SET reminded_at = reminded_at - interval '25 hours'")


def open_kinds(registry: Desk, path: str) -> dict[str, datetime]:
    """Of the alarm itself; also what is not due yet."""
    rows = registry.sql(
        f"SELECT kind, due_at FROM reminders WHERE enrolment_id = '{identity(path)}' AND settled_at IS NULL"
    )
    return {kind: due_at for kind, due_at in rows if kind in alarm_reminders.KINDS}


# Granted


def test_a_grant_that_nobody_installs_grows_louder_until_the_alarm_is_on(
    registry: Desk, database: Database, file: str
) -> None:
    complete(registry, database, file, frozenset({"grant"}))
    application = uuid4()
    receive(database, identity(file), application, AlarmProvisionallyGranted)
    # It is urgent: the zone sees it now, and cannot wave it away.
    reminder = open_reminders(registry, file)["activate"]
    registry.call("POST", f"/v1/reminders/{reminder['id']}/settle", status=409, **GHENT)
    assert told(registry, database, file)[-1] == ("activate", 0)
    a_day_later(registry)
    assert ("activate", 1) in told(registry, database, file)
    # News of the same case begins nothing anew.
    receive(database, identity(file), application, AlarmGranted, 2)
    a_day_later(registry)
    assert ("activate", 2) in told(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    assert open_kinds(registry, file) == {}


def test_an_ordinary_grant_is_told_of_the_next_morning(registry: Desk, database: Database, file: str) -> None:
    grant(database, identity(file))
    assert open_reminders(registry, file) == {}
    wait = open_kinds(registry, file)["activate"] - datetime.now(UTC)
    assert timedelta(0) < wait < timedelta(hours=34)


def test_what_is_refused_before_it_was_installed_needs_no_installing(
    registry: Desk, database: Database, file: str
) -> None:
    application = uuid4()
    receive(database, identity(file), application, AlarmProvisionallyGranted)
    receive(database, identity(file), application, AlarmRefused, 2)
    assert set(open_kinds(registry, file)) == {"to_end"}
    registry.call("POST", f"{file}/end", **GHENT)
    assert open_kinds(registry, file) == {}


def test_an_alarm_that_is_to_end_reminds_until_it_did(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file, frozenset({"grant"}))
    application = uuid4()
    receive(database, identity(file), application, AlarmGranted)
    registry.call("POST", f"{file}/activate", **GHENT)
    receive(database, identity(file), application, AlarmEnding, 2)
    reminder = open_reminders(registry, file)["to_end"]
    registry.call("POST", f"/v1/reminders/{reminder['id']}/settle", status=409, **GHENT)
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    assert set(open_kinds(registry, file)) == {"to_end"}
    registry.call("POST", f"{file}/end", **GHENT)
    assert open_kinds(registry, file) == {}


def test_a_grant_for_a_file_that_nobody_has_reaches_people(registry: Desk, database: Database) -> None:
    mistyped, application = uuid4(), uuid4()
    path = f"/v1/enrolments/{mistyped}"
    receive(database, mistyped, application, AlarmProvisionallyGranted)
    assert told(registry, database, path) == []
    registry.execute(f"UPDATE reminders SET due_at = now() WHERE enrolment_id = '{mistyped}'")
    assert told(registry, database, path) == [("unknown", 0)]
    a_day_later(registry)
    assert told(registry, database, path)[-1] == ("unknown", 1)
    # Reporting has it on its list from the first time on: no zone has it on its own.
    for number, event in enumerate(registry.published(str(mistyped)), start=1):
        entries = Entries()
        enter(entries, REPORTING_ATTENTION, event)
        assert [(kind, detail["enrolment_id"]) for kind, _, detail in entries.points] == [
            ("reminder", str(mistyped))
        ], number
    receive(database, mistyped, application, AlarmRefused, 2)
    assert open_kinds(registry, path) == {}


# Suspended, or lost


def active(registry: Desk, database: Database, file: str) -> str:
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    assert open_kinds(registry, file) == {}
    return str(device)


@pytest.mark.parametrize(
    ("body", "field"),
    [(None, "body"), ({}, "reason"), ({"reason": " "}, "reason"), ({"reason": "a\0"}, "reason")],
)
def test_nobody_suspends_an_alarm_without_saying_why(
    registry: Desk, database: Database, file: str, body: dict[str, str] | None, field: str
) -> None:
    active(registry, database, file)
    assert registry.call("POST", f"{file}/suspend", body, status=422, **GHENT)["field"] == field
    assert registry.call("GET", file, **GHENT)["status"] == "active"


def test_a_suspended_alarm_grows_louder_until_it_is_on_again(
    registry: Desk, database: Database, file: str
) -> None:
    device = active(registry, database, file)
    suspended = registry.call("POST", f"{file}/suspend", WHY, **GHENT)
    assert (suspended["unprotected"], suspended["suspended_for"]) == (True, WHY["reason"])
    reminder = open_reminders(registry, file)["unprotected"]
    registry.call("POST", f"/v1/reminders/{reminder['id']}/settle", status=409, **GHENT)
    for day in (0, 1):
        assert told(registry, database, file)[-1] == ("unprotected", day)
        a_day_later(registry)
    # A device that works is not enough: the alarm is off.
    registry.call("POST", f"/v1/devices/{device}/reactivate", **GHENT)
    press_test(database, device)
    assert ("unprotected", 2) in told(registry, database, file)
    assert registry.call("POST", f"{file}/activate", **GHENT)["unprotected"] is False
    assert open_kinds(registry, file) == {}
    assert WHY["reason"] not in str(registry.published(str(identity(file))))
    assert (
        WHY["reason"].encode()
        not in registry.sql(f"SELECT suspended_for FROM enrolment_files WHERE id = '{identity(file)}'")[0][0]
    )


def test_the_only_device_lost_says_what_is_missing_and_reminds_until_one_works(
    registry: Desk, database: Database, file: str
) -> None:
    device = active(registry, database, file)
    lost = registry.call("POST", f"/v1/devices/{device}/report-lost", **GHENT)
    assert (lost["status"], lost["unprotected"], lost["missing"]) == ("lost", True, ["device", "test_press"])
    assert told(registry, database, file)[-1] == ("unprotected", 0)
    new = issued(registry, file)
    assert registry.call("GET", file, **GHENT)["missing"] == ["test_press"]
    a_day_later(registry)
    assert told(registry, database, file)[-1] == ("unprotected", 1)
    press_test(database, new)
    assert open_kinds(registry, file) == {}
    # With another one that works, losing one leaves nobody alone.
    other = issued(registry, file)
    press_test(database, other)
    assert registry.call("POST", f"/v1/devices/{new}/report-lost", **GHENT)["unprotected"] is False
    assert open_kinds(registry, file) == {}


def test_the_only_device_that_works_is_suspended_with_its_alarm_or_not_at_all(
    registry: Desk, database: Database, file: str
) -> None:
    device = active(registry, database, file)
    refused = registry.call("POST", f"/v1/devices/{device}/suspend", status=409, **GHENT)
    assert refused["type"] == "urn:stalkingalarm:gap-in-protection"
    other = issued(registry, file)
    press_test(database, other)
    assert registry.call("POST", f"/v1/devices/{device}/suspend", **GHENT)["status"] == "suspended"
