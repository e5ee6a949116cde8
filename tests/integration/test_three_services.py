"""Losses planted in the real databases of three services: each is found, and named by its id."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import text

from chassis.runtime import clock
from contracts.alarm import PressesRecorded
from contracts.catalogue import PARKED
from contracts.common import local_day
from contracts.dispatch import IncidentEscalated, OrderMoved, PressRouted
from contracts.envelope import wrap
from contracts.topology import REPORTING_ATTENTION
from services.alarm.usecases.record_presses import report_overlooked
from services.reporting.api import create_app
from services.reporting.clients.reconciliation import RemoteRecords
from services.reporting.store import attention, gaps
from services.reporting.usecases import gap_metrics
from services.reporting.usecases.gaps import check_gaps
from tests.support import alarm as alarm_support
from tests.support import dispatching
from tests.support.desks import Desk, desk
from tests.support.ledger_database import enter, published
from tests.support.three_services import Three
from tests.support.tokens import ROLES
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def api(all_three: Three) -> Iterator[Desk]:
    url = all_three.settings.database_url.get_secret_value()
    with desk(create_app(all_three.settings), all_three.issuer, url) as opened:
        yield opened


@pytest.fixture
def lost(three: Three) -> UUID:
    """The press that will be lost; three others beside it, and every event arrived."""
    raised = three.press()
    for _ in range(3):
        three.press()
    three.deliver()
    assert three.gaps() == set()
    return raised.alarm_id


def order_of(three: Three, incident_id: UUID) -> UUID:
    [(found,)] = three.desk.sql(f"SELECT id FROM orders WHERE incident_id = '{incident_id}'")
    return UUID(str(found))


def test_an_incident_that_is_gone_from_dispatch_with_all_that_hangs_on_it(three: Three, lost: UUID) -> None:
    order = order_of(three, lost)
    for table, column in (("orders", "incident_id"), ("presses", "incident_id"), ("incidents", "id")):
        three.desk.do(f"DELETE FROM {table} WHERE {column} = :id", id=lost)
    assert three.gaps() == {("no_incident", lost), ("order_missing", order)}


def test_an_incident_that_is_gone_though_its_press_is_there(three: Three, lost: UUID) -> None:
    order = order_of(three, lost)
    three.desk.do("DELETE FROM incidents WHERE id = :id", id=lost)
    assert three.gaps() == {("no_incident", lost), ("order_missing", order)}


def test_a_press_that_is_gone_from_dispatch_though_its_incident_is_there(three: Three, lost: UUID) -> None:
    three.desk.do("DELETE FROM presses WHERE alarm_id = :id", id=lost)
    assert three.gaps() == {("no_incident", lost)}


def test_a_press_that_is_gone_from_the_alarm_service(three: Three, lost: UUID) -> None:
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", lost)
    assert three.gaps() == {("no_press", lost)}


def test_an_order_that_is_gone(three: Three, lost: UUID) -> None:
    order = order_of(three, lost)
    three.desk.do("DELETE FROM orders WHERE id = :id", id=order)
    assert three.gaps() == {("order_missing", order)}


def test_a_press_of_which_no_event_came(three: Three) -> None:
    raised = three.press()
    three.deliver(dropped={PressesRecorded.TYPE, PressRouted.TYPE, OrderMoved.TYPE, IncidentEscalated.TYPE})
    found = {("not_reported", raised.alarm_id), ("not_reported", order_of(three, raised.alarm_id))}
    assert three.gaps() == found


def test_a_press_of_which_only_its_routing_was_not_told(three: Three) -> None:
    raised = three.press()
    three.deliver(dropped={PressRouted.TYPE})
    assert ("no_incident", raised.alarm_id) in three.gaps()


def test_a_press_that_never_came_to_dispatch(three: Three) -> None:
    raised = three.press(routed=False)
    three.deliver()
    assert three.gaps() == {("no_incident", raised.alarm_id)}
    # It is handed over after all: the gap heals.
    three.desk.press(raised)
    three.deliver()
    assert three.look() == set()


def test_a_press_that_never_came_to_dispatch_and_of_which_reporting_knows_nothing(three: Three) -> None:
    raised = three.press(routed=False)
    three.deliver(dropped={PressesRecorded.TYPE})
    assert three.gaps() == {("no_incident", raised.alarm_id), ("not_reported", raised.alarm_id)}


def test_two_incidents_for_one_press(three: Three, lost: UUID) -> None:
    """Told by an altered copy of the event; and behind the back of all events, in the database."""
    second = uuid4()
    three.desk.do(
        "INSERT INTO incidents SELECT (jsonb_populate_record(i, jsonb_build_object('id', CAST(:new AS text), "
        "'subject', 'another'))).* FROM incidents i WHERE id = :id",
        new=str(second),
        id=lost,
    )
    assert three.gaps() == {("not_reported", second)}
    with three.reporting.read() as session:
        row = session.execute(text("SELECT * FROM presses WHERE alarm_id = :id"), {"id": lost}).one()
    told = PressRouted(
        alarm_id=lost,
        incident_id=second,
        opened=False,
        device_id=row.device_id,
        lane="verified",
        control_room_id=dispatching.GHENT_ROOM,
        basis="location",
        urgency=1,
        received_at=row.received_at,
        routed_at=row.received_at,
        deadline_at=row.deadline_at,
    )
    enter(three.reporting, [wrap(told, source="/test")])
    assert ("two_incidents", lost) in three.gaps()


def test_a_press_that_the_broker_lost_before_the_recorder_read_it(three: Three) -> None:
    """It went to dispatch another way; the ledger is told from the row, once, not while it may still come."""
    raised = three.press()
    three.deliver(dropped={PressesRecorded.TYPE})
    three.rows.do("UPDATE presses SET reported_at = NULL, stored_at = now() - interval '1 minute'")
    assert three.gaps() == {("no_press", raised.alarm_id)}
    for after_s, told in ((120, 0), (30, 1), (30, 0)):
        report_overlooked(three.alarm, after_s)
        assert three.rows.rows("SELECT count(*) FROM outbox") == [(told,)]
        three.deliver()
    assert three.look() == set()


def test_a_press_that_dispatch_has_and_alarm_never_had(three: Three) -> None:
    raised = dispatching.alarm(received_at=clock.now() - timedelta(minutes=5))
    three.desk.press(raised)
    three.deliver(dropped={PressRouted.TYPE, OrderMoved.TYPE})
    assert ("no_press", raised.alarm_id) in three.gaps()


def test_a_row_that_is_gone_from_our_own_records(three: Three, lost: UUID) -> None:
    with three.reporting.transaction() as tx:
        tx.session.execute(text("DELETE FROM presses WHERE alarm_id = :id"), {"id": lost})
    assert three.gaps() == {("not_reported", lost)}


def test_times_that_differ_between_services_are_no_loss(three: Three, lost: UUID) -> None:
    """At the edge of a part, of the hour and of a day; a clock that is ahead."""
    for minutes in (-61, -4.99, 3):
        three.rows.do(
            "UPDATE presses SET received_at = now() + make_interval(secs => %s) WHERE alarm_id = %s",
            minutes * 60,
            lost,
        )
        assert three.gaps() == set()


def test_a_loss_of_long_ago_is_found_too(three: Three) -> None:
    old = three.press(at=clock.now() - timedelta(days=9))
    three.deliver()
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", old.alarm_id)
    for _ in range(three.settings.compare_days + 1):
        three.look()
    assert three.look() == {("no_press", old.alarm_id)}


def test_many_losses_are_all_named(three: Three) -> None:
    """More than a page of entries within one part, narrowed down."""
    at = clock.now() - timedelta(minutes=7)
    three.rows.do(
        "INSERT INTO presses (alarm_id, device_id, lane, channel, received_at, deadline_at, stored_at, flags, "
        "evidence, whole) SELECT gen_random_uuid(), 'x', 'verified', 'data', %s + n * interval '0.05 s',"
        " now(), now(), '[]', '', true FROM generate_series(1, 2500) AS n",
        at,
    )
    for _ in range(12):
        three.look()
    found = three.open()
    assert {kind for kind, _ in found} == {"no_incident", "not_reported"}
    assert len(found) == 5000


def test_a_service_that_is_away_closes_no_gap_and_is_told(three: Three, lost: UUID) -> None:
    three.desk.do("DELETE FROM incidents WHERE id = :id", id=lost)
    before = three.gaps()
    assert ("no_incident", lost) in before
    there = three.readers["dispatch"]
    three.readers["dispatch"] = RemoteRecords("dispatch", "http://127.0.0.1:1", httpx.Auth())
    try:
        three.rows.do("DELETE FROM presses WHERE alarm_id <> %s", lost)
        after = three.gaps()
        assert before < after, "what the others show is still found"
        with three.reporting.transaction() as tx:
            tx.session.execute(
                text(
                    "UPDATE compared_services SET compared_at = now() - interval '1 hour' "
                    "WHERE fault IS NOT NULL"
                )
            )
            check_gaps(tx, three.settings)
        with three.reporting.read() as session:
            points = {row.key: row.detail for row in attention.listing(session) if row.kind == "not_compared"}
        days = {day for day in points if day.startswith("20")}
        assert points.keys() - days == {"dispatch"}
        assert days, "a day of the past that was not compared whole"
        assert points["dispatch"]["fault"] == "ConnectError"
    finally:
        three.readers["dispatch"] = there
    three.look()
    with three.reporting.read() as session:
        assert "dispatch" not in {row.key for row in attention.listing(session)}


def close(three: Three, api: Desk, number: int, *, irreparable: bool = False) -> Any:
    body = {"reason": "seen by the room, patrol was sent by radio", "irreparable": irreparable}
    return api.call("POST", f"/v1/ledger/gaps/{number}/close", body, role="device_desk", sub="ann")


def numbers(three: Three) -> list[int]:
    with three.reporting.read() as session:
        return [gap.number for gap in gaps.listing(session)]


def age_closed(three: Three) -> None:
    with three.reporting.transaction() as tx:
        tx.session.execute(text("UPDATE gaps SET closed_at = closed_at - interval '1 minute'"))


def test_a_gap_that_is_closed_comes_back_under_a_new_number_while_its_cause_is_there(
    three: Three, api: Desk, lost: UUID
) -> None:
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", lost)
    three.gaps()
    [first] = numbers(three)
    closed = close(three, api, first)
    assert (closed["closed_by"], closed["reason"][:4]) == ("ann", "seen")
    assert api.call("GET", "/v1/ledger/gaps", role="admin") == []
    assert [gap["number"] for gap in api.call("GET", "/v1/ledger/gaps?closed=true", role="admin")] == [first]
    assert three.look() == set(), "what was mended a moment ago is given time too"
    assert api.call("POST", f"/v1/ledger/gaps/{first}/close", {"reason": "again"}, status=409, role="admin")
    age_closed(three)
    assert three.look() == {("no_press", lost)}
    [second] = numbers(three)
    assert second > first
    entries = [event.data for event in published(three.reporting) if event.type == "ledger.gap_found.v1"]
    assert [(each["number"], each["alarm_id"]) for each in entries] == [(first, str(lost)), (second, str(lost))]
    assert ("write", "ledger gap", f"alarm:{lost}") in api.sql("SELECT action, purpose, about FROM audit_entry")


def test_what_cannot_be_brought_back_stays_closed_until_it_was_there_in_between(
    three: Three, api: Desk, lost: UUID
) -> None:
    row = three.rows.rows("SELECT to_jsonb(p) FROM presses p WHERE alarm_id = %s", lost)[0][0]
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", lost)
    three.gaps()
    [first] = numbers(three)
    close(three, api, first, irreparable=True)
    age_closed(three)
    assert three.look() == set()
    three.rows.do("INSERT INTO presses SELECT * FROM jsonb_populate_record(NULL::presses, %s)", Jsonb(row))
    assert three.look() == set()
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", lost)
    assert three.gaps() == {("no_press", lost)}
    assert numbers(three) > [first]


def test_each_open_gap_is_a_figure_of_its_own_and_none_vanishes_with_the_database(
    three: Three, api: Desk, lost: UUID
) -> None:
    standing = gap_metrics.GapMetrics(three.reporting)
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", lost)
    three.gaps()
    other = three.press(routed=False)
    three.deliver()
    three.gaps()
    first, second = numbers(three)
    assert {each["gap"]: value for value, each in standing.each()} == {f"gap-{first}": 1, f"gap-{second}": 1}
    close(three, api, first)
    assert {each["gap"]: value for value, each in standing.each()} == {f"gap-{first}": 0, f"gap-{second}": 1}
    assert {each["kind"]: value for value, each in standing.by_kind()}["no_incident"] == 1
    rows = alarm_support.AlarmDatabase(three.reporting.engine.url.render_as_string(hide_password=False))
    rows.allow_connections(False)
    try:
        assert {each["gap"] for value, each in standing.each() if value} == {f"gap-{second}"}
        assert {each["service"] for _, each in standing.ages()} == {"alarm", "dispatch"}
    finally:
        rows.allow_connections(True)
    # The connections that the API had are dead, one after the other.
    eventually(lambda: api.answer("/v1/ledger/gaps", role="admin").status_code == 200)
    assert other.alarm_id in {entry for _, entry in three.open()}


@pytest.mark.parametrize(
    "queue", ["dispatch.alarms", "dispatch.unverified", "alarm.recorder", "dispatch.fixes"]
)
def test_a_message_of_the_alarm_path_that_is_parked_is_a_gap_at_once(
    three: Three, api: Desk, queue: str
) -> None:
    raised = three.press(routed=False)
    three.deliver()
    kind = "alarm.located.v1" if queue == "dispatch.fixes" else "alarm.raised.v1"
    park(three, queue, kind, str(raised.alarm_id))
    park(three, "dispatch.cards", "card.published.v1", str(uuid4()))
    with three.reporting.transaction() as tx:
        check_gaps(tx, three.settings)
    assert three.open() == {("parked", raised.alarm_id)}
    three.desk.press(raised)
    three.deliver()
    if kind == "alarm.raised.v1":
        assert three.look() == set(), "every service has it"
        return
    # Where a place went nobody can see: a person says so.
    assert three.look() == {("parked", raised.alarm_id)}
    close(three, api, numbers(three)[0])
    age_closed(three)
    assert three.look() == set()
    park(three, queue, kind, str(raised.alarm_id))
    assert three.look() == {("parked", raised.alarm_id)}


def test_a_parked_message_that_nobody_could_read_is_a_gap_too(three: Three) -> None:
    park(three, "dispatch.alarms", "", None)
    assert {kind for kind, _ in three.look()} == {"parked"}


def park(three: Three, queue: str, event_type: str, about: str | None) -> None:
    service = queue.partition(".")[0]
    parked = PARKED[service](
        service=service,
        queue=queue,
        event_type=event_type,
        reason="ValueError",
        parked_at=clock.now(),
        about=about,
    )
    enter(three.reporting, [wrap(parked, source="/test")], queue=REPORTING_ATTENTION)


def test_a_point_of_attention_that_is_resolved_closes_its_gap(three: Three, api: Desk, lost: UUID) -> None:
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", lost)
    three.gaps()
    [point] = [each for each in api.call("GET", "/v1/attention", role="admin") if each["kind"] == "gap"]
    api.call("POST", f"/v1/attention/{point['id']}/resolve", {"reason": "restored"}, role="admin")
    assert numbers(three) == []


def test_any_past_day_is_compared_when_a_person_asks(three: Three, api: Desk) -> None:
    at = clock.now() - timedelta(days=60)
    first, second = three.press(at=at), three.press(at=at)
    three.deliver()
    three.rows.do("DELETE FROM presses WHERE alarm_id = %s", first.alarm_id)
    day = local_day(at).isoformat()
    api.call("GET", f"/v1/ledger/comparisons?day={day}", status=404, role="device_desk")
    asked = api.call("POST", "/v1/ledger/comparisons", {"day": day}, status=202, role="device_desk")
    assert (asked["made_at"], asked["found"]) == (None, None)
    three.compare()
    told = api.call("GET", f"/v1/ledger/comparisons?day={day}", role="device_desk")
    assert told["made_at"] >= told["asked_at"]
    assert told["found"]["entries"] == {
        "alarm": {"presses": 1},
        "dispatch": {"presses": 2, "incidents": 2, "orders": 2},
        "reporting": {"presses": 2, "incidents": 2, "orders": 2},
    }
    assert (told["found"]["whole"], told["found"]["away"], told["found"]["lacking"]) == (True, {}, 1)
    [lack] = told["found"]["named"]
    assert (lack["service"], lack["kind"], lack["id"]) == ("alarm", "no_press", str(first.alarm_id))
    assert second.alarm_id != first.alarm_id
    future = (local_day(clock.now()) + timedelta(days=1)).isoformat()
    refused = api.call("POST", "/v1/ledger/comparisons", {"day": future}, status=422, role="device_desk")
    assert refused["field"] == "day"


def test_records_are_shown_to_reporting_alone(three: Three) -> None:
    at = clock.now()
    period = {"since": (at - timedelta(hours=1)).isoformat(), "until": at.isoformat()}
    for name in ("alarm", "dispatch"):
        url = three.url(name)
        asks: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/v1/records", {"params": period}),
            ("GET", "/v1/records/presses", {"params": period}),
            ("POST", "/v1/records/presses/held", {"json": {"ids": []}}),
        ]
        for method, path, what in asks:
            assert httpx.request(method, url + path, **what).status_code == 401
            for role in ROLES:
                for partner in ("reporting", "alarm"):
                    headers = three.issuer.headers(role, partner=partner)
                    answer = httpx.request(method, url + path, headers=headers, **what)
                    allowed = (role, partner) == ("service", "reporting")
                    assert answer.status_code == (200 if allowed else 403), (role, partner, path)
        ours = three.issuer.headers("service", partner="reporting")
        wrong = {"since": period["until"], "until": period["since"]}
        for params, field in ((wrong, "until"), (period | {"parts": "65"}, "parts"), ({}, "since")):
            answer = httpx.get(f"{url}/v1/records", params=params, headers=ours)
            assert (answer.status_code, answer.json()["field"]) == (422, field)
    answer = httpx.get(f"{three.url('alarm')}/v1/records/orders", params=period, headers=ours)
    assert answer.status_code == 404


@pytest.mark.parametrize("day", ["no day", "0001-01-01", "9999-12-31"])
def test_a_timer_of_a_day_that_is_none_stops_no_comparison(three: Three, lost: UUID, day: str) -> None:
    three.compare()
    with three.reporting.transaction() as tx:
        tx.session.execute(text("UPDATE due SET subject_id = :day WHERE kind LIKE 'compare%'"), {"day": day})
    three.desk.do("DELETE FROM presses WHERE alarm_id = :id", id=lost)
    assert lost in {entry_id for _, entry_id in three.gaps()}
