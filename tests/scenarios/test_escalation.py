"""When nobody does what must be done, others are told."""

import pytest

from tests.scenarios.roles import Seen
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.simulation.operator import ABSENT, OperatorConsole
from tools.simulation.unit import SILENT, Conduct

CIC = "cic-oost-vlaanderen"


@pytest.mark.in_containers
def test_nobody_acknowledges(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.control_room(CIC, desk=ABSENT)
    scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_escalation("all_positions", between=(2, 5))
    scenario.want_escalation("supervisor", between=(4, 7))
    scenario.want_escalation("neighbour", between=(6, 9))
    stage_seen: list[Seen] = []
    scenario.want("alarm", "", (5, 10), "the alarm at a neighbouring control room")
    scenario.want_nothing_else()
    stage_seen += scenario.run().seen
    rooms = [seen.who for seen in stage_seen if seen.kind == "alarm"]
    assert rooms[0] == CIC
    assert rooms[1] != CIC


def test_silent_unit_is_replaced(scenario: Scenario) -> None:
    ann = scenario.victim()
    silent, next_one = scenario.unit(conduct=SILENT), scenario.unit(north_m=2500)
    scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(silent)
    scenario.want_withdrawn(silent, between=(2, 6))
    scenario.want_escalation("unit_silent", between=(2, 6))
    scenario.want_order(next_one, between=(2, 7))
    scenario.traced = False  # the order that is received is not the first one
    scenario.want_nothing_else()
    scenario.run()


def test_declined_order_goes_to_the_next_unit(scenario: Scenario) -> None:
    ann = scenario.victim()
    busy, next_one = scenario.unit(conduct=Conduct(decline="engine")), scenario.unit(north_m=2500)
    scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(busy)
    scenario.want_withdrawn(busy, between=(0, 6))
    scenario.want_order(next_one, between=(0, 7))
    scenario.want_nothing_else()
    scenario.run()


def test_no_unit_available_is_told_and_a_unit_that_comes_on_duty_is_sent(scenario: Scenario) -> None:
    ann = scenario.victim()
    off = scenario.unit(available=False)
    scenario.press(ann)

    async def on_duty(stage: Stage) -> None:
        position = {"unit_id": off.unit_id, "lat": off.place.lat, "lon": off.place.lon, "available": True}
        gateway = stage.world.bearer("gateway", cic=off.place.control_room_id)
        await stage.world.call("POST", "dispatch", "/v1/units/positions", gateway, [position])

    scenario.step(3, on_duty)
    scenario.want_alarm(CIC, fits=lambda view: not view["orders"])
    scenario.want_escalation("no_unit", between=(0, 4))
    scenario.want_order(off, between=(3, 8))
    scenario.want_nothing_else()
    scenario.run()


def test_the_proposed_unit_is_sent_though_nobody_sends_it(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.control_room(CIC, policy="proposed", desk=OperatorConsole(display=0, acknowledge=None, send=None))
    scenario.press(ann)
    scenario.want_alarm(CIC)
    for number, level in enumerate(("all_positions", "supervisor", "neighbour"), start=1):
        scenario.want_escalation(level, between=(2 * number, 2 * number + 3))
    scenario.want("alarm", "", (5, 10), "the alarm at a neighbouring control room")
    scenario.want_order(car, between=(5.5, 10))
    scenario.want_nothing_else()
    scenario.run()
