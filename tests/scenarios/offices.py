"""The people of committee and police zone, as scenarios need them: over HTTP, like everybody."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.scenarios.roles import VictimRole
from tests.scenarios.stage import Stage
from tools.auditing.places import places_of
from tools.demo.committee import Meeting, about, secretariat
from tools.runtime.native.running import RunningSystem
from tools.simulation.world import Refused, World, until

Step = Callable[[Stage], Awaitable[None]]
# Account, partner, name.
People = tuple[tuple[str, str, str], ...]
# From one office over the bus to another.
PATIENCE_S = 20.0
# Until what was shown is in the audit log: half a second to write it, two to chain it, and a busy machine.
CHAINED_S = 30.0
POLICE, PARKET = ("bert", "police", "Bert"), ("carla", "parket", "Carla")
OTHERS = (("dirk", "police", "Dirk"), ("eva", "parket", "Eva"))
REASONS = {"reasons": "all three elements are shown"}
REFUSAL = {
    "reasons": "the second element is not shown",
    "alternatives": ["chain approach"],
    "review_way": "ask the secretariat within 30 days",
}


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


async def sits(world: World, *agenda: dict[str, str], people: People = (POLICE, PARKET)) -> Meeting:
    """The committee, with its quorum, in a meeting of its own."""
    held = await Meeting.opened(world, *agenda)
    for person in people:
        await held.comes_in(*person)
    return held


async def decide(world: World, path: str, move: str, said: dict[str, Any]) -> None:
    """The committee decides about an application."""
    held = await sits(world, about(path))
    await held.decides(path, move, **said)
    await held.closed()


def decided(victim: VictimRole, move: str, said: dict[str, Any]) -> Step:
    """A step: the committee decides about what the magistrate granted."""

    async def step(stage: Stage) -> None:
        known = await case(stage.world, victim)
        stage.check(known["state"] == "provisional", f"the case is {known['state']}")
        await decide(stage.world, f"/v1/applications/{known['id']}", move, said)

    return step


async def review(world: World, victim: VictimRole, cause: str = "periodic") -> dict[str, Any]:
    """What the committee is to look at again, and has not yet."""
    known = (await case(world, victim))["enrolment_id"]
    found = await world.call("GET", "committee", "/v1/reviews?limit=500", secretariat(world))
    (wanted,) = [each for each in found if (each["enrolment_id"], each["cause"]) == (known, cause)]
    return dict(wanted)


async def reviewed(world: World, victim: VictimRole, **said: Any) -> dict[str, Any]:
    """The committee holds the periodic review, in a meeting of its own. Raises `Refused`."""
    wanted = (await review(world, victim))["id"]
    held = await sits(world, {"review_id": wanted})
    answer = await held.decides(f"/v1/reviews/{wanted}", "hold", **said)
    await held.closed()
    return answer


def wanted_ended(victim: VictimRole) -> Step:
    """A step: the zone hears that the alarm is to end, and it stays on."""

    async def step(stage: Stage) -> None:
        async def received() -> bool:
            return bool((await file(stage.world, victim))["to_end"])

        await until(received, PATIENCE_S)
        stage.check(
            (await file(stage.world, victim))["status"] == "active", "a decision switched the alarm off"
        )

    return step


def handed_in(victim: VictimRole) -> Step:
    """A step: the zone takes the device in and ends the file, and the case is over."""

    async def step(stage: Stage) -> None:
        world, who = stage.world, manager(stage.world, victim)
        await world.call("POST", "registry", f"/v1/devices/{victim.device.device_id}/return", who)
        ended = await world.call("POST", "registry", f"{file_of(victim)}/end", who)
        stage.check(ended["status"] == "ended", "the file did not end")

        async def over() -> bool:
            return bool((await case(world, victim))["state"] == "ended")

        await until(over, PATIENCE_S)

    return step


async def refused(call: Awaitable[Any]) -> Refused:
    """How the system refuses a call; fails where it does not."""
    with pytest.raises(Refused) as caught:
        await call
    return caught.value


def told(received: list[bytes], kind: str, victim: VictimRole) -> list[dict[str, Any]]:
    """What the bus said of a victim, by kind of event."""
    return [data for said, data in all_told(received, victim) if said == kind]


def all_told(received: list[bytes], victim: VictimRole) -> list[tuple[str, dict[str, Any]]]:
    """The kind and the data of all that the bus said of a victim, in order."""
    assert victim.real is not None
    her = str(victim.real.enrolment_id)
    events = [json.JSONDecoder().raw_decode(each.decode())[0] for each in received]
    return [(each["type"], each["data"]) for each in events if each["data"].get("enrolment_id") == her]


def logged(system: RunningSystem, service: str, about: str) -> list[dict[str, Any]]:
    """Entries of a service's audit log about something, as an auditor reads them."""
    places, token = places_of(system)
    entries, after, auditor = list[dict[str, Any]](), 0, {"authorization": f"Bearer {token}"}
    url = f"{places[service]['url']}/v1/audit/entries"
    while page := httpx.get(url, params={"after": after}, headers=auditor, trust_env=False).json():
        entries += [each for each in page if each["about"] == about]
        after = page[-1]["position"]
    return entries
