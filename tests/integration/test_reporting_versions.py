"""Reports that something contradicts later are made again; one that cannot be made hurts no other."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.database.database import Database
from chassis.runtime import clock
from contracts.alarm import alarm_id_of
from contracts.common import Outcome
from contracts.dispatch import IncidentClosed
from contracts.topology import REPORTING_FOLLOW_UP
from services.reporting.api import create_app
from services.reporting.domain import days
from services.reporting.store import reports
from services.reporting.usecases import make_reports
from tests.support import ledger_events as ev
from tests.support.desks import Desk, Who, desk
from tests.support.ledger_database import LedgerDatabase, empty, enter, published

DAY = date(2026, 3, 1)
MANAGER: Who = {"role": "file_manager", "zone": "gent"}
DEVICES: Who = {"role": "device_desk"}


@pytest.fixture(scope="module")
def api(ledger_database: LedgerDatabase) -> Iterator[Desk]:
    url = ledger_database.settings.database_url.get_secret_value()
    with desk(create_app(ledger_database.settings), ledger_database.issuer, url) as started:
        yield started


@pytest.fixture
def database(ledger_database: LedgerDatabase, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Empty records, on the next morning."""
    empty(ledger_database.database)
    now = days.local_time(DAY + timedelta(days=1), 5)
    monkeypatch.setattr(clock, "now", lambda: now)
    return ledger_database.database


@pytest.fixture
def case(database: Database) -> tuple[UUID, UUID]:
    """A device and its enrolment, whose alarm of yesterday is open, a unit sent; the report is published."""
    device, enrolment = uuid4(), uuid4()
    follow(
        database,
        ev.enrolled(enrolment, ev.after(-9999)),
        ev.issued(device, enrolment, ev.after(-9999)),
        ev.recorded(1, ev.T0, device, enrolment),
    )
    opened_by = ev.routed(1, device=device).model_copy(update={"enrolment_id": enrolment})
    enter(
        database,
        ev.events(ev.recorded(1, ev.T0, device, enrolment), opened_by, ev.moved(1, "sent", 1, device=device)),
    )
    make(database)
    return device, enrolment


def follow(database: Database, *payloads: Any) -> None:
    enter(database, ev.events(*payloads), queue=REPORTING_FOLLOW_UP)


def make(database: Database) -> None:
    with database.transaction() as tx:
        make_reports.make_reports(tx, DAY)


def later(database: Database, monkeypatch: pytest.MonkeyPatch, minutes: float) -> int:
    """Let time pass and make again what is due; how many were tried."""
    now = clock.now() + timedelta(minutes=minutes)
    monkeypatch.setattr(clock, "now", lambda: now)
    with database.transaction() as tx:
        return make_reports.remake_reports(tx)


def closed(device: UUID, seconds: float = 60_000) -> IncidentClosed:
    about = {"incident_id": alarm_id_of(device, 1), "control_room_id": "oost-vlaanderen"}
    return IncidentClosed(**about, at=ev.after(seconds), outcome=Outcome.GENUINE, closed_by="unit")


def versions(database: Database) -> list[int]:
    """Those that were told."""
    return [e.data["version"] for e in published(database) if e.type == "report.published.v1"]


def test_an_outcome_that_comes_later_makes_a_new_version_that_says_what_changed(
    database: Database, api: Desk, case: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    device, enrolment = case
    path = f"/v1/reports/daily/{enrolment}?day={DAY}"
    first = api.call("GET", path, **MANAGER)
    assert [press["outcome"] for press in first["presses"]] == ["open: sent"]
    assert (first["version"], first["versions"], first["changed"]) == (1, 1, [])
    enter(database, ev.events(closed(device)))
    assert later(database, monkeypatch, 0.9) == 0, "a little time for what else comes"
    assert later(database, monkeypatch, 0.2) == 1
    second = api.call("GET", path, **MANAGER)
    assert [press["outcome"] for press in second["presses"]] == ["genuine"]
    assert (second["version"], second["versions"], second["came_later"]) == (2, 2, 0)
    where = f"presses.{alarm_id_of(device, 1)}.outcome"
    assert second["changed"] == [{"what": where, "before": "open: sent", "after": "genuine"}]
    assert second["made_at"] > first["made_at"]
    # The old one stays as it was.
    old = api.call("GET", f"{path}&version=1", **MANAGER)
    assert {name: old[name] for name in ("presses", "made_at", "version")} == {
        name: first[name] for name in ("presses", "made_at", "version")
    }
    for number, status in ((3, 404), (0, 422)):
        assert api.call("GET", f"{path}&version={number}", status=status, **MANAGER)["field"] == "version"
    assert versions(database) == [1, 2]


def test_what_contradicts_nothing_makes_no_version(
    database: Database, case: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    device, _ = case
    enter(database, ev.events(ev.moved(1, "sent", 1, device=device)))
    assert later(database, monkeypatch, 2) == 1
    assert versions(database) == [1]


def test_a_fact_that_came_late_is_in_the_new_version_and_shown_to_who_may_know(
    database: Database, api: Desk, case: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    device, enrolment = case
    later(database, monkeypatch, 5)
    follow(database, ev.heartbeat(device, None, ev.after(5), phone_battery=3))
    later(database, monkeypatch, 2)
    path = f"/v1/reports/daily/{enrolment}?day={DAY}"
    entries = {each["what"] for each in api.call("GET", path, **DEVICES)["changed"]}
    assert {"heartbeats", "phone_battery"} <= entries
    api.execute(f"INSERT INTO proposers VALUES ('{enrolment}', 'victim-support', '')")
    support: Who = {"role": "follow_up", "partner": "victim-support"}
    shown = api.call("GET", path, **support)
    assert (shown["version"], shown["changed"]) == (2, [])


def test_a_report_that_changes_all_the_time_is_made_again_ever_more_seldom(
    database: Database, case: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    device, enrolment = case
    for minute in range(240):
        follow(database, ev.heartbeat(device, enrolment, ev.after(minute), phone_battery=minute % 100))
        later(database, monkeypatch, 1)
    assert 3 <= len(versions(database)) <= 8


def test_a_report_that_cannot_be_made_is_told_and_hurts_no_other(
    database: Database, ledger_database: LedgerDatabase, api: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [uuid4() for _ in range(4)]
    follow(database, *(ev.enrolled(each, ev.after(-9999)) for each in cases))
    poisoned = cases[2]
    with database.transaction() as tx:
        tx.session.execute(
            text("INSERT INTO facts VALUES ('press:x', 'press', :id, NULL, :at, '{\"alarm_id\": 7}', :at)"),
            {"id": poisoned, "at": ev.T0},
        )
        make_reports.begin_reports(tx, ledger_database.settings)
    for _ in range(3):
        with database.transaction() as tx:
            make_reports.run_reports(tx, ledger_database.settings)
    entries = [e.data["enrolment_id"] for e in published(database) if e.type == "report.published.v1"]
    assert set(entries) == {str(each) for each in cases if each != poisoned}
    [point] = api.call("GET", "/v1/attention", **DEVICES)
    assert (point["kind"], point["key"], point["detail"]["error"]) == (
        "report_failed",
        f"{poisoned} {DAY}",
        "ValidationError",
    )
    with database.read() as session:
        due = session.execute(text("SELECT subject_id FROM due WHERE kind = 'daily_reports'")).scalars().all()
    assert due == [(DAY + timedelta(days=1)).isoformat()], "the next day is not kept waiting"
    # It is tried again, and told that it is missing.
    monkeypatch.setattr(clock, "now", lambda: days.local_time(DAY + timedelta(days=1), 9))
    with database.transaction() as tx:
        make_reports.check_reports(tx, ledger_database.settings)
    assert "report_missing" in {each["kind"] for each in api.call("GET", "/v1/attention", **DEVICES)}
    assert later(database, monkeypatch, 1) == 1
    api.execute("DELETE FROM facts WHERE key = 'press:x'")
    assert later(database, monkeypatch, 2) == 0
    assert later(database, monkeypatch, 3) == 1
    with database.read() as session:
        assert [each.version for each in reports.saved(session, poisoned, DAY)] == [1]
    assert "report_failed" not in {each["kind"] for each in api.call("GET", "/v1/attention", **DEVICES)}


def test_facts_of_a_day_are_found_by_their_indexes(database: Database) -> None:
    """However many enrolments there are: the whole day is not read for each chunk."""
    with database.transaction() as tx:
        tx.session.execute(
            text(
                "INSERT INTO facts SELECT 'k' || n, 'heartbeat', gen_random_uuid(), NULL, "
                "CAST(:at AS timestamptz) + n * interval '1 s', '{}', now() FROM generate_series(1, 20000) AS n"
            ),
            {"at": ev.T0},
        )
        tx.session.execute(text("ANALYZE facts"))
    with database.read() as session:
        first, after = days.day_bounds(DAY)
        rows = session.execute(
            text(f"EXPLAIN {reports._DAY.text}"),
            {"ids": [uuid4() for _ in range(200)], "first": first, "after": after},
        )
        plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan on facts" not in plan, plan
    assert "facts_enrolment" in plan
    assert "facts_device" in plan


def test_two_workers_make_a_version_once(
    database: Database, case: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    device, _ = case
    enter(database, ev.events(closed(device)))
    now: datetime = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: now)
    with database.transaction() as one, database.transaction() as other:
        assert make_reports.remake_reports(one) + make_reports.remake_reports(other) == 1
    assert versions(database) == [1, 2]
