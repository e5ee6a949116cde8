"""The people of committee and police zone, as scenarios need them: over HTTP, like everybody."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stalkingalarm import seed
from stalkingalarm.simulation.world import Refused, World
from tests.scenarios.roles import VictimRole
from tests.scenarios.stage import Stage

POLICE, PARKET = ("bert", "police"), ("carla", "parket")
REASONS = {"reasons": "all three elements are shown"}
REFUSAL = {
    "reasons": "the second element is not shown",
    "alternatives": ["chain approach"],
    "review_way": "ask the secretariat within 30 days",
}


def secretariat(world: World) -> dict[str, str]:
    """The committee's secretariat."""
    return world.bearer("secretariat", partner="city")


def manager(world: World, victim: VictimRole) -> dict[str, str]:
    """Who keeps the file of a victim."""
    assert victim.real is not None
    return world.bearer("file_manager", zone=victim.real.zone)


def file_of(victim: VictimRole) -> str:
    """Its path."""
    assert victim.real is not None
    return f"/v1/enrolments/{victim.real.enrolment_id}"


async def file(world: World, victim: VictimRole) -> dict[str, Any]:
    """The file as its zone reads it."""
    found: dict[str, Any] = await world.call("GET", "registry", file_of(victim), manager(world, victim))
    return found


async def case(world: World, victim: VictimRole) -> dict[str, Any]:
    """The one case of a victim, as the secretariat sees it."""
    assert victim.real is not None
    all_of_them = await world.call("GET", "committee", "/v1/applications?limit=500", secretariat(world))
    (found,) = [each for each in all_of_them if each["enrolment_id"] == str(victim.real.enrolment_id)]
    return dict(found)


async def meeting(world: World, path: str, *people: tuple[str, str]) -> str:
    """The id of an open meeting about one case."""
    desk = secretariat(world)
    body = {"protocol_id": str(seed.PROTOCOL_ID), "starts_at": datetime.now(UTC).isoformat()}
    known = str((await world.call("POST", "committee", "/v1/meetings", desk, body))["id"])
    about = {"application_id": path.rpartition("/")[2]}
    await world.call("POST", "committee", f"/v1/meetings/{known}/agenda", desk, about)
    await world.call("POST", "committee", f"/v1/meetings/{known}/open", desk)
    for person in people:
        await come_in(world, known, *person)
    return known


async def come_in(world: World, meeting_id: str, subject: str, partner: str) -> None:
    """Somebody comes in."""
    body = {"subject": subject, "partner": partner, "name": subject.title()}
    await world.call("POST", "committee", f"/v1/meetings/{meeting_id}/attendance", secretariat(world), body)


async def decide(world: World, path: str, move: str, said: dict[str, Any]) -> dict[str, Any]:
    """The committee decides in a meeting of its own."""
    held = await meeting(world, path, POLICE, PARKET)
    answer = await world.call(
        "POST", "committee", f"{path}/{move}", secretariat(world), {"meeting_id": held, **said}
    )
    return dict(answer)


def decided(victim: VictimRole, move: str, said: dict[str, Any]) -> Callable[[Stage], Awaitable[None]]:
    """A step: the committee decides about what the magistrate granted."""

    async def step(stage: Stage) -> None:
        known = await case(stage.world, victim)
        stage.check(known["state"] == "provisional", f"the case is {known['state']}")
        await decide(stage.world, f"/v1/applications/{known['id']}", move, said)

    return step


async def refused(call: Awaitable[Any]) -> Refused:
    """How the system refuses a call; fails where it does not."""
    with pytest.raises(Refused) as caught:
        await call
    return caught.value
