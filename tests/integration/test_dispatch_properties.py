"""Rules of the alarm path as properties: any presses, copies and orders of arrival, a crash at any step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from chassis.database import sql
from chassis.runtime import clock
from contracts.alarm import AlarmRaised, CancelRequested, digest_code
from contracts.common import Fix, Lane
from services.dispatch.domain.urgency import urgency_of
from services.dispatch.invariants import INVARIANTS
from services.dispatch.store.incidents import load_open_incidents
from services.dispatch.usecases.cancel_requests import take_cancel_request
from services.dispatch.usecases.raise_alarms import copies
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, alarm, everything_known

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
def crash_after(desk: Dispatch, statements: int) -> Iterator[None]:
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
    one_desk: Dispatch, presses: list[AlarmRaised], copies: st.DataObject, policy: str, units: int, crash: int
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


WHAT_COMES = st.tuples(st.sampled_from(["press", "wrong", "cancel", "duress"]), st.integers(1, 60))


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    whats=st.lists(WHAT_COMES, min_size=1, max_size=4),
    others=st.lists(WHAT_COMES, min_size=1, max_size=4),
)
def test_urgency_is_the_rule_of_the_domain_whatever_came_in_between(
    one_desk: Dispatch, whats: list[tuple[str, int]], others: list[tuple[str, int]]
) -> None:
    """Through the store, which counts in SQL: one alarm that is verified, and one that is not."""
    desk = one_desk
    desk.wipe()
    desk.policy(GHENT_ROOM, "proposed")
    device, _, _ = everything_known(desk, "her")
    lanes: dict[Lane, list[tuple[str, int]]] = {"verified": whats, "unverified": others}
    for lane, coming in lanes.items():
        least = 0
        for what, count in [("press", 1), *coming]:
            _comes(desk, device, lane, what, count)
            ((urgency, presses, cancel),) = desk.sql(
                f"SELECT urgency, presses, cancel FROM incidents WHERE lane = '{lane}'"
            )
            assert urgency == urgency_of(lane, presses, cancel)
            assert urgency >= least
            least = urgency
    with desk.context.database.read() as session:
        entries = [incident.lane for incident in load_open_incidents(session, GHENT_ROOM)]
    assert entries == ["verified", "unverified"]


def _comes(desk: Dispatch, device: UUID, lane: Lane, what: str, count: int) -> None:
    ((before,),) = desk.sql(
        f"SELECT count(*) FROM presses p JOIN incidents i ON i.id = p.incident_id AND i.lane = '{lane}'"
    )
    # Each lane has counters of its own.
    first = 1 if lane == "verified" else 10_001
    if what == "press":
        desk.press(*(alarm(device, first + before + n, lane=lane) for n in range(count)))
        return
    alarm_id = alarm(device, first).alarm_id
    code = {"cancel": "1234", "duress": "4321", "wrong": "0000"}[what]
    request = CancelRequested(
        alarm_id=alarm_id,
        device_id=device,
        code_digest=digest_code(alarm_id, code),
        received_at=clock.now(),
    )
    with desk.context.database.transaction() as tx:
        take_cancel_request(tx, desk.context, request, None)


def _each_press_has_one_incident(desk: Dispatch, presses: list[AlarmRaised]) -> None:
    stored = desk.sql("SELECT p.alarm_id, i.id FROM presses p LEFT JOIN incidents i ON i.id = p.incident_id")
    # By the bytes that the device sent: other bytes under the same counter are another press.
    assert len(stored) == len({copies.key_of(press) for press in presses})
    assert all(row[1] is not None for row in stored)
    routed = [r["alarm_id"] for r in desk.published("press.routed.v1")]
    assert sorted(routed) == sorted(set(routed)) == sorted(str(row[0]) for row in stored)
    assert (
        desk.sql("SELECT subject FROM incidents WHERE state = 'open' GROUP BY subject HAVING count(*) > 1")
        == []
    )


def _every_incident_is_looked_after(desk: Dispatch) -> None:
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


def _no_unit_has_two_orders(desk: Dispatch) -> None:
    assert (
        desk.sql("SELECT unit_id FROM orders WHERE state = 'sent' GROUP BY unit_id HAVING count(*) > 1") == []
    )
    claimed = desk.sql("SELECT order_id FROM units WHERE order_id IS NOT NULL ORDER BY 1")
    assert claimed == desk.sql("SELECT id FROM orders WHERE state = 'sent' ORDER BY 1")


def _times_never_go_backwards(desk: Dispatch) -> None:
    for routed in desk.published("press.routed.v1"):
        assert routed["received_at"] <= routed["routed_at"] <= routed["hops"]["routed"]
    assert desk.sql("SELECT id FROM orders WHERE sent_at < created_at") == []
    assert desk.sql("SELECT id FROM incidents WHERE routed_at < raised_at") == []
