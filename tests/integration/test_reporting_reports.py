"""The follow-up and the API on a real database: daily reports on odd days, attention, who may read what."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.database.database import Database
from chassis.runtime import clock
from contracts.alarm import DeviceAttention, TestReceived, alarm_id_of
from contracts.catalogue import PARKED
from contracts.committee import AlarmGranted
from contracts.dispatch import TestRouted
from contracts.topology import REPORTING_ATTENTION, REPORTING_FOLLOW_UP
from services.reporting.api import create_app
from services.reporting.domain import days
from services.reporting.usecases import attention, make_reports
from tests.support import ledger_events as ev
from tests.support.days import today
from tests.support.desks import Desk, desk
from tests.support.ledger_database import LedgerDatabase, empty, enter, published
from tests.support.tokens import AUDIT, ROLES

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


@pytest.fixture
def database(ledger_database: LedgerDatabase) -> Database:
    empty(ledger_database.database)
    return ledger_database.database


@pytest.fixture(scope="module")
def api(ledger_database: LedgerDatabase) -> Iterator[Desk]:
    with desk(
        create_app(ledger_database.settings),
        ledger_database.issuer,
        ledger_database.settings.database_url.get_secret_value(),
    ) as started:
        yield started


def follow(database: Database, *payloads: Any) -> None:
    enter(database, ev.events(*payloads), queue=REPORTING_FOLLOW_UP)


def set_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Move the one clock; everything else stays real."""
    monkeypatch.setattr(clock, "now", lambda: at)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_the_report_of_a_clock_change_holds_exactly_that_local_day(
    database: Database, api: Desk, monkeypatch: pytest.MonkeyPatch, day: date, hours: int
) -> None:
    device, enrolment = ev.new_pair()
    first, after = days.day_bounds(day)
    second = timedelta(seconds=1)
    set_clock(monkeypatch, after + timedelta(hours=6))
    follow(
        database,
        ev.enrolled(enrolment, first - timedelta(days=9)),
        ev.recorded(1, first - second, device, enrolment),
        ev.recorded(2, first, device, enrolment),
        ev.recorded(3, after - second, device, enrolment),
        ev.recorded(4, after, device, enrolment),
    )
    report = api.call("GET", f"/v1/reports/daily/{enrolment}?day={day}", role="device_desk")
    assert report["hours"] == hours
    assert [p["alarm_id"] for p in report["presses"]] == [str(alarm_id_of(device, n)) for n in (2, 3)]
    assert datetime.fromisoformat(report["last_contact_at"]) == after - second


def test_a_full_day_is_told_whole_and_without_a_place(
    database: Database, api: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, enrolment = ev.new_pair()
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    set_clock(monkeypatch, noon + timedelta(hours=20))

    def at(minutes: int) -> datetime:
        return noon + timedelta(minutes=minutes)

    test_id = uuid4()
    healthy = {"phone_battery": 80, "button_battery": 90, "bluetooth": True, "location_permission": True}
    follow(
        database,
        # Out of order, and one heartbeat that came without its enrolment.
        ev.heartbeat(
            device, None, at(60), phone_battery=18, bluetooth=False, location_permission=False, app_version="2"
        ),
        ev.heartbeat(device, enrolment, at(-1440), **healthy, app_version="1"),
        ev.enrolled(enrolment, at(-9999)),
        ev.issued(device, enrolment, at(-9999)),
        ev.heartbeat(device, enrolment, at(0), **healthy, app_version="1"),
        ev.heartbeat(device, enrolment, at(90), phone_battery=40, bluetooth=True),
        DeviceAttention(
            device_id=device, enrolment_id=enrolment, kind="bluetooth", level="warning", since=at(70)
        ),
        TestReceived(test_id=test_id, device_id=device, enrolment_id=enrolment, received_at=at(5)),
        ev.recorded(1, ev.T0, device, enrolment),
        AlarmGranted(
            enrolment_id=enrolment,
            application_id=uuid4(),
            protocol_id=uuid4(),
            protocol_version=1,
            decision_id=uuid4(),
            procedure="urgent",
            decided_at=at(2),
            review_on=date(2026, 6, 1),
            ends_on=date(2026, 9, 1),
        ),
    )
    arrived = TestRouted(
        test_id=test_id,
        device_id=device,
        enrolment_id=enrolment,
        control_room_id="oost-vlaanderen",
        received_at=at(5),
        routed_at=at(5),
    )
    enter(database, [*ev.story(device), *ev.events(arrived)])
    report = api.call("GET", f"/v1/reports/daily/{enrolment}?day=2026-03-01", role="file_manager", zone="gent")
    assert not report["nothing_received"]
    assert report["presses"][0]["outcome"] == "genuine"
    assert [(t["test_id"], t["arrived"]) for t in report["tests"]] == [(str(test_id), True)]
    assert report["phone_battery"] == {"lowest": 18, "last": 40}
    assert report["button_battery"] == {"lowest": 90, "last": 90}
    assert [(c["before"], c["after"]) for c in report["bluetooth"]] == [(True, False), (False, True)]
    assert [c["what"] for c in report["changes"]] == ["location_permission", "app_version"]
    assert [a["kind"] for a in report["attentions"]] == ["bluetooth"]
    assert [f["what"] for f in report["file"]] == ["granted"]
    assert not {"lat", "lon", "fix", "location", "zone_id"} & set(_keys(report))


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_reports_are_made_once_each_morning_and_silence_is_told(
    ledger_database: LedgerDatabase, database: Database, api: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, silent = ev.new_pair()
    _, ended = ev.new_pair()
    _, opened_only = ev.new_pair()
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    set_clock(monkeypatch, noon + timedelta(days=1))
    follow(
        database,
        ev.enrolled(silent, noon - timedelta(days=30)),
        ev.enrolled(ended, noon - timedelta(days=30)),
        ev.enrolled(ended, noon - timedelta(days=3), "ended"),
        ev.enrolled(opened_only, noon, "open"),
    )
    for _ in range(3):
        with database.transaction() as tx:
            make_reports.begin_reports(tx, ledger_database.settings)
    assert _due(database) == [("2026-03-01", datetime(2026, 3, 2, 4, tzinfo=UTC))], "05:00 local, once"
    _run(ledger_database)
    entries = [e.data for e in published(database) if e.type == "report.published.v1"]
    assert [(e["enrolment_id"], e["day"]) for e in entries] == [(str(silent), "2026-03-01")]
    assert _due(database) == [("2026-03-02", datetime(2026, 3, 3, 4, tzinfo=UTC))]
    report = api.call("GET", f"/v1/reports/daily/{silent}", role="device_desk")
    assert report["nothing_received"]
    assert report["last_contact_at"] is None
    assert report["made_at"] is not None
    # What arrives afterwards does not change what was published, and is not hidden either.
    set_clock(monkeypatch, noon + timedelta(days=1, hours=1))
    follow(database, ev.heartbeat(uuid4(), silent, noon, phone_battery=3))
    report = api.call("GET", f"/v1/reports/daily/{silent}", role="device_desk")
    assert (report["nothing_received"], report["came_later"]) == (True, 1)


def _due(database: Database) -> list[tuple[str, datetime]]:
    with database.read() as session:
        rows = session.execute(text("SELECT subject_id, due_at FROM due ORDER BY due_at"))
        return [(row.subject_id, row.due_at) for row in rows]


def _run(ledger_database: LedgerDatabase) -> None:
    more = True
    while more:
        with ledger_database.database.transaction() as tx:
            more = make_reports.run_reports(tx, ledger_database.settings)


def test_days_that_were_slept_through_are_made_up_for(
    ledger_database: LedgerDatabase, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, enrolment = ev.new_pair()
    start = datetime(2026, 10, 23, 12, tzinfo=UTC)
    set_clock(monkeypatch, start)
    follow(database, ev.enrolled(enrolment, start - timedelta(days=5)))
    with database.transaction() as tx:
        make_reports.begin_reports(tx, ledger_database.settings)
    set_clock(monkeypatch, start + timedelta(days=4))
    _run(ledger_database)
    days = [e.data["day"] for e in published(database) if e.type == "report.published.v1"]
    assert sorted(days) == [f"2026-10-{day}" for day in (22, 23, 24, 25, 26)]


def test_a_missing_report_needs_attention_from_eight(
    ledger_database: LedgerDatabase, database: Database, api: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, enrolment = ev.new_pair()
    set_clock(monkeypatch, datetime(2026, 3, 2, 6, 59, tzinfo=UTC))
    follow(database, ev.enrolled(enrolment, datetime(2026, 2, 1, tzinfo=UTC)))

    def check() -> list[str]:
        with database.transaction() as tx:
            make_reports.check_reports(tx, ledger_database.settings)
        return [row["kind"] for row in api.call("GET", "/v1/attention", role="device_desk")]

    assert check() == []
    set_clock(monkeypatch, datetime(2026, 3, 2, 7, 1, tzinfo=UTC))
    assert check() == ["report_missing"]
    with database.transaction() as tx:
        make_reports.make_reports(tx, date(2026, 3, 1))
    assert check() == []


def test_attention_is_opened_once_and_resolved_with_a_reason(
    ledger_database: LedgerDatabase, database: Database, api: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    parked = PARKED["alarm"](
        service="alarm", queue="alarm.ladder", event_type="x.v1", reason="ValueError", parked_at=clock.now()
    )
    for _ in range(2):
        enter(database, ev.events(parked), queue=REPORTING_ATTENTION)
    with database.transaction() as tx:
        attention.note_depths(tx, {"dispatch.parking": 2, "unroutable": 0, "alarm.parking": -1})
    rows = {row["key"]: row for row in api.call("GET", "/v1/attention", role="device_desk")}
    assert set(rows) == {"alarm.ladder x.v1", "dispatch.parking", "alarm.parking"}
    assert rows["alarm.ladder x.v1"]["times"] == 2
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert errors.count("attention: parked alarm.ladder x.v1") == 1
    path = f"/v1/attention/{rows['alarm.ladder x.v1']['id']}/resolve"
    refused = api.call("POST", path, {"reason": ""}, status=422, role="device_desk")
    assert refused["field"] == "reason"
    assert (
        api.call("POST", path, {"reason": "replayed"}, role="device_desk")["resolved_by"] == "test-device_desk"
    )
    assert api.call("POST", path, {"reason": "replayed"}, status=409, role="device_desk")
    assert api.call(
        "POST", f"/v1/attention/{uuid4()}/resolve", {"reason": "why"}, status=404, role="device_desk"
    )
    with database.transaction() as tx:
        attention.note_depths(tx, {"dispatch.parking": 0, "alarm.parking": 0})
    assert api.call("GET", "/v1/attention", role="device_desk") == []


def test_a_zone_sees_its_own_enrolments_only(database: Database, api: Desk) -> None:
    _, enrolment = ev.new_pair()
    path = f"/v1/reports/daily/{enrolment}"
    assert api.call("GET", path, status=404, role="device_desk")["field"] == "enrolment_id"
    follow(
        database, ev.enrolled(enrolment, ev.T0, zone="aalst"), ev.enrolled(enrolment, ev.after(9), zone="gent")
    )
    # An older change that comes late does not give it back.
    follow(database, ev.enrolled(enrolment, ev.after(5), zone="aalst"))
    api.call("GET", path, role="file_manager", zone="gent")
    api.call("GET", path, role="file_manager", zone="aalst", status=404)
    api.call("GET", path, role="file_manager", status=404)


def test_a_day_that_has_not_begun_is_refused_by_name(api: Desk) -> None:
    day = today(1)
    assert api.call("GET", f"/v1/ledger?day={day}", status=422, role="device_desk")["field"] == "day"
    assert (
        api.call("GET", "/v1/ledger/summary?since=2026-01-01T00:00:00", status=422, role="device_desk")["field"]
        == "since"
    )


def test_the_ledger_of_a_day_over_http(database: Database, api: Desk) -> None:
    enter(database, ev.story())
    day = api.call("GET", "/v1/ledger?day=2026-03-01&limit=2", role="admin")
    assert (day["totals"]["presses"], len(day["presses"]), day["truncated"]) == (3, 2, True)
    one = api.call("GET", f"/v1/ledger/presses/{alarm_id_of(ev.DEVICE, 1)}", role="service")
    assert len(one["dispatch_orders"]) == 2
    assert one["escalation_steps"][0]["level"] == "all_positions"
    assert api.call("GET", "/v1/ledger/gaps", role="admin") == []
    summary = api.call("GET", "/v1/ledger/summary?since=2026-03-01T00:00:00Z&lane=verified", role="service")
    assert summary["stages"]["routed"]["p50_ms"] == 10


NOBODY = UUID(int=1)
ENDPOINTS: dict[tuple[str, str], set[str]] = {
    ("GET", "/v1/ledger"): {"device_desk", "admin", "service"},
    ("GET", f"/v1/ledger/presses/{NOBODY}"): {"device_desk", "admin", "service"},
    ("GET", "/v1/ledger/gaps"): {"device_desk", "admin", "service"},
    ("POST", "/v1/ledger/gaps/1/close"): {"device_desk", "admin"},
    ("GET", "/v1/ledger/services"): {"device_desk", "admin", "service"},
    ("POST", "/v1/ledger/comparisons"): {"device_desk", "admin"},
    ("GET", "/v1/ledger/comparisons"): {"device_desk", "admin", "service"},
    ("GET", "/v1/ledger/summary?since=2026-01-01T00:00:00Z"): {"device_desk", "admin", "service"},
    ("GET", f"/v1/reports/daily/{NOBODY}"): {"device_desk", "follow_up", "file_manager"},
    ("GET", "/v1/attention"): {"device_desk", "technician", "admin"},
    ("POST", f"/v1/attention/{NOBODY}/resolve"): {"device_desk", "technician", "admin"},
    ("GET", "/v1/audit/witness/alarm"): {"auditor"},
    **AUDIT,
}


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_roles_by_endpoint(api: Desk, ledger_database: LedgerDatabase, method: str, path: str) -> None:
    allowed = {role for role in ROLES if api.raw(method, path, ledger_database.issuer.headers(role)) != 403}
    assert allowed == ENDPOINTS[method, path]
    assert api.raw(method, path, {}) == 401


def test_the_role_table_names_every_endpoint(ledger_database: LedgerDatabase) -> None:
    paths = create_app(ledger_database.settings).openapi()["paths"]
    there = {(m.upper(), p) for p, methods in paths.items() for m in methods if p.startswith("/v1")}
    table = {
        (m, p.split("?")[0].replace(str(NOBODY), "{%s}" % ("enrolment_id" if "daily" in p else "alarm_id")))
        for m, p in ENDPOINTS
    }
    table = {(m, p.replace("attention/{alarm_id}", "attention/{attention_id}")) for m, p in table}
    table = {(m, p.replace("gaps/1/", "gaps/{number}/")) for m, p in table}
    assert {(m, p.replace("witness/alarm", "witness/{service}")) for m, p in table} == there
