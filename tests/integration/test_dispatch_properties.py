"""Rules of the alarm path as properties: any presses, copies and orders of arrival, a crash at any step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from chassis import sql
from contracts.alarm import AlarmRaised
from contracts.common import Fix
from services.dispatch.invariants import INVARIANTS
from tests.support.dispatching import GHENT, GHENT_ROOM, Desk, alarm

FIXES = st.one_of(
    st.none(),
    st.just(GHENT),
    st.builds(
        Fix,
        lat=st.floats(-90, 90, allow_nan=False),
        lon=st.floats(-180, 180, allow_nan=False),
        radius_m=st.one_of(st.none(), st.floats(0, 1e6)),
    ),
)
PRESSES = st.builds(
    alarm,
    device=st.integers(1, 4).map(lambda n: UUID(int=n)),
    counter=st.integers(1, 4),
    fix=FIXES,
    lane=st.sampled_from(["verified", "verified", "unverified"]),
)


class Crash(Exception):
    """The process died."""


@contextmanager
def crash_after(desk: Desk, statements: int) -> Iterator[None]:
    """Die after so many statements; a commit counts as one."""
    left = [statements]

    def counted(run: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Crash
            return run(*arguments)

        return counting

    engine = desk.context.database.engine
    count = counted(lambda *_: None)
    event.listen(engine, "before_cursor_execute", count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "_execute", counted(sql._execute))
        patch.setattr(sql, "_commit", counted(sql._commit))
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", count)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    presses=st.lists(PRESSES, min_size=1, max_size=10),
    copies=st.data(),
    policy=st.sampled_from(["automatic", "proposed"]),
    units=st.integers(0, 4),
    crash=st.integers(0, 14),
)
def test_accepted_means_exactly_one_incident_with_an_order_or_an_escalation(
    one_desk: Desk, presses: list[AlarmRaised], copies: st.DataObject, policy: str, units: int, crash: int
) -> None:
    desk = one_desk
    desk.wipe()
    desk.policy(GHENT_ROOM, policy)
    if units:
        desk.units(GHENT_ROOM, GHENT, units)
    arriving = copies.draw(st.permutations(presses + presses[: len(presses) // 2]))
    cut = copies.draw(st.integers(0, len(arriving)))
    for batch in (arriving[:cut], arriving[cut:]):
        if not batch:
            continue
        try:
            with crash_after(desk, crash):
                desk.press(*batch)
        except Crash:
            desk.press(*batch)  # the broker delivers it again
    _each_press_has_one_incident(desk, presses)
    desk.pass_time(0)
    _every_incident_is_looked_after(desk)
    _no_unit_has_two_orders(desk)
    _times_never_go_backwards(desk)
    assert {name: rows for name, query in INVARIANTS.items() if (rows := desk.sql(query))} == {}


def _each_press_has_one_incident(desk: Desk, presses: list[AlarmRaised]) -> None:
    stored = desk.sql("SELECT p.alarm_id, i.id FROM presses p LEFT JOIN incidents i ON i.id = p.incident_id")
    assert sorted(str(row[0]) for row in stored) == sorted({str(p.alarm_id) for p in presses})
    assert all(row[1] is not None for row in stored)
    routed = [r["alarm_id"] for r in desk.published("press.routed.v1")]
    assert sorted(routed) == sorted(set(routed)) == sorted({str(p.alarm_id) for p in presses})
    assert (
        desk.sql("SELECT subject FROM incidents WHERE state = 'open' GROUP BY subject HAVING count(*) > 1")
        == []
    )


def _every_incident_is_looked_after(desk: Desk) -> None:
    left_alone = desk.sql(
        "SELECT id FROM incidents i WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.incident_id = i.id "
        "AND o.state IN ('proposed', 'sent')) AND NOT EXISTS "
        "(SELECT 1 FROM due d WHERE d.subject_id = i.id::text AND d.kind IN ('find_unit', 'send_unit'))"
    )
    assert left_alone == []
    unwatched = desk.sql(
        "SELECT id FROM incidents i WHERE NOT EXISTS "
        "(SELECT 1 FROM due d WHERE d.subject_id = i.id::text AND d.kind = 'acknowledge')"
    )
    assert unwatched == []


def _no_unit_has_two_orders(desk: Desk) -> None:
    assert (
        desk.sql("SELECT unit_id FROM orders WHERE state = 'sent' GROUP BY unit_id HAVING count(*) > 1") == []
    )
    claimed = desk.sql("SELECT order_id FROM units WHERE order_id IS NOT NULL ORDER BY 1")
    assert claimed == desk.sql("SELECT id FROM orders WHERE state = 'sent' ORDER BY 1")


def _times_never_go_backwards(desk: Desk) -> None:
    for routed in desk.published("press.routed.v1"):
        assert routed["received_at"] <= routed["routed_at"] <= routed["hops"]["routed"]
    assert desk.sql("SELECT id FROM orders WHERE sent_at < created_at") == []
    assert desk.sql("SELECT id FROM incidents WHERE routed_at < raised_at") == []
