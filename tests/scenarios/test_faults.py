"""Whatever dies at the moment of the press: the press is accepted, dispatched once, and in the records."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.scenario import Scenario
from tools.runtime.native import postgres
from tools.runtime.native.running import RunningSystem

CIC = "cic-oost-vlaanderen"
PROCESSES = [
    *("registry-api", "registry-worker", "alarm-api", "alarm-worker", "dispatch-api"),
    *("dispatch-alarms", "dispatch-worker", "committee-api", "committee-worker"),
    *("reporting-api", "reporting-worker"),
]


@pytest.mark.in_containers
def test_broker_down_at_the_press(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.fault(-1, lambda system: system.stop("rabbitmq"))
    scenario.press(ann)
    scenario.fault(7, lambda system: system.start("rabbitmq"))
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.quiet_s = 4.0  # what the broker gets afterwards must not become a second order
    scenario.want_nothing_else()
    _mended(scenario, lambda system: system.start("rabbitmq"))
    scenario.run()


@pytest.mark.in_containers
def test_database_of_alarm_down_at_the_press(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.fault(-1, lambda system: postgres.take_down(system.layout, "alarm"))
    scenario.press(ann)
    scenario.fault(6, lambda system: postgres.bring_back(system.layout, "alarm"))
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.quiet_s = 3.0
    scenario.want_nothing_else()
    _mended(scenario, lambda system: postgres.bring_back(system.layout, "alarm"))
    scenario.run()


@pytest.mark.in_containers
def test_dispatch_worker_killed_in_the_middle(scenario: Scenario) -> None:
    ann, bea = scenario.victim(), scenario.victim("Aalst")
    near_ann, near_bea = scenario.unit(), scenario.unit("Aalst")
    scenario.press(ann)
    scenario.fault(0.02, lambda system: system.kill("dispatch-alarms"))
    scenario.press(bea, at=0.1)
    scenario.want_alarm(CIC, between=(0, 15))
    scenario.want_alarm(CIC, between=(0, 15))
    scenario.want_order(near_ann, between=(0, 15))
    scenario.want_order(near_bea, between=(0, 15))
    scenario.traced = False  # a killed process takes its spans along
    scenario.quiet_s = 3.0
    scenario.want_nothing_else()
    _mended(scenario, lambda system: system.wait_ready())
    scenario.run()


@pytest.mark.timeout(180)
def test_every_process_restarted_in_the_middle(scenario: Scenario) -> None:
    ann, bea = scenario.victim(), scenario.victim("Aalst")
    near_ann, near_bea = scenario.unit(), scenario.unit("Aalst")
    scenario.press(ann)
    for process in PROCESSES:
        scenario.fault(0.05, _killing(process))
    scenario.press(bea, at=0.3)
    scenario.want_alarm(CIC, between=(0, 40))
    scenario.want_alarm(CIC, between=(0, 40))
    scenario.want_order(near_ann, between=(0, 40))
    scenario.want_order(near_bea, between=(0, 40))
    scenario.traced = False
    scenario.quiet_s = 3.0
    _mended(scenario, lambda system: system.wait_ready())
    stage = scenario.run()
    orders = [seen for seen in stage.seen if seen.kind == "order"]
    # Whoever could not answer in the midst of it was replaced, by themselves where nobody else is free and
    # their receipt never came (`send_unit._back_again`); nobody got the same order twice.
    assert len({seen.data["incident_id"] for seen in orders}) == 2
    assert len({(seen.who, seen.data["order_id"]) for seen in orders}) == len(orders)


def _killing(process: str) -> Callable[[RunningSystem], Any]:
    return lambda system: system.kill(process)


def _mended(scenario: Scenario, how: Callable[[RunningSystem], Any]) -> None:
    """Whatever happens in between, the next scenario finds a whole system."""
    scenario.faults.callback(lambda: how(scenario.system))
