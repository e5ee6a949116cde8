"""A press, in each of its everyday forms, comes to the control room and to one patrol."""

import pytest

from tests.scenarios.roles import GENT
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.simulation.operator import OperatorConsole
from tools.simulation.unit import WHOLE_JOB

CIC = "cic-oost-vlaanderen"
PERPETRATOR = {"name": "Karel Voorbeeld", "born_on": "1980-03-04", "weapons": [{"text": "knife"}]}


@pytest.mark.in_containers
def test_plain_press(scenario: Scenario) -> None:
    ann = scenario.victim()
    near, _ = scenario.unit(), scenario.unit(north_m=3000)
    scenario.press(ann)
    scenario.want_alarm(CIC, fits=lambda view: view["card"]["victim"]["name"] == ann.name)
    scenario.want_order(near, fits=lambda order: order["card"]["victim"]["name"] == ann.name)
    scenario.want_nothing_else()
    stage = scenario.run()
    order = next(seen.data for seen in stage.seen if seen.kind == "order")
    assert order["marking"] == "STALKINGALARM"
    assert abs(order["location"]["lat"] - 51.0546) < 1e-6
    assert order["location"]["quality"] == "green"


def test_whole_job_to_the_outcome_and_the_ladder(scenario: Scenario) -> None:
    ann = scenario.victim()
    car = scenario.unit(conduct=WHOLE_JOB)
    press = scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want("withdrawn", car.unit_id, (0, 8), "the order leaves the unit when it is closed")
    ladders = []

    async def look(stage: Stage) -> None:
        assert press.made is not None
        ladders.append(await ann.device.ladder(press.made.alarm_id))

    scenario.step(5, look)
    scenario.want_nothing_else()
    scenario.run()
    stages = [stage["stage"] for stage in ladders[0]["stages"]]
    assert stages == ["stored", "routed", "seen", "unit_moving", "on_scene", "closed"]


def test_press_without_a_fix(scenario: Scenario) -> None:
    ann = scenario.victim(position=None)
    car = scenario.unit()
    press = scenario.press(ann)
    scenario.want_alarm(CIC, fits=lambda view: view["location"] is None and GENT in view["last_known_address"])
    scenario.want_order(car, fits=lambda order: GENT in order["last_known_address"])

    async def found(stage: Stage) -> None:
        assert press.made is not None
        assert await ann.device.locate(press.made.alarm_id, (51.0546, 3.7219)) < 300

    scenario.step(1.5, found)
    scenario.want("revised", car.unit_id, (1.4, 6), "the place, appended later", lambda o: o["location"])
    scenario.want_nothing_else()
    scenario.run()


def test_duplicates_over_data_sms_and_voice_are_one_alarm(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    press = scenario.press(ann)
    receipts: list[dict[str, str]] = []

    async def again(stage: Stage) -> None:
        assert press.made is not None
        for channel in ("sms", "voice", "data"):
            answer = await ann.device.send(press.made, channel)
            receipts.append(answer.json())

    scenario.step(1, again)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.traced = False  # the later copies are traces of their own: another gateway, another way
    scenario.want_nothing_else()
    scenario.run()
    assert {receipt["alarm_id"] for receipt in receipts} == {press.alarm_id}


def test_second_press_raises_the_urgency_of_the_same_incident(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    first = scenario.press(ann)
    scenario.press(ann, at=1, joins=first)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want("revised", car.unit_id, (1, 6), "two presses", lambda order: order["presses"] == 2)
    scenario.want_nothing_else()
    stage = scenario.run()
    view = stage.operators[CIC].views[first.alarm_id]
    assert view["presses"] == 2
    assert view["urgency"] > 100


def test_two_victims_of_one_perpetrator_are_linked(scenario: Scenario) -> None:
    ann, bea = scenario.victim(perpetrator=PERPETRATOR), scenario.victim("Aalst", perpetrator=PERPETRATOR)
    near_ann, near_bea = scenario.unit(), scenario.unit("Aalst")
    first, second = scenario.press(ann), scenario.press(bea, at=1)
    scenario.want_alarm(CIC)
    scenario.want_alarm(CIC, fits=lambda view: first.alarm_id in view["linked_incidents"])
    scenario.want_order(near_ann)
    scenario.want_order(near_bea)
    scenario.want_nothing_else()
    scenario.run()
    assert first.alarm_id != second.alarm_id


@pytest.mark.in_containers
def test_a_control_room_takes_orders_by_webhook_and_by_queue(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.control_room(CIC, webhook=True, refuse_webhooks=1, amqp=True)
    press = scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.quiet_s = 2.5  # the first webhook is refused and comes again after a second
    scenario.want_nothing_else()
    stage = scenario.run()
    receiver = stage.receivers[CIC]
    assert receiver.refused == 1
    assert {event["data"]["incident_id"] for event in receiver.received} == {press.alarm_id}
    assert {event["type"] for event in receiver.received} == {"incident.changed"}
    orders = stage.amqp[CIC].orders
    assert [(str(o.incident_id), o.unit_id, o.marking) for o in orders] == [
        (press.alarm_id, car.unit_id, "STALKINGALARM")
    ]


def test_an_operator_sends_the_proposed_unit(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.control_room(CIC, policy="proposed", desk=OperatorConsole(acknowledge=0.1, send=0.2))
    scenario.press(ann)
    scenario.want_alarm(CIC, fits=lambda view: view["orders"][0]["state"] == "proposed")
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()
