"""What cannot be verified is shown, never filtered, and never in the way of what is verified."""

import asyncio

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.simulation.device import Device
from tools.simulation.operator import OperatorConsole

CIC = "cic-oost-vlaanderen"


def test_unknown_device_raises_an_alarm_that_people_decide_upon(scenario: Scenario) -> None:
    nobody, car = scenario.stranger(), scenario.unit()
    press = scenario.press(nobody, verified=False)
    scenario.want_flag(press, "unknown_device")
    scenario.want_alarm(CIC, fits=lambda view: view["lane"] == "unverified" and view["card"] is None)
    scenario.want_order(car)  # the operator sends it: policies never send for unverified presses
    scenario.want_nothing_else()
    scenario.run()


def test_bad_signature_is_flagged_and_shown(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()

    async def forged(stage: Stage) -> None:
        ann.device.key = Ed25519PrivateKey.generate()

    scenario.step(-1, forged)
    press = scenario.press(ann, verified=False)
    scenario.want_flag(press, "bad_signature")
    scenario.want_alarm(CIC, fits=lambda view: view["lane"] == "unverified" and view["card"] is None)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


def test_suspended_device_still_raises_an_alarm(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()

    async def suspended(stage: Stage) -> None:
        assert ann.real is not None
        manager = stage.world.bearer("file_manager", zone=ann.real.zone)
        path = f"/v1/enrolments/{ann.real.enrolment_id}/suspend"
        await stage.world.call("POST", "registry", path, manager, {"reason": "she is abroad"})
        await asyncio.sleep(2.5)  # the alarm service hears of it, and looks every second

    scenario.step(-1, suspended)
    press = scenario.press(ann)
    scenario.want_flag(press, "suspended_device")
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


@pytest.mark.timeout(240)
def test_flood_of_unverified_presses_does_not_delay_a_real_one(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.control_room(CIC, desk=OperatorConsole(display=None, acknowledge=None, send=None))

    async def flood(stage: Stage) -> None:
        gate = asyncio.Semaphore(40)

        async def one() -> None:
            async with gate:
                device = Device(stage.world.http, stage.world.url("alarm"), position=ann.position)
                await device.press(give_up_after_s=50)

        await asyncio.gather(*(one() for _ in range(500)))
        # How quickly the flood itself is shown depends on the machine: that it is shown does not.
        while stage.now() < 150:
            if len(_shown(stage)) == 501:
                break
            await asyncio.sleep(0.2)

    scenario.step(0, flood)
    press = scenario.press(ann, at=0.5)
    scenario.want_order(car, between=(0.5, 5.5), fits=lambda order: order["incident_id"] == press.alarm_id)
    stage = scenario.run()
    shown = _shown(stage)
    assert len([seen for seen in stage.seen if seen.kind == "order"]) == 1
    assert press.alarm_id in shown
    assert len(shown) == 501, "every press of the flood is shown, once"


def _shown(stage: Stage) -> set[str]:
    return {seen.data["incident_id"] for seen in stage.seen if seen.kind == "alarm"}
