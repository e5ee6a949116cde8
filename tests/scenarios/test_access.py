"""Who reads what is not theirs, and who may not though it is: break-glass access, and conflicts of interest."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.scenarios.eavesdropping import eavesdropping
from tests.scenarios.offices import (
    CHAINED_S,
    PARKET,
    PATIENCE_S,
    POLICE,
    REASONS,
    case,
    file_of,
    logged,
    refused,
    sits,
    told,
)
from tests.scenarios.roles import GENT, VictimRole
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.demo import control_rooms, seed
from tools.demo.committee import DISTRICT, about, secretariat
from tools.dev import issuer
from tools.runtime.native.running import RunningSystem
from tools.simulation.tracks import PLACES
from tools.simulation.world import World, until

CIC = "cic-oost-vlaanderen"
# One person, with every role that could show her a case.
NINA = "nina"
ROLES = ("file_manager", "supervisor", "operator", "magistrate", "committee", "secretariat", "device_desk")


def unknown(world: World, service: str, path: str, who: dict[str, str]) -> Callable[[], Awaitable[bool]]:
    """Whether something does not exist for a caller."""

    async def asked() -> bool:
        answer = await world.http.get(f"{world.url(service)}{path}", headers=who)
        return bool(answer.status_code == 404)

    return asked


async def break_glass_used(world: World, ann: seed.Victim) -> None:
    path, stranger = f"/v1/enrolments/{ann.enrolment_id}", world.bearer("supervisor", cic=CIC)
    assert (await refused(world.call("GET", "registry", path, stranger))).status == 404
    why = {"reason": "she called from abroad, and her zone does not answer"}
    bare = await refused(world.call("POST", "registry", f"{path}/break-glass", stranger, {"reason": " "}))
    assert (bare.status, bare.problem["field"]) == (422, "reason")
    used = await world.call("POST", "registry", f"{path}/break-glass", stranger, why)
    await world.call("GET", "registry", path, stranger)
    # It is for reading: nobody changes a file through break-glass access.
    change = world.call("POST", "registry", f"{path}/suspend", stranger, {"reason": "no"})
    assert (await refused(change)).status == 403
    # At once, and not when a timer comes: the manager has it before anybody looks for it.
    who = world.bearer("file_manager", zone=ann.zone)
    reminders = await world.call("GET", "registry", "/v1/reminders?limit=500", who)
    assert [each["kind"] for each in reminders if each["key"] == used["id"]] == ["break_glass"]
    access = await world.call("GET", "registry", f"/v1/break-glass/{used['id']}", who)
    assert (access["reason"], access["until"]) == (why["reason"], used["until"])

    async def is_told() -> bool:
        listed = await world.call("GET", "reporting", "/v1/attention", world.bearer("device_desk"))
        return any(str(ann.enrolment_id) in str(each) for each in listed)

    await until(is_told, PATIENCE_S)
    # It closes by itself.
    await until(unknown(world, "registry", path, stranger), PATIENCE_S, 0.5)


def test_break_glass_access_is_told_at_once_and_closes_again(system: RunningSystem) -> None:
    async def play() -> seed.Victim:
        async with World(system) as world:
            await seed.protocol(world)
            zones, home = await control_rooms.Zones.load(world), PLACES[GENT]
            zone = zones.at(home.lat, home.lon)
            ann = await seed.enrol(world, "Zoë Testemans", home, zone, activate=False)
            await break_glass_used(world, ann)
            return ann

    with eavesdropping(system, ("registry.events",)) as received:
        ann = asyncio.run(play())
    role = VictimRole(ann.name, PLACES[GENT], None, real=ann)
    (opened,) = told(received, "break_glass.used.v1", role)
    assert (opened["managing_zone_id"], opened["opened_by"]) == (ann.zone, f"supervisor-{CIC}")
    assert opened["opened_at"] < opened["until"]
    about = f"enrolment:{ann.enrolment_id}"

    def hers() -> list[str]:
        entries = logged(system, "registry", about)
        return [
            e["action"] for e in entries if e["subject"] == opened["opened_by"] and e["action"] != "refused"
        ]

    late = time.monotonic() + CHAINED_S
    while "read" not in hers() and time.monotonic() < late:
        time.sleep(0.5)
    # Who broke it, and what was read through it; what was refused was not read.
    assert hers()[:2] == ["break_glass", "read"]


def nina(world: World, victim: VictimRole) -> dict[str, str]:
    """Who may know everything, by her roles."""
    assert victim.real is not None
    layout, zone = world.system.layout, victim.real.zone
    token = issuer.mint(NINA, ROLES, "police", layout=layout, zone=zone, cic=CIC, district=DISTRICT)
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("declared", "person"), [("registry", None), ("committee", None), ("committee", "NINA ")]
)
def test_a_conflict_of_interest_beats_every_role_in_every_service(
    scenario: Scenario, system: RunningSystem, declared: str, person: str | None
) -> None:
    ann, car = scenario.victim(), scenario.unit()
    why: dict[str, Any] = {"reason": "her brother is a party"} | ({"subject": person} if person else {})

    async def conflicted(stage: Stage) -> None:
        world, who, found = stage.world, nina(stage.world, ann), await case(stage.world, ann)
        mine = f"/v1/applications/{found['id']}"
        for service, path in (("registry", file_of(ann)), ("committee", mine)):
            await world.call("GET", service, path, who)
        path = f"{file_of(ann)}/conflicts" if declared == "registry" else f"{mine}/conflicts"
        await world.call("POST", declared, path, secretariat(world) if person else who, why)
        for service, path in (("registry", file_of(ann)), ("committee", mine)):
            await until(unknown(world, service, path, who), PATIENCE_S)
        for path in ("export", "card", "photos"):
            assert await unknown(world, "registry", f"{file_of(ann)}/{path}", who)(), path
        used = world.call("POST", "registry", f"{file_of(ann)}/break-glass", who, {"reason": "let me in"})
        assert (await refused(used)).status == 404
        hits = await world.call("POST", "registry", "/v1/search", who, {"text": ann.name})
        assert str(file_of(ann).rpartition("/")[2]) not in str(hits)
        for path in ("applications", "reviews"):
            listed = await world.call("GET", "committee", f"/v1/{path}?limit=500", who)
            assert found["enrolment_id"] not in str(listed), path

    async def an_alarm_without_a_person(stage: Stage) -> None:
        path, who = f"/v1/incidents/{press.alarm_id}", nina(stage.world, ann)

        async def is_conflicted() -> bool:
            return bool((await stage.world.call("GET", "dispatch", path, who))["conflicted"])

        await until(is_conflicted, PATIENCE_S)
        seen = await stage.world.call("GET", "dispatch", path, who)
        assert (seen["marking"], seen["card"], seen["location"]) == ("STALKINGALARM", None, None)
        assert ann.name not in str(seen)
        for act, body in (("acknowledge", None), ("close", {"outcome": "accidental", "reason": "none"})):
            no = await refused(stage.world.call("POST", "dispatch", f"{path}/{act}", who, body))
            assert (no.status, no.problem["type"]) == (403, "urn:stalkingalarm:conflicted"), act

        await until(unknown(stage.world, "reporting", f"/v1/ledger/presses/{press.alarm_id}", who), PATIENCE_S)

    async def counts_for_nothing(stage: Stage) -> None:
        path = f"/v1/applications/{(await case(stage.world, ann))['id']}"
        held = await sits(stage.world, about(path), people=((NINA, "police", "Nina"), PARKET))
        no = await refused(held.decides(path, "grant", **REASONS))
        assert (no.problem["missing"], no.problem["excluded"]) == (["police"], [NINA])
        await held.comes_in(*POLICE)
        granted = await held.decides(path, "grant", **REASONS)
        assert set(granted["decision"]["present"]) == {"bert", "carla"}

    scenario.step(-1, conflicted)
    press = scenario.press(ann)
    scenario.step(1.5, an_alarm_without_a_person)
    scenario.step(3, counts_for_nothing)
    scenario.want_alarm(CIC, fits=lambda view: view["card"]["victim"]["name"] == ann.name)
    scenario.want_order(car)
    scenario.want_nothing_else()
    with eavesdropping(system, ("registry.events", "committee.events")) as received:
        scenario.run()
    kinds = {"registry": "file_conflict.declared.v1", "committee": "conflict.declared.v1"}
    assert [each["person"] for each in told(received, kinds[declared], ann)] == [(person or NINA).strip()]
