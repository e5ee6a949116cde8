"""The ledger on a real database: whatever the order, the same records; what does not add up is found."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.database.database import Database
from chassis.errors import Permanent
from chassis.runtime import clock
from contracts.alarm import alarm_id_of
from contracts.dispatch import CanaryRouted, ControlRoomRegistered
from services.reporting import invariants
from services.reporting.settings import ReportingSettings
from services.reporting.store import attention, gaps
from services.reporting.usecases import canaries, ledger
from services.reporting.usecases.gaps import check_gaps
from tests.support import ledger_events as ev
from tests.support.ledger_database import LedgerDatabase, empty, enter, published


@pytest.fixture
def config(ledger_database: LedgerDatabase) -> ReportingSettings:
    return ledger_database.settings


@pytest.fixture
def database(ledger_database: LedgerDatabase) -> Database:
    empty(ledger_database.database)
    return ledger_database.database


def records(database: Database) -> dict[str, Any]:
    """Everything in the records but the moment that each row was first seen."""
    with database.read() as session:
        return {
            name: [
                {k: v for k, v in row._mapping.items() if k != "seen_at"}
                for row in session.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2, 3"))
            ]
            for name in ("presses", "incidents", "orders", "escalations", "ledger")
        }


def found_gaps(database: Database, config: ReportingSettings, later_s: float = 60) -> list[tuple[str, str]]:
    """Look for gaps as if `later_s` seconds had passed since everything was seen."""
    with database.transaction() as tx:
        for table in ("presses", "incidents"):
            tx.session.execute(
                text(f"UPDATE {table} SET seen_at = seen_at - make_interval(secs => :s)"), {"s": later_s}
            )
        check_gaps(tx, config)
    with database.read() as session:
        return [(str(gap.alarm_id), gap.kind) for gap in gaps.listing(session)]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_events_in_any_order_twice_and_in_any_batches_give_the_same_ledger(
    ledger_database: LedgerDatabase, config: ReportingSettings, data: st.DataObject
) -> None:
    story, whole = ev.story(), ledger_database.database
    empty(whole)
    enter(whole, story)
    straight = records(whole)
    empty(whole)
    mixed = data.draw(st.permutations(story + data.draw(st.lists(st.sampled_from(story), max_size=8))))
    # The same fact in a second event (an outbox swept twice under a new id) must change nothing either.
    again = [event.model_copy(update={"id": uuid4()}) for event in data.draw(st.lists(st.sampled_from(story)))]
    mixed = mixed + again
    while mixed:
        size = data.draw(st.integers(1, len(mixed)))
        enter(whole, mixed[:size])
        mixed = mixed[size:]
    assert records(whole) == straight
    assert found_gaps(whole, config) == []


def test_the_story_reads_back_with_every_stage(database: Database, config: ReportingSettings) -> None:
    enter(database, ev.story())
    with database.read() as session:
        press = ledger.press(session, alarm_id_of(ev.DEVICE, 1), "ann")
        summary = ledger.summary(session, ev.T0, None)
    assert press["state"] == "genuine"
    assert press["displayed_at"] == ev.after(0.2), "the earliest counts"
    assert press["unit_received_at"] == ev.after(0.03)
    assert [order.unit_id for order in press["dispatch_orders"]] == ["unit-1", "unit-2"]
    counts = summary.counts
    assert {k: counts[k] for k in ("presses", "accepted", "routed", "incidents", "lost", "duplicated")} == {
        "presses": 3,
        "accepted": 3,
        "routed": 3,
        "incidents": 2,
        "lost": 0,
        "duplicated": 0,
    }
    assert counts["dispatched"] == 2, "the third has an escalation only"
    assert counts["late"] == 1
    assert summary.stages["stored"] == {"count": 3, "p50_ms": 4, "p90_ms": 4, "p99_ms": 4}
    assert summary.stages["received"]["count"] == 1, "a press that joined is not timed against an older order"
    assert summary.stages["received"]["p50_ms"] == 30
    with database.read() as session:
        for name, query in invariants.INVARIANTS.items():
            assert session.execute(text(query)).all() == [], name
    assert found_gaps(database, config) == []


@pytest.mark.parametrize("counter", [2**31, 2**63 - 1])
def test_a_counter_of_64_bits_is_in_the_records(database: Database, counter: int) -> None:
    enter(database, ev.events(ev.recorded(counter), ev.routed(counter)))
    with database.read() as session:
        assert ledger.press(session, alarm_id_of(ev.DEVICE, counter), "ann")["counter"] == counter


def test_two_incidents_for_one_press_is_a_gap_told_once(database: Database, config: ReportingSettings) -> None:
    enter(database, ev.events(ev.recorded(1), ev.routed(1), ev.routed(2), ev.recorded(2), ev.routed(1, 2)))
    enter(database, ev.events(ev.moved(1, "sent", 1), ev.moved(2, "sent", 1)))
    expected = [(str(alarm_id_of(ev.DEVICE, 1)), "two_incidents")]
    assert found_gaps(database, config) == expected
    assert found_gaps(database, config) == expected
    entries = [event for event in published(database) if event.type == "ledger.gap_found.v1"]
    assert [(event.data["alarm_id"], event.data["kind"]) for event in entries] == expected
    with database.read() as session:
        assert [(row.kind, row.times) for row in attention.listing(session)] == [("gap", 1)]


@pytest.mark.parametrize(
    ("payloads", "kind"),
    [
        ((ev.recorded(1),), "no_incident"),
        ((ev.routed(1), ev.moved(1, "sent", 1)), "no_press"),
        ((ev.moved(1, "sent", 1),), "no_press"),
        ((ev.recorded(1), ev.routed(1)), "no_order"),
    ],
)
def test_what_is_missing_is_found_after_its_grace_and_not_before(
    database: Database, config: ReportingSettings, payloads: Any, kind: str
) -> None:
    enter(database, ev.events(*payloads))
    assert found_gaps(database, config, later_s=config.gap_grace_s - 5) == []
    assert found_gaps(database, config) == [(str(alarm_id_of(ev.DEVICE, 1)), kind)]
    with database.read() as session:
        assert len(session.execute(text(invariants.INVARIANTS[kind])).all()) == 1
    enter(database, ev.events(ev.recorded(1), ev.routed(1), ev.moved(1, "sent", 1)))
    assert found_gaps(database, config) == [], "what comes late after all heals the gap"
    with database.read() as session:
        assert attention.listing(session) == []


def test_an_event_that_breaks_its_contract_is_refused_whole(database: Database) -> None:
    good, broken = ev.events(ev.recorded(1), ev.routed(2))
    broken = broken.model_copy(update={"data": {**broken.data, "incident_id": "no"}})
    with pytest.raises(Permanent, match="incident_id"):
        enter(database, [good, broken])
    assert records(database)["presses"] == []
    enter(database, [good])
    assert len(records(database)["presses"]) == 1, "its neighbour comes again alone"


def test_types_that_nobody_here_needs_are_passed_over(database: Database) -> None:
    (event,) = ev.events(ev.recorded(1))
    enter(database, [event.model_copy(update={"type": "something.new.v9"})])
    assert records(database)["presses"] == []


def canary(room: str, at: datetime, expected: bool = True) -> CanaryRouted:
    return CanaryRouted(canary_id=uuid4(), control_room_id=room, expected=expected, raised_at=at, routed_at=at)


def test_a_silent_control_room_is_told_once_for_each_silence(
    database: Database, config: ReportingSettings
) -> None:
    now, long_ago = clock.now(), clock.now() - timedelta(hours=1)
    room = ControlRoomRegistered(control_room_id="gent", name="Gent", canary_lat=51, canary_lon=3.7)

    def missed(watching_since: datetime = long_ago) -> int:
        with database.transaction() as tx:
            canaries.check_canaries(tx, config, watching_since)
        return len([event for event in published(database) if event.type == "canary.missed.v1"])

    enter(database, ev.events(room, canary("gent", now - timedelta(seconds=100))))
    with database.transaction() as tx:
        tx.session.execute(text("UPDATE control_rooms SET registered_at = :at"), {"at": long_ago})
    assert missed() == 0
    with database.transaction() as tx:
        tx.session.execute(
            text("UPDATE control_rooms SET last_canary_at = :at"), {"at": now - timedelta(seconds=200)}
        )
    # One that came out at another control room proves nothing of this one.
    enter(database, ev.events(canary("gent", now, expected=False)))
    assert missed(watching_since=now) == 0, "who just woke up cannot know"
    assert missed() == 1
    assert missed() == 1
    with database.read() as session:
        assert [(row.kind, row.key) for row in attention.listing(session)] == [("canary", "gent")]
    enter(database, ev.events(canary("gent", now)))
    assert missed() == 1
    with database.read() as session:
        assert attention.listing(session) == []
    with database.transaction() as tx:
        tx.session.execute(
            text("UPDATE control_rooms SET last_canary_at = :at"), {"at": now - timedelta(seconds=151)}
        )
    assert missed() == 2


def test_an_empty_ledger_has_a_summary(database: Database) -> None:
    with database.read() as session:
        summary = ledger.summary(session, datetime(2026, 1, 1, tzinfo=UTC), "verified")
    assert summary.counts["presses"] == 0
    assert summary.stages == {}


def test_an_unknown_press_is_refused(database: Database) -> None:
    with database.read() as session, pytest.raises(Permanent, match="no such press"):
        ledger.press(session, UUID(int=5), "ann")
