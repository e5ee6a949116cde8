"""One due row whose act fails: the others are acted upon in time, it is put off, parked and told by its id."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from services.dispatch.usecases import escalate
from tests.support.dispatching import BRUSSELS, GHENT, GHENT_ROOM, Dispatch, alarm


def _plant(desk: Dispatch, kind: str, subject: object, late_s: float = 3600) -> None:
    desk.do(
        "INSERT INTO due (id, kind, subject_id, due_at, attempt) "
        "VALUES (:id, :kind, :subject, now() - make_interval(secs => :late), 0)",
        id=uuid4(),
        kind=kind,
        subject=str(subject),
        late=late_s,
    )


@contextmanager
def _held(desk: Dispatch, table: str, row: object) -> Iterator[None]:
    """Somebody has a row in hand and does not let go."""
    with desk.context.database.transaction() as tx:
        tx.session.connection().exec_driver_sql(f"SELECT 1 FROM {table} WHERE id = '{row}' FOR UPDATE")
        yield


@pytest.mark.parametrize("kind", ["unit_answer", "acknowledge", "find_unit", "re_press", "unsent"])
def test_a_row_that_always_fails_stops_nobody(
    desk: Dispatch, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = uuid4() if kind == "unit_answer" else "no id at all"
    _plant(desk, kind, bad)
    raised = alarm()
    desk.press(raised)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            desk.pass_time(20.1, failing=1)
    assert [e["level"] for e in desk.published("incident.escalated.v1") if e["level"] != "no_unit"] == [
        "all_positions",
        "supervisor",
        "neighbour",
    ]
    assert f"timer {kind} of {bad} failed" in caplog.text


def test_a_failing_row_is_tried_again_ever_later_and_parked_in_the_end(
    desk: Dispatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = uuid4()
    _plant(desk, "unit_answer", bad)
    waits = []
    for _ in range(9):
        # To the next attempt, however far that is.
        desk.do("UPDATE due SET due_at = now() WHERE parked_at IS NULL")
        escalate.act_on_due(desk.context)
        ((wait,),) = desk.sql("SELECT extract(epoch FROM due_at - now()) FROM due")
        waits.append(float(wait))
    assert waits[:-1] == sorted(waits[:-1])
    assert waits[7] > 60
    assert desk.sql("SELECT failures, parked_at IS NULL, subject_id FROM due") == [(9, False, str(bad))]
    assert f"{bad} failed: OrderUnknown, parked" in caplog.text
    # From now on nobody tries, and nobody is told that timers are late.
    desk.do("UPDATE due SET due_at = now() - interval '1 hour'")
    assert escalate.act_on_due(desk.context) == 0
    assert desk.sql("SELECT failures FROM due") == [(9,)]


@pytest.mark.parametrize("count", [2**31 - 1, -(2**31)])
def test_a_count_of_failures_that_is_rubbish_stops_nobody(desk: Dispatch, count: int) -> None:
    _plant(desk, "unit_answer", uuid4())
    desk.do("UPDATE due SET failures = :count", count=count)
    desk.press(alarm())
    desk.do("UPDATE due SET due_at = due_at - interval '20.1 seconds'")
    escalate.act_on_due(desk.context)
    assert "all_positions" in [e["level"] for e in desk.published("incident.escalated.v1")]
    assert desk.sql("SELECT failures, parked_at IS NULL FROM due WHERE kind = 'unit_answer'") == [
        (9, False) if count > 0 else (1, True)
    ]


def test_what_failed_half_way_left_nothing_behind(desk: Dispatch, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.press(alarm())
    desk.press(alarm(fix=BRUSSELS))
    before = desk.sql("SELECT revision, flags, escalation FROM incidents ORDER BY id")
    # The last thing that an act does.
    monkeypatch.setattr(escalate, "notify_watchers", None)
    desk.pass_time(20.1, failing=4)
    assert desk.sql("SELECT revision, flags, escalation FROM incidents ORDER BY id") == before
    assert desk.published("incident.escalated.v1") == []
    monkeypatch.undo()
    desk.do("UPDATE due SET due_at = now() WHERE failures > 0")
    escalate.act_on_due(desk.context)
    assert len([e for e in desk.published("incident.escalated.v1") if e["level"] == "all_positions"]) == 2


def test_a_time_that_no_driver_reads_is_acted_upon(desk: Dispatch) -> None:
    desk.press(alarm())
    desk.do("UPDATE due SET due_at = '-infinity' WHERE kind = 'acknowledge'")
    desk.press(alarm(fix=BRUSSELS))
    desk.do("UPDATE due SET due_at = '0044-03-15 BC' WHERE kind = 'acknowledge' AND due_at > now()")
    escalate.act_on_due(desk.context)
    levels = [e["level"] for e in desk.published("incident.escalated.v1")]
    assert levels.count("all_positions") == 2


def test_a_lock_that_somebody_holds_is_no_failure_of_the_row(desk: Dispatch) -> None:
    held, free = alarm(), alarm(fix=BRUSSELS)
    desk.press(held, free)
    with _held(desk, "incidents", held.alarm_id):
        desk.pass_time(20.1)
        assert [
            e["incident_id"] for e in desk.published("incident.escalated.v1") if e["level"] != "no_unit"
        ] == [str(free.alarm_id)]
    # Tried again soon after, and never counted.
    desk.pass_time(1.5)
    assert len([e for e in desk.published("incident.escalated.v1") if e["level"] == "all_positions"]) == 2


def test_a_database_that_is_away_is_no_failure_of_any_row(desk: Dispatch) -> None:
    desk.press(alarm(fix=GHENT))
    desk.do("UPDATE due SET due_at = now() - interval '1 s'")

    def gone(_: Transaction, __: Due) -> None:
        raise OperationalError("", {}, Exception("the connection broke"))

    with pytest.raises(OperationalError):
        timers.act_on_due(desk.context.database, escalate.KINDS, gone)
    assert desk.sql("SELECT count(*) FROM due WHERE failures > 0 OR due_at > now()") == [(0,)]


def test_a_row_that_somebody_else_acted_on_meanwhile_is_left_alone(desk: Dispatch) -> None:
    row = Due("find_unit", str(uuid4()), datetime.now(UTC) - timedelta(minutes=1), id=uuid4())
    timers.put_off(desk.context.database, row, ValueError())
    assert desk.sql("SELECT count(*) FROM due") == [(0,)]


@pytest.mark.parametrize("column", ["attempt", "failures"])
@pytest.mark.parametrize("value", [-(2**31), -1, 2**31 - 1])
def test_no_number_of_a_row_stops_the_rows_behind_it(desk: Dispatch, column: str, value: int) -> None:
    _plant(desk, "unit_answer", uuid4())
    desk.do(f"UPDATE due SET {column} = {value}")
    odd, good = alarm(), alarm(fix=BRUSSELS)
    desk.press(odd, good)
    desk.do(f"UPDATE due SET {column} = {value} WHERE subject_id = :id", id=str(odd.alarm_id))
    desk.do("UPDATE due SET due_at = due_at - interval '20.1 seconds'")
    escalate.act_on_due(desk.context)
    entries = {each["incident_id"] for each in desk.published("incident.escalated.v1")}
    assert entries == {str(odd.alarm_id), str(good.alarm_id)}
