"""Units: which one is sent, what becomes of its order, and never one to two alarms."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts.common import Outcome
from services.dispatch.errors import IncidentIsClosed, OrderMoveImpossible, UnitNotAvailable
from services.dispatch.usecases import send_unit
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.incident_actions import acknowledge_incident, close_from_scene
from services.dispatch.usecases.order_actions import move_order
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, act, alarm, context_on, order_id


def test_a_silent_unit_is_replaced(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    first, second, *_ = desk.units(GHENT_ROOM, GHENT, 3)
    desk.press(alarm())
    desk.pass_time(20.1)
    assert desk.sql("SELECT unit_id, state FROM orders ORDER BY created_at") == [
        (first, "withdrawn"),
        (second, "sent"),
    ]
    assert desk.sql(f"SELECT order_id FROM units WHERE id = '{first}'") == [(None,)]


def test_a_unit_that_answered_is_not_replaced(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 3)
    desk.press(alarm())
    act(desk.context, move_order, order_id(desk), "crew", "acknowledged")
    desk.pass_time(100)
    assert desk.sql("SELECT state FROM orders") == [("acknowledged",)]


def test_a_unit_that_declines_is_replaced_at_once(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    first, second, *_ = desk.units(GHENT_ROOM, GHENT, 3)
    desk.press(alarm())
    act(desk.context, move_order, order_id(desk), "crew", "declined", "flat tyre")
    desk.pass_time(0)
    assert desk.sql("SELECT unit_id, state FROM orders ORDER BY created_at") == [
        (first, "declined"),
        (second, "sent"),
    ]


def test_the_whole_life_of_an_order(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 1)
    raised = alarm()
    desk.press(raised)
    order = order_id(desk)
    with pytest.raises(OrderMoveImpossible):
        act(desk.context, close_from_scene, order, Outcome.GENUINE, "unit")
    for state in ("received", "acknowledged", "en_route", "received", "on_scene"):
        act(desk.context, move_order, order, "crew", state)
    act(desk.context, close_from_scene, order, Outcome.PERPETRATOR_PRESENT, "unit")
    act(desk.context, close_from_scene, order, Outcome.PERPETRATOR_PRESENT, "unit")
    assert desk.sql("SELECT state, outcome, fix FROM incidents") == [("closed", "perpetrator_present", None)]
    assert desk.sql("SELECT order_id FROM units") == [(None,)]
    assert desk.sql("SELECT count(*) FROM due") == [(0,)]
    assert [m["state"] for m in desk.published("order.moved.v1")] == [
        "sent",
        "received",
        "acknowledged",
        "en_route",
        "on_scene",
        "closed",
    ]
    with pytest.raises(IncidentIsClosed):
        act(desk.context, send_unit.send, raised.alarm_id, "u0")


def test_two_workers_never_send_one_unit_twice(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 8)
    other = Dispatch(context_on_same(desk))
    other.context.situation.refresh(desk.context.database.read())
    presses = [[alarm() for _ in range(4)] for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: (desk if n % 2 else other).press(*presses[n]), range(4)))
    sent = desk.sql("SELECT unit_id FROM orders WHERE state = 'sent'")
    assert len(sent) == len(set(sent)) == 8
    assert desk.sql("SELECT count(*) FROM incidents") == [(16,)]
    # The other eight are looked after: every one has a timer that goes on looking.
    assert desk.sql("SELECT count(*) FROM due WHERE kind = 'find_unit'") == [(8,)]


def _refreshed(desk: Dispatch, times: int = 1) -> int:
    """The free units that a process knows of after it looked so many times."""
    for _ in range(times):
        with desk.context.database.read() as session:
            desk.context.situation.refresh(session)
    return len(desk.context.situation.units)


def test_a_clock_that_ran_ahead_hides_no_unit(desk: Dispatch) -> None:
    desk.units(GHENT_ROOM, GHENT, 3)
    # One change was written by a process whose clock was a year ahead, and was then put right.
    desk.do("UPDATE units SET changed_at = now() + interval '1 year' WHERE id = 'u2'")
    assert _refreshed(desk, 6) == 3
    desk.do("UPDATE units SET order_id = gen_random_uuid(), changed_at = now() WHERE id = 'u0'")
    assert _refreshed(desk) == 2
    desk.do("UPDATE units SET order_id = NULL, changed_at = now() WHERE id = 'u0'")
    assert _refreshed(desk) == 3
    # What is written by that clock is seen when everything is read again.
    desk.do("UPDATE units SET available = false WHERE id = 'u2'")
    assert _refreshed(desk, 5) == 2


def test_a_change_that_became_visible_long_after_it_was_made_is_seen(desk: Dispatch) -> None:
    desk.units(GHENT_ROOM, GHENT, 2)
    assert _refreshed(desk, 6) == 2
    desk.do("UPDATE units SET available = false, changed_at = now() - interval '1 hour' WHERE id = 'u0'")
    assert _refreshed(desk, 5) == 1
    desk.do("DELETE FROM units WHERE id = 'u1'")
    assert _refreshed(desk, 5) == 0


def context_on_same(desk: Dispatch) -> Context:
    """A second process's means over the same database."""
    settings = desk.context.settings
    return context_on(settings.database_url.get_secret_value(), vault_keys=settings.vault_keys)


def test_a_unit_with_an_order_cannot_be_sent_elsewhere(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 1)
    desk.press(alarm())
    second = alarm()
    desk.press(second)
    with pytest.raises(UnitNotAvailable):
        act(desk.context, send_unit.send, second.alarm_id, "u0")


def test_an_alarm_that_was_taken_and_forgotten_gets_its_patrol(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    units = desk.units(GHENT_ROOM, GHENT, 2)
    raised, sent, doubtful = alarm(), alarm(), alarm(lane="unverified")
    desk.press(raised, sent, doubtful)
    for each in (raised, sent, doubtful):
        act(desk.context, acknowledge_incident, each.alarm_id, "op", GHENT_ROOM)
    order = act(desk.context, send_unit.send, sent.alarm_id, None)
    act(desk.context, move_order, order.id, "crew", "acknowledged")
    desk.pass_time(19)
    assert desk.published("incident.escalated.v1") == []
    desk.pass_time(2)
    entries = [(e["incident_id"], e["level"]) for e in desk.published("incident.escalated.v1")]
    assert entries == [(str(raised.alarm_id), "supervisor")]
    desk.pass_time(20)
    orders = desk.sql("SELECT incident_id, unit_id, automatic FROM orders WHERE sent_at IS NOT NULL")
    assert {(incident, automatic) for incident, _, automatic in orders} == {
        (sent.alarm_id, False),
        (raised.alarm_id, True),
    }
    assert {unit for _, unit, _ in orders} == set(units)


def test_who_sends_gets_a_patrol_though_another_alarm_took_the_proposed_one(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    desk.units(GHENT_ROOM, GHENT, 2)
    first, second = alarm(), alarm()
    desk.press(first)
    desk.press(second)
    [(nearest,)] = desk.sql("SELECT DISTINCT unit_id FROM orders")
    assert act(desk.context, send_unit.send, first.alarm_id, None).unit_id == nearest
    # Named, it is that unit or none; not named, it is whoever is nearest and free.
    with pytest.raises(UnitNotAvailable):
        act(desk.context, send_unit.send, second.alarm_id, nearest)
    sent = act(desk.context, send_unit.send, second.alarm_id, None)
    assert (sent.unit_id != nearest, sent.state, sent.automatic) == (True, "sent", False)
    assert act(desk.context, send_unit.send, second.alarm_id, None).id == sent.id
    third = alarm()
    desk.press(third)
    with pytest.raises(UnitNotAvailable):
        act(desk.context, send_unit.send, third.alarm_id, None)
