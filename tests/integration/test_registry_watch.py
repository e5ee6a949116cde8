"""No alarm falls silent unseen: what was granted, suspended, lost or is to end reminds until it is done."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.database import Database, engine_of
from contracts.committee import AlarmEnding, AlarmGranted, AlarmProvisionallyGranted, AlarmRefused
from contracts.envelope import wrap
from contracts.topology import REPORTING_ATTENTION
from services.registry import events
from services.registry.settings import RegistrySettings
from services.registry.usecases import files, watch
from services.reporting.domain import Entries
from services.reporting.events import enter
from tests.integration.test_registry_api import complete, grant, identity
from tests.integration.test_registry_following import open_reminders, told
from tests.support.desks import Desk, Who

GHENT: Who = {"role": "file_manager", "zone": "ghent", "sub": "mieke"}


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


@pytest.fixture
def file(registry: Desk) -> str:
    return f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"


def heard(database: Database, enrolment: UUID, application: UUID, kind: type[Any], number: int = 1) -> None:
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
        review_on=at.date(),
        ends_on=at.date() + timedelta(days=180),
    )
    row = events.decision(wrap(fact, source="/services/committee"))
    assert row is not None
    with database.transaction() as tx:
        files.keep_decision(tx, row)


def a_day_later(registry: Desk) -> None:
    registry.execute("UPDATE reminder SET reminded_at = reminded_at - interval '25 hours'")


def open_kinds(registry: Desk, path: str) -> dict[str, datetime]:
    """Of the alarm itself; also what is not due yet."""
    rows = registry.sql(
        f"SELECT kind, due_at FROM reminder WHERE enrolment_id = '{identity(path)}' AND settled_at IS NULL"
    )
    return {kind: due_at for kind, due_at in rows if kind in watch.KINDS}


# Granted


def test_a_grant_that_nobody_installs_grows_louder_until_the_alarm_is_on(
    registry: Desk, database: Database, file: str
) -> None:
    complete(registry, database, file, frozenset({"grant"}))
    application = uuid4()
    heard(database, identity(file), application, AlarmProvisionallyGranted)
    # It is urgent: the zone sees it now, and cannot wave it away.
    reminder = open_reminders(registry, file)["activate"]
    registry.call("POST", f"/v1/reminders/{reminder['id']}/settle", status=409, **GHENT)
    assert told(registry, database, file)[-1] == ("activate", 0)
    a_day_later(registry)
    assert ("activate", 1) in told(registry, database, file)
    # News of the same case begins nothing anew.
    heard(database, identity(file), application, AlarmGranted, 2)
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
    heard(database, identity(file), application, AlarmProvisionallyGranted)
    heard(database, identity(file), application, AlarmRefused, 2)
    assert set(open_kinds(registry, file)) == {"to_end"}
    registry.call("POST", f"{file}/end", **GHENT)
    assert open_kinds(registry, file) == {}


def test_an_alarm_that_is_to_end_reminds_until_it_did(registry: Desk, database: Database, file: str) -> None:
    device = complete(registry, database, file, frozenset({"grant"}))
    application = uuid4()
    heard(database, identity(file), application, AlarmGranted)
    registry.call("POST", f"{file}/activate", **GHENT)
    heard(database, identity(file), application, AlarmEnding, 2)
    reminder = open_reminders(registry, file)["to_end"]
    registry.call("POST", f"/v1/reminders/{reminder['id']}/settle", status=409, **GHENT)
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)
    assert set(open_kinds(registry, file)) == {"to_end"}
    registry.call("POST", f"{file}/end", **GHENT)
    assert open_kinds(registry, file) == {}


def test_a_grant_for_a_file_that_nobody_has_reaches_people(registry: Desk, database: Database) -> None:
    mistyped, application = uuid4(), uuid4()
    path = f"/v1/enrolments/{mistyped}"
    heard(database, mistyped, application, AlarmProvisionallyGranted)
    assert told(registry, database, path) == []
    registry.execute(f"UPDATE reminder SET due_at = now() WHERE enrolment_id = '{mistyped}'")
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
    heard(database, mistyped, application, AlarmRefused, 2)
    assert open_kinds(registry, path) == {}
