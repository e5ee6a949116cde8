"""Cases move to the chain approach (ketenaanpak) and back; no alarm waits for that, or falls silent by it."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.scenarios.eavesdropping import eavesdropping
from tests.scenarios.offices import (
    PATIENCE_S,
    REASONS,
    case,
    decided,
    file,
    handed_in,
    refused,
    reviewed,
    told,
    wanted_ended,
)
from tests.scenarios.roles import VictimRole
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.demo import committee, seed
from tools.demo.committee import secretariat
from tools.runtime.native.running import RunningSystem
from tools.simulation.chain_approach import ChainApproach
from tools.simulation.world import World, until

CIC = "cic-oost-vlaanderen"
REFERRAL = {"basis": "consent", "grounds": "she signed the form", "fields": ["risk_level", "elements"]}
# What the protocol lets the committee share of an application.
SHARED = {"risk_level": "high", "elements": committee.APPLICATION["elements"]}
# It is tried again after 5 s and then after 30; in containers, a name that is gone is looked for for 20.
AGAIN_S = 60.0
FORGER = "whsec_" + "Zm9yZ2Vk" * 5


async def handover(world: World, victim: VictimRole) -> dict[str, Any]:
    """The one move of a victim's case."""
    path = f"/v1/applications/{(await case(world, victim))['id']}/handovers"
    (found,) = await world.call("GET", "committee", path, secretariat(world))
    return dict(found)


async def arrived(world: World, victim: VictimRole) -> dict[str, Any]:
    """What the chain approach has of her, once the committee knows that it does."""

    async def sent() -> bool:
        return bool((await handover(world, victim))["state"] == "sent")

    await until(sent, AGAIN_S)
    (came,) = await ChainApproach(world).taken("/v1/referrals", id=(await handover(world, victim))["id"])
    return came


async def answer(world: World, victim: VictimRole, secret: str = "") -> None:
    """They accept her case; `secret`: somebody else says so."""
    values = {"id": (await handover(world, victim))["id"], "accepted": True}
    await ChainApproach(world).tell("referral.answered", values, secret)


async def moves(world: World, victim: VictimRole) -> None:
    """The committee, in a review, moves her case to the chain approach."""
    referral = REFERRAL | {"side_by_side": False}
    values = {"outcome": "chain_approach", "reasons": "needs more than an alarm", "referral": referral}
    await reviewed(world, victim, **values)


def failures(system: RunningSystem) -> int:
    """How often the chain approach could not be given something."""
    return system.log("committee-worker").count("did not take a hand-over")


def test_moved_with_consent_the_alarm_lives_until_they_accept(
    scenario: Scenario, system: RunningSystem
) -> None:
    ann, car, there = scenario.victim(), scenario.unit(), asyncio.Event()
    scenario.step(-3, decided(ann, "grant", REASONS))
    scenario.fault(-2, lambda system: system.stop("ketenaanpak"))
    scenario.faults.callback(system.start, "ketenaanpak")

    async def on_its_way(stage: Stage) -> None:
        before = failures(system)
        await moves(stage.world, ann)

        async def tried_in_vain() -> bool:
            return failures(system) > before

        await until(tried_in_vain, AGAIN_S, 0.5)
        assert (await handover(stage.world, ann))["state"] == "sending"

    async def comes(stage: Stage) -> None:
        sent = await handover(stage.world, ann)
        assert await arrived(stage.world, ann) == {
            "id": sent["id"],
            "enrolment_id": sent["enrolment_id"],
            "basis": "consent",
            "grounds": "she signed the form",
            "side_by_side": False,
            "fields": SHARED,
        }
        forged = await refused(answer(stage.world, ann, FORGER))
        assert (forged.status, forged.problem["field"]) == (401, "webhook-signature")
        assert (await case(stage.world, ann))["state"] == "granted"
        there.set()

    async def accepted(stage: Stage) -> None:
        await there.wait()
        await answer(stage.world, ann)
        assert (await case(stage.world, ann))["state"] == "ending"

    async def ended(stage: Stage) -> None:
        await there.wait()
        await wanted_ended(ann)(stage)
        await handed_in(ann)(stage)

    scenario.step(-1, on_its_way)
    first = scenario.press(ann)  # while nobody there listens
    scenario.fault(1, lambda system: system.start("ketenaanpak"))
    scenario.step(3, comes)
    scenario.press(ann, at=14, joins=first)  # they have it, and did not say yes
    scenario.step(15, accepted)
    scenario.press(ann, at=17, joins=first)  # they said yes, and she still has the device
    scenario.step(18, ended)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    with eavesdropping(system, ("committee.events",)) as received:
        scenario.run()
    (referred,) = told(received, "case.referred.v1", ann)
    assert (referred["direction"], referred["basis"]) == ("out", "consent")
    assert set(referred["fields"]) == set(SHARED)
    assert [each["accepted"] for each in told(received, "referral.answered.v1", ann)] == [True]
    assert [each["cause"] for each in told(received, "alarm.ending.v1", ann)] == ["chain_approach"]


def test_side_by_side_the_alarm_stays(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()

    async def refer(stage: Stage, **changed: Any) -> None:
        path = f"/v1/applications/{(await case(stage.world, ann))['id']}/refer"
        said = REFERRAL | {"side_by_side": True} | changed
        await stage.world.call("POST", "committee", path, secretariat(stage.world), said)

    async def both(stage: Stage) -> None:
        more = await refused(refer(stage, fields=["risk_level", "pv_numbers"]))
        assert (more.status, more.problem["fields"]) == (422, ["pv_numbers"])
        alone = await refused(refer(stage, side_by_side=False))
        assert (alone.status, alone.problem["field"]) == (409, "side_by_side")
        await refer(stage, fields=["risk_level"])
        assert (await arrived(stage.world, ann))["fields"] == {"risk_level": "high"}
        await answer(stage.world, ann)
        assert (await handover(stage.world, ann))["state"] == "accepted"
        assert (await case(stage.world, ann))["state"] == "provisional"

    async def ratified(stage: Stage) -> None:
        await decided(ann, "grant", REASONS)(stage)
        found = await file(stage.world, ann)
        assert (found["status"], found["to_end"]) == ("active", False)

    scenario.step(-1, both)
    scenario.press(ann)
    scenario.step(2, ratified)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


async def referred_by_them(world: World, her: seed.File) -> None:
    """The other direction: a case of theirs becomes an application, and the magistrate grants it."""
    they, desk = ChainApproach(world), secretariat(world)
    shared = {"elements": SHARED["elements"], "pv_numbers": [her.pv_number]}
    values = {"id": str(uuid4()), "enrolment_id": her.id, "basis": "legal_ground", "grounds": "art. 458ter"}

    async def waiting() -> list[str]:
        return [each["id"] for each in await world.call("GET", "committee", "/v1/handovers?limit=500", desk)]

    forged = await refused(they.tell("case.referred", values | {"fields": shared}, FORGER))
    assert (forged.status, forged.problem["field"]) == (401, "webhook-signature")
    assert values["id"] not in await waiting()
    for _ in range(2):
        await they.tell("case.referred", values | {"fields": shared})
    assert (await waiting()).count(values["id"]) == 1
    draft = await world.call("POST", "committee", f"/v1/handovers/{values['id']}/accept", desk)
    assert (draft["state"], draft["elements"]) == ("draft", SHARED["elements"])
    path = f"/v1/applications/{draft['id']}"
    own = {name: value for name, value in committee.APPLICATION.items() if name != "elements"}
    more = own | committee.URGENT | {"proposer": "police", "zone_id": her.zone}
    await world.call("PATCH", "committee", path, desk, more)
    await world.call("POST", "committee", f"{path}/submit", desk)
    await committee.granted_at_once(world, path)

    async def answered() -> bool:
        return await they.taken(f"/v1/referrals/{values['id']}/answer") == [{"accepted": True, "remarks": None}]

    await until(answered, PATIENCE_S)


@pytest.mark.in_containers
def test_a_case_comes_back_and_becomes_an_alarm(scenario: Scenario) -> None:
    ann, car = scenario.victim(grant=referred_by_them), scenario.unit()
    scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()
