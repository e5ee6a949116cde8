"""From a press to an order, on the real database."""

from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from chassis.errors import Invalid
from contracts.common import Fix, Outcome
from services.dispatch.domain.webhooks import NewWebhook
from services.dispatch.errors import IncidentUnknown
from services.dispatch.usecases import escalate, room_webhooks, send_unit
from services.dispatch.usecases.incident_actions import acknowledge_incident, close_incident, take_over_incident
from tests.support.dispatching import BRUSSELS, BRUSSELS_ROOM, GHENT, GHENT_ROOM, Dispatch, act, alarm


def test_automatic_policy_sends_the_nearest_unit_at_once(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    nearest, *_ = desk.units(GHENT_ROOM, GHENT, 3)
    raised = alarm()
    desk.press(raised)
    assert desk.sql("SELECT unit_id, state, automatic FROM orders") == [(nearest, "sent", True)]
    (routed,) = desk.published("press.routed.v1")
    assert routed["incident_id"] == str(raised.alarm_id)
    assert routed["control_room_id"] == GHENT_ROOM
    assert routed["opened"]
    (moved,) = desk.published("order.moved.v1")
    assert (moved["state"], moved["late"]) == ("sent", False)


def test_proposed_policy_waits_for_the_operator(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    nearest, *_ = desk.units(GHENT_ROOM, GHENT, 2)
    raised = alarm()
    desk.press(raised)
    assert desk.sql("SELECT unit_id, state FROM orders") == [(nearest, "proposed")]
    assert act(desk.context, send_unit.send, raised.alarm_id, None).unit_id == nearest
    # Twice pressed by a nervous hand: still one order.
    act(desk.context, send_unit.send, raised.alarm_id, None)
    assert desk.sql("SELECT unit_id, state FROM orders") == [(nearest, "sent")]


def test_the_location_decides_not_the_home_zone(desk: Dispatch) -> None:
    raised = alarm(fix=BRUSSELS)
    desk.press(raised)
    assert desk.sql("SELECT control_room_id, basis FROM incidents") == [(BRUSSELS_ROOM, "current_fix")]


def test_a_press_without_any_location_goes_to_the_default_room(desk: Dispatch) -> None:
    desk.press(alarm(fix=None))
    ((cic, flags),) = desk.sql("SELECT control_room_id, flags FROM incidents")
    assert cic == desk.context.settings.default_control_room
    assert "no_location" in flags


@pytest.mark.parametrize("fix", [Fix(lat=0, lon=0), Fix(lat=3.7174, lon=51.0543), Fix(lat=-89, lon=179)])
def test_no_fix_is_too_odd_to_be_routed(desk: Dispatch, fix: Fix) -> None:
    desk.press(alarm(fix=fix))
    assert desk.sql("SELECT count(*) FROM incidents") == [(1,)]


def test_copies_have_no_effect(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 3)
    raised = alarm()
    desk.press(raised, raised)
    desk.press(raised)
    assert desk.sql("SELECT presses FROM incidents") == [(1,)]
    assert desk.sql("SELECT count(*) FROM orders") == [(1,)]
    assert len(desk.published("press.routed.v1")) == 1


def test_a_second_press_joins_and_raises_urgency(desk: Dispatch) -> None:
    device = uuid4()
    desk.press(alarm(device, 1))
    ((before,),) = desk.sql("SELECT urgency FROM incidents")
    desk.press(alarm(device, 2), alarm(device, 3))
    ((presses, urgency, flags),) = desk.sql("SELECT presses, urgency, flags FROM incidents")
    assert presses == 3
    assert urgency > before
    assert "re_press" in flags
    assert {r["incident_id"] for r in desk.published("press.routed.v1")} == {str(alarm(device, 1).alarm_id)}


def test_a_press_after_the_end_is_a_new_incident(desk: Dispatch) -> None:
    device = uuid4()
    first = alarm(device, 1)
    desk.press(first)
    act(
        desk.context,
        close_incident,
        first.alarm_id,
        Outcome.GENUINE,
        by="supervisor",
        person="s",
        reason="seen safe",
    )
    desk.press(alarm(device, 2))
    assert desk.sql("SELECT state FROM incidents ORDER BY raised_at") == [("closed",), ("open",)]


def test_no_free_unit_escalates_and_goes_on_looking(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.press(alarm())
    assert desk.pass_time(0) == 1
    assert [e["level"] for e in desk.published("incident.escalated.v1")] == ["no_unit"]
    desk.units(GHENT_ROOM, GHENT, 1)
    desk.pass_time(6)
    assert desk.sql("SELECT state FROM orders") == [("sent",)]


def test_a_neighbouring_room_lends_its_unit(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    (lent,) = desk.units("cic-antwerpen", GHENT, 1)
    desk.press(alarm())
    assert desk.sql("SELECT unit_id, state FROM orders") == [(lent, "sent")]


def test_nobody_acknowledges_step_by_step(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "proposed")
    desk.units(GHENT_ROOM, GHENT, 1)
    desk.press(alarm())
    desk.pass_time(20.1)
    desk.pass_time(20.1)
    assert [e["level"] for e in desk.published("incident.escalated.v1")] == ["all_positions", "supervisor"]
    assert desk.sql("SELECT state FROM orders") == [("proposed",)]
    desk.pass_time(20.1)
    last = desk.published("incident.escalated.v1")[-1]
    assert (last["level"], last["target_control_room_id"]) == (
        "neighbour",
        desk.context.situation.rooms[GHENT_ROOM].neighbours[0],
    )
    # A person waits: the proposed unit goes though nobody sent it.
    assert desk.sql("SELECT state FROM orders") == [("sent",)]


def test_an_acknowledgement_stops_the_ladder(desk: Dispatch) -> None:
    raised = alarm()
    desk.press(raised)
    act(desk.context, acknowledge_incident, raised.alarm_id, "operator-1", GHENT_ROOM)
    act(desk.context, acknowledge_incident, raised.alarm_id, "operator-2", GHENT_ROOM)
    desk.pass_time(100)
    assert "all_positions" not in [e["level"] for e in desk.published("incident.escalated.v1")]
    assert len(desk.published("incident.acknowledged.v1")) == 1


def test_a_take_over_is_an_acknowledgement_by_the_other_room(desk: Dispatch) -> None:
    raised = alarm()
    desk.press(raised)
    neighbour = desk.nobody_answers(GHENT_ROOM)
    with pytest.raises(IncidentUnknown):
        act(desk.context, take_over_incident, raised.alarm_id, "stranger", "cic-luxembourg")
    act(desk.context, take_over_incident, raised.alarm_id, "neighbour", neighbour)
    ((cic, also, by),) = desk.sql(
        "SELECT control_room_id, also_control_room_ids, acknowledged_by FROM incidents"
    )
    assert (cic, by) == (neighbour, "neighbour")
    assert GHENT_ROOM in also


def test_closing_while_the_escalation_is_at_work_is_no_deadlock(desk: Dispatch) -> None:
    raised = alarm()
    desk.press(raised)
    url = desk.context.settings.database_url.get_secret_value().replace("+psycopg", "")
    with psycopg.connect(url) as worker:
        # Another process has claimed the timer and is about to lock the incident.
        worker.execute("SELECT id FROM due WHERE kind = 'acknowledge' FOR UPDATE")
        act(desk.context, acknowledge_incident, raised.alarm_id, "operator", GHENT_ROOM)
        act(
            desk.context,
            close_incident,
            raised.alarm_id,
            Outcome.GENUINE,
            by="supervisor",
            person="s",
            reason="safe",
        )
    assert desk.sql("SELECT state FROM incidents") == [("closed",)]
    # What was left behind finds nothing to do.
    desk.pass_time(100)
    assert desk.published("incident.escalated.v1") == []


def test_a_clock_put_back_by_an_hour_silences_no_escalation(desk: Dispatch) -> None:
    desk.units(GHENT_ROOM, GHENT, 1)
    desk.press(alarm())
    escalate.act_on_due(desk.context)
    assert desk.published("incident.escalated.v1") == []  # it waits for its seconds
    # As after the jump: what was due in seconds is due in an hour and some seconds.
    desk.do("UPDATE due SET due_at = due_at + interval '1 hour'")
    escalate.act_on_due(desk.context)
    # All of the ladder, too early, and nothing an hour too late.
    levels = [event["level"] for event in desk.published("incident.escalated.v1")]
    assert levels == ["all_positions", "supervisor", "neighbour"]


def test_unverified_presses_rank_below_and_are_never_sent_automatically(desk: Dispatch) -> None:
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 4)
    desk.press(*(alarm(lane="unverified") for _ in range(3)), alarm())
    rows = desk.sql(
        "SELECT i.lane, o.state FROM incidents i JOIN orders o ON o.incident_id = i.id ORDER BY urgency DESC"
    )
    assert rows == [("verified", "sent")] + [("unverified", "proposed")] * 3


def test_nothing_personal_rests_in_clear(desk: Dispatch) -> None:
    desk.press(alarm(fix=Fix(lat=51.054321, lon=3.717421)))
    for table in ("incidents", "presses", "orders", "due"):
        assert "51.054321" not in str(desk.sql(f"SELECT * FROM {table}"))


def test_production_takes_no_webhook_in_clear(desk: Dispatch) -> None:
    production = desk.context.settings.model_copy(update={"environment": "production"})
    there = replace(desk.context, settings=production)
    secret = "whsec_" + "QUJD" * 8
    in_clear = NewWebhook("http://cad.example/orders", secret)
    with pytest.raises(Invalid) as refused:
        room_webhooks.refuse_wrong(there, in_clear)
    assert refused.value.field == "webhook_url"
    room_webhooks.refuse_wrong(there, NewWebhook("https://cad.example/orders", secret))
