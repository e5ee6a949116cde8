"""The committee looks again: whatever it comes to, an alarm that is on works until her device was handed in."""

from datetime import datetime
from typing import Any

from contracts.common import local_day
from tests.scenarios.eavesdropping import eavesdropping
from tests.scenarios.offices import (
    REASONS,
    case,
    decided,
    file,
    file_of,
    handed_in,
    manager,
    refused,
    review,
    reviewed,
    told,
    wanted_ended,
)
from tests.scenarios.roles import VictimRole
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tests.support.days import today
from tools.demo.committee import CHECKED
from tools.runtime.native.running import RunningSystem

CIC = "cic-oost-vlaanderen"
STILL = {"reasons": "he still waits at the school", "conditions": CHECKED}


async def lives(stage: Stage, victim: VictimRole) -> None:
    """The case is granted, and the file says nothing of an end."""
    found = await file(stage.world, victim)
    assert (found["status"], found["to_end"]) == ("active", False)
    assert (await case(stage.world, victim))["state"] == "granted"


def test_kept_lightened_and_extended_it_works_all_along(scenario: Scenario, system: RunningSystem) -> None:
    ann, car, ends_on = scenario.victim(), scenario.unit(), today(90).isoformat()
    scenario.step(-2, decided(ann, "grant", REASONS))

    async def held(stage: Stage, outcome: str, **more: Any) -> None:
        before = (await review(stage.world, ann))["id"]
        await reviewed(stage.world, ann, outcome=outcome, **STILL, **more)
        await lives(stage, ann)
        # And somebody looks again.
        assert (await review(stage.world, ann))["id"] != before

    async def kept(stage: Stage) -> None:
        unmet = STILL | {"conditions": CHECKED | {"reachable": {"met": False}}}
        no = await refused(reviewed(stage.world, ann, outcome="keep", **unmet))
        assert (no.status, no.problem["unmet"]) == (409, ["reachable"])
        await held(stage, "keep")

    async def lightened(stage: Stage) -> None:
        await held(stage, "lighten", lightened="she carries it outside the house only")

    async def extended(stage: Stage) -> None:
        before = (await review(stage.world, ann, "end"))["due_at"]
        await held(stage, "extend", ends_on=ends_on)
        end = await review(stage.world, ann, "end")
        assert before != end["due_at"]
        assert local_day(datetime.fromisoformat(end["due_at"])).isoformat() == ends_on

    scenario.step(-1, kept)
    first = scenario.press(ann)
    scenario.step(1, lightened)
    scenario.press(ann, at=3, joins=first)
    scenario.step(4, extended)
    scenario.press(ann, at=6, joins=first)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    with eavesdropping(system, ("committee.events",)) as received:
        scenario.run()
    entries = [(each["outcome"], each["ends_on"]) for each in told(received, "review.held.v1", ann)]
    assert entries == [("keep", None), ("lighten", None), ("extend", ends_on)]


def test_ended_with_a_plan_it_works_until_the_device_is_handed_in(
    scenario: Scenario, system: RunningSystem
) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.step(-2, decided(ann, "grant", REASONS))

    async def ended(stage: Stage) -> None:
        values = {"outcome": "end", "reasons": "he has moved abroad"}
        planless = await refused(reviewed(stage.world, ann, **values))
        assert (planless.status, planless.problem["field"]) == (422, "plan")
        await reviewed(stage.world, ann, **values, plan="the police takes it in on Monday, the CAW follows her")
        assert (await case(stage.world, ann))["state"] == "ending"
        await wanted_ended(ann)(stage)

    async def too_early(stage: Stage) -> None:
        end = stage.world.call("POST", "registry", f"{file_of(ann)}/end", manager(stage.world, ann))
        no = await refused(end)
        assert (no.status, no.problem["missing"]) == (409, ["device"])

    scenario.step(-1, ended)
    first = scenario.press(ann)
    scenario.step(1, too_early)
    scenario.press(ann, at=2, joins=first)
    scenario.step(3, handed_in(ann))
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    with eavesdropping(system, ("committee.events", "registry.events")) as received:
        scenario.run()
    assert [each["cause"] for each in told(received, "alarm.ending.v1", ann)] == ["review"]
    # The alarm went off with the file, and that after the device.
    assert [each["status"] for each in told(received, "device.changed.v1", ann)][-1] == "returned"
    assert [each["status"] for each in told(received, "enrolment.changed.v1", ann)] == [
        "open",
        "active",
        "ended",
    ]
