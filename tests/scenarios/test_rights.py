"""A list that becomes files, and what a person may ask of hers: none of it silences an alarm."""

import json
from typing import Any
from uuid import uuid4

from tests.scenarios.eavesdropping import eavesdropping
from tests.scenarios.offices import (
    PATIENCE_S,
    REFUSAL,
    decided,
    file,
    file_of,
    handed_in,
    manager,
    refused,
    told,
    wanted_ended,
)
from tests.scenarios.roles import VictimRole
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.demo import control_rooms, seed
from tools.demo.seed import CANCEL_CODE, DURESS_CODE
from tools.runtime.native.running import RunningSystem
from tools.simulation.world import World, until

CIC = "cic-oost-vlaanderen"
HEAD = "reference,victim_name,cancel_code,duress_code,perpetrator_name,weapons,home_address,pv_number"


async def imported(world: World, zone: str, text: str, *, dry: bool) -> dict[str, Any]:
    """What the registry says of a list."""
    headers = {**world.bearer("file_manager", zone=zone), "content-type": "text/csv"}
    url = f"{world.url('registry')}/v1/imports"
    answer = await world.http.post(url, params={"dry_run": dry}, content=text, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def zone_of(world: World, victim: VictimRole) -> str:
    """The zone where somebody lives."""
    return (await control_rooms.Zones.load(world)).at(victim.home.lat, victim.home.lon)


def test_a_line_of_a_list_becomes_an_alarm(scenario: Scenario) -> None:
    # Nobody issued her device yet; her own zone does, before the timeline begins.
    ann, car = scenario.stranger(), scenario.unit()
    reference, pv_number = uuid4(), "GE.37.L1.000009/2025"
    good = f'{HEAD}\n{reference},{ann.name},2468,1357,Rik Bal,machete|hammer,"Kouter 91, Gent",{pv_number}\n'
    bad = f"{good}{uuid4()},Els Testemans,2468,2468,,,,\n"

    async def listed(stage: Stage) -> None:
        world, zone = stage.world, await zone_of(stage.world, ann)
        for dry in (True, False):
            faulty = await imported(world, zone, bad, dry=dry)
            (problem,) = faulty["problems"]
            assert (problem["line"], problem["column"], problem["code"]) == (3, "duress_code", "codes_equal")
            assert (faulty["made"], faulty["known"]) == ([], 0)
        tried = await imported(world, zone, good, dry=True)
        assert (tried["lines"], tried["problems"], tried["made"]) == (1, [], [])
        (made,) = (await imported(world, zone, good, dry=False))["made"]
        again = await imported(world, zone, good, dry=False)
        assert (again["known"], again["made"]) == (1, [])
        found = seed.File(made, zone)
        missing = (await world.call("GET", "registry", found.path, found.manager(world)))["missing"]
        # From a list comes no alarm: people decide, sign and test as for anybody.
        assert missing == ["grant", "convention", "device", "test_press"]
        await seed.granted_at_once(world, found)
        ann.real = await seed.handed_out(world, found, ann.name, ann.home)
        await seed.switched_on(world, ann.real)

    def has_the_card(order: dict[str, Any]) -> bool:
        (person,) = order["card"]["perpetrators"]
        arms = [(each["text"], each["source"]) for each in person["weapons"]]
        known = (order["card"]["victim"]["name"], order["card"]["addresses"][0]["text"])
        return arms == [("machete", "import"), ("hammer", "import")] and known == (ann.name, "Kouter 91, Gent")

    scenario.step(-1, listed)
    scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car, fits=has_the_card)
    scenario.want_nothing_else()
    scenario.run()


def test_a_copy_of_her_file_and_nothing_that_silences_it(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()

    async def asks(stage: Stage) -> None:
        world, who = stage.world, manager(stage.world, ann)
        copy = await world.call("GET", "registry", f"{file_of(ann)}/export", who)
        assert copy["card"]["victim"]["name"] == ann.name
        assert copy["file"]["status"] == "active"
        assert [each["phone_number"] for each in copy["devices"]] == ["+32470112233"]
        assert copy["decisions"]
        assert copy["pv_number"]
        for code in (CANCEL_CODE, DURESS_CODE):
            assert f'"{code}"' not in json.dumps(copy)
        elsewhere = world.bearer("file_manager", zone="antwerpen-1")
        assert (await refused(world.call("GET", "registry", f"{file_of(ann)}/export", elsewhere))).status == 404
        for right in ("restrict", "erase"):
            no = await refused(world.call("POST", "registry", f"{file_of(ann)}/{right}", who))
            assert (no.status, no.problem["status_now"]) == (409, "active"), right

    scenario.step(-1, asks)
    scenario.press(ann)
    scenario.want_alarm(CIC, fits=lambda view: view["card"]["victim"]["name"] == ann.name)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


def test_a_device_of_a_restricted_file_still_calls_a_patrol(scenario: Scenario) -> None:
    ann, car = scenario.stranger(), scenario.unit()

    async def restricted(stage: Stage) -> None:
        world = stage.world
        made = await seed.opened(world, await zone_of(world, ann))
        ann.real = await seed.equipped(world, made, ann.name, ann.home)
        left_alone = await world.call("POST", "registry", f"{made.path}/restrict", made.manager(world))
        assert left_alone["status"] == "open"
        change = world.call(
            "PUT", "registry", f"{made.path}/police-report", made.manager(world), {"pv_number": "1"}
        )
        assert (await refused(change)).problem["type"] == "urn:stalkingalarm:file-restricted"

        async def known() -> bool:
            assert ann.real is not None
            return await ann.real.device.heartbeat() < 400

        await until(known, PATIENCE_S)

    scenario.step(-1, restricted)
    scenario.press(ann)
    scenario.want_alarm(CIC, fits=lambda view: view["card"]["victim"]["name"] == ann.name)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


def test_erased_while_her_alarm_is_open_it_stays_open(scenario: Scenario, system: RunningSystem) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.step(-2, decided(ann, "refuse", REFUSAL))
    scenario.step(-1, wanted_ended(ann))
    first = scenario.press(ann)
    scenario.step(1, handed_in(ann))

    async def forgotten(stage: Stage) -> None:
        world, who = stage.world, manager(stage.world, ann)

        async def ask(right: str) -> dict[str, Any]:
            answer: dict[str, Any] = await world.call("POST", "registry", f"{file_of(ann)}/{right}", who)
            return answer

        assert (await file(world, ann))["status"] == "ended"
        await ask("restrict")
        kept = await refused(ask("erase"))
        assert kept.problem["type"] == "urn:stalkingalarm:file-restricted"
        await ask("unrestrict")
        await ask("erase")
        left = await world.call("GET", "registry", f"{file_of(ann)}/export", who)
        # What the law keeps: that there was an alarm, when, and on whose decision.
        assert [each["granted"] for each in left["decisions"]]
        assert left["file"]["ended_at"]
        assert left["file"]["erased_at"]
        assert (left["card"], left["pv_number"], left["photos"]) == (None, None, [])
        assert ann.name not in json.dumps(left)
        assert (await refused(world.call("GET", "registry", f"{file_of(ann)}/card", who))).status == 404
        hits = await world.call("POST", "registry", "/v1/search", who, {"text": ann.name})
        assert file_of(ann).rpartition("/")[2] not in str(hits)

    async def still_open(stage: Stage) -> None:
        operator = stage.world.bearer("operator", cic=CIC)
        seen = await stage.world.call("GET", "dispatch", f"/v1/incidents/{first.alarm_id}", operator)
        assert seen["state"] == "open"
        assert [each["unit_id"] for each in seen["orders"]] == [car.unit_id]

    scenario.step(4, forgotten)
    # A button from the bottom of a drawer: if in doubt, somebody means it.
    scenario.press(ann, at=6, joins=first)
    scenario.step(8, still_open)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    with eavesdropping(system, ("registry.events",)) as received:
        scenario.run()
    assert [each["status"] for each in told(received, "enrolment.changed.v1", ann)][-1] == "ended"
