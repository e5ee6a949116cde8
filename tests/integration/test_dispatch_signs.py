"""A unit counts as free only with a fresh sign of life; without any such unit the nearest goes all the same."""

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.dispatch.domain.units import Position
from services.dispatch.push.watchers import Watcher
from services.dispatch.store.units import units_seen_by
from services.dispatch.usecases import escalate, send_unit
from services.dispatch.usecases.order_actions import move_order
from services.dispatch.usecases.units import connected, move_units
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, act, alarm, order_id
from tests.support.tokens import Issuer

FLAG = "unit_no_sign_of_life"


def _silent(desk: Dispatch, *units: str) -> None:
    """Nothing was heard of these units for an hour, and this process knows it."""
    desk.do("UPDATE units SET seen_at = now() - interval '1 hour' WHERE id = ANY(:u)", u=list(units))
    for _ in range(5):  # every so many times all of them are read
        desk.refresh()


def _report(desk: Dispatch, unit: str) -> None:
    """The unit says where it is."""
    with desk.context.database.transaction() as tx:
        move_units(tx, [Position(unit, GHENT.lat, GHENT.lon, None)], GHENT_ROOM)


def _connect(desk: Dispatch, unit: str) -> None:
    """The unit's terminal is connected."""
    with desk.context.database.transaction() as tx:
        connected(tx, [unit])


def _orders(desk: Dispatch) -> list[tuple[Any, ...]]:
    return desk.sql("SELECT unit_id, state FROM orders ORDER BY created_at")


def _flagged(desk: Dispatch) -> bool:
    return any(FLAG in flags for (flags,) in desk.sql("SELECT flags FROM incidents"))


@pytest.mark.parametrize(("policy", "state"), [("automatic", "sent"), ("proposed", "proposed")])
def test_a_unit_that_is_not_there_is_neither_sent_nor_proposed(desk: Dispatch, policy: str, state: str) -> None:
    desk.policy(GHENT_ROOM, policy)
    desk.units(GHENT_ROOM, GHENT, 3)
    _silent(desk, "u0", "u1")
    desk.press(alarm())
    assert (_orders(desk), _flagged(desk)) == ([("u2", state)], False)


def test_a_neighbour_who_is_there_goes_before_one_who_is_not(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 1)
    desk.units("cic-antwerpen", GHENT, 1, "a")
    _silent(desk, "u0")
    desk.press(alarm())
    assert _orders(desk) == [("a0", "sent")]


@pytest.mark.parametrize(("policy", "state"), [("automatic", "sent"), ("proposed", "proposed")])
def test_without_any_sign_of_life_the_nearest_goes_with_a_flag(desk: Dispatch, policy: str, state: str) -> None:
    desk.policy(GHENT_ROOM, policy)
    desk.units(GHENT_ROOM, GHENT, 2)
    _silent(desk, "u0", "u1")
    desk.press(alarm())
    assert (_orders(desk), _flagged(desk)) == ([("u0", state)], True)
    # It does not answer: the next one, silent as it is.
    if policy == "automatic":
        desk.pass_time(20.1)
        assert _orders(desk) == [("u0", "withdrawn"), ("u1", "sent")]


def test_a_position_a_terminal_and_a_report_are_signs_of_life(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    desk.units(GHENT_ROOM, GHENT, 4)
    raised = alarm()
    desk.press(raised)
    act(desk.context, send_unit.send, raised.alarm_id, "u3", GHENT_ROOM)
    _silent(desk, "u0", "u1", "u2", "u3")
    _report(desk, "u0")
    _connect(desk, "u1")
    act(desk.context, move_order, order_id(desk), "crew", "acknowledged")
    with desk.context.database.read() as session:
        seen = {unit.id: unit.seen_at for unit in units_seen_by(session, GHENT_ROOM)}
    fresh = {unit for unit, at in seen.items() if desk.context.situation.is_fresh(at)}
    assert fresh == {"u0", "u1", "u3"}


def test_a_proposed_unit_that_falls_silent_leaves_the_screen(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    desk.units(GHENT_ROOM, GHENT, 2)
    desk.press(alarm())
    _silent(desk, "u0")
    act(desk.context, escalate.look_again_for_stale)
    desk.pass_time(0)
    assert _orders(desk) == [("u0", "withdrawn"), ("u1", "proposed")]
    # The last one too: it stays, for there is nobody else.
    _silent(desk, "u0", "u1")
    act(desk.context, escalate.look_again_for_stale)
    desk.pass_time(0)
    assert (_orders(desk)[1:], _flagged(desk)) == ([("u1", "proposed")], True)
    # Said once: looking again and again is no change.
    [(revision,)] = desk.sql("SELECT revision FROM incidents")
    act(desk.context, escalate.look_again_for_stale)
    desk.pass_time(0)
    assert desk.sql("SELECT revision FROM incidents") == [(revision,)]
    # And goes as soon as somebody is there.
    _connect(desk, "u0")
    desk.refresh()
    act(desk.context, escalate.look_again_for_stale)
    desk.pass_time(0)
    assert _orders(desk)[1:] == [("u1", "withdrawn"), ("u0", "proposed")]


def test_an_operator_may_send_it_by_hand_all_the_same(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    desk.units(GHENT_ROOM, GHENT, 2)
    _silent(desk, "u0")
    raised = alarm()
    desk.press(raised)
    act(desk.context, send_unit.send, raised.alarm_id, "u0", GHENT_ROOM)
    assert (("u0", "sent") in _orders(desk), _flagged(desk)) == (True, True)


def test_an_open_terminal_keeps_its_unit_and_the_room_sees_who_is_not_there(
    desk: Dispatch, client: TestClient, issuer: Issuer
) -> None:
    desk.units(GHENT_ROOM, GHENT, 2)
    desk.do("UPDATE units SET seen_at = now() - interval '1 hour'")
    client.app.state.hub._watchers.add(Watcher("unit", "u1", lambda view: view))  # type: ignore[attr-defined]
    headers = issuer.headers("operator", cic=GHENT_ROOM)

    def fresh() -> dict[str, bool]:
        units = client.get(f"/v1/control-rooms/{GHENT_ROOM}/units", headers=headers).json()
        return {unit["unit_id"]: unit["fresh"] for unit in units}

    until = time.monotonic() + 20
    while not fresh()["u1"] and time.monotonic() < until:
        time.sleep(0.1)
    assert fresh() == {"u0": False, "u1": True}
    # Its room says that it is there: by whatever its software knows.
    unit = {"unit_id": "u0", "callsign": "U 0", "zone_id": "gent-1", "control_room_id": GHENT_ROOM}
    gateway = issuer.headers("gateway", cic=GHENT_ROOM)
    assert client.put("/v1/units", json=[unit], headers=gateway).status_code == 204
    # Where it was stays known.
    assert desk.sql("SELECT lat IS NOT NULL FROM units WHERE id = 'u0'") == [(True,)]
    assert fresh()["u0"]


@pytest.mark.parametrize("came_back", [True, False])
def test_a_unit_that_could_not_be_reached_is_asked_again_when_it_is_back(
    desk: Dispatch, came_back: bool
) -> None:
    """Nobody else is free, and what kept it from its order is over: a restart of ours, a tunnel."""
    desk.policy(GHENT_ROOM, "automatic")
    [unit] = desk.units(GHENT_ROOM, GHENT, 1)
    desk.press(alarm())
    desk.pass_time(20.1)
    assert [state for _, state in _orders(desk)] == ["withdrawn"]
    if came_back:
        _report(desk, unit)
        for _ in range(5):
            desk.refresh()
    desk.pass_time(5.1)
    assert [state for _, state in _orders(desk)] == ["withdrawn", *(["sent"] if came_back else [])]


def test_a_crew_that_had_its_order_and_said_nothing_is_not_asked_again(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    [unit] = desk.units(GHENT_ROOM, GHENT, 1)
    desk.press(alarm())
    act(desk.context, move_order, order_id(desk), "crew", "received")
    desk.pass_time(20.1)
    _report(desk, unit)
    for _ in range(5):
        desk.refresh()
    desk.pass_time(5.1)
    assert [state for _, state in _orders(desk)] == ["withdrawn"]
