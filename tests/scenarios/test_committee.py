"""Who gets an alarm and keeps it, over HTTP and the bus: from the application to the patrol, and to the end."""

from datetime import datetime, timedelta

import pytest

from tests.scenarios.offices import (
    PARKET,
    PATIENCE_S,
    POLICE,
    REASONS,
    REFUSAL,
    case,
    decided,
    file,
    file_of,
    handed_in,
    manager,
    refused,
    wanted_ended,
)
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.demo import committee, control_rooms, seed
from tools.demo.committee import Meeting, about, secretariat
from tools.simulation.device import Device
from tools.simulation.jose import public_key
from tools.simulation.tracks import PLACES
from tools.simulation.unit import WHOLE_JOB
from tools.simulation.world import World, until

CIC = "cic-oost-vlaanderen"


@pytest.mark.in_containers
def test_urgent_granted_at_once_pressed_and_ratified(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    first = scenario.press(ann)
    scenario.step(1.5, decided(ann, "grant", REASONS))
    scenario.press(ann, at=4, joins=first)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()

    async def known(stage: Stage) -> None:
        stage.check((await case(stage.world, ann))["state"] == "granted", "it was not ratified")
        stage.check((await file(stage.world, ann))["status"] == "active", "the alarm is off")

    scenario.step(4.5, known)
    scenario.run()


def test_urgent_not_ratified_works_until_people_took_the_device_in(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    scenario.step(-2, decided(ann, "refuse", REFUSAL))
    scenario.step(-1, wanted_ended(ann))
    scenario.press(ann)
    scenario.step(2, handed_in(ann))
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


async def in_a_meeting(world: World, file: seed.File) -> None:
    """The ordinary procedure, first without the parket."""
    who, said = file.manager(world), {"pv_numbers": [file.pv_number]}
    path = await committee.submitted(world, who, "police", file.id, **said)
    held = await Meeting.opened(world, about(path))
    assert await held.comes_in(*POLICE) == ("parket",)
    no_quorum = await refused(held.decides(path, "grant", **REASONS))
    assert no_quorum.problem["missing"] == ["parket"]
    assert await held.comes_in(*PARKET) == ()
    granted = await held.decides(path, "grant", **REASONS)
    assert granted["state"] == "granted"
    assert set(granted["decision"]["present"].values()) == {"police", "parket"}


def test_ordinary_decided_in_a_meeting_with_quorum(scenario: Scenario) -> None:
    ann, car = scenario.victim(grant=in_a_meeting), scenario.unit()
    scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


def test_a_genuine_alarm_asks_for_a_review_within_three_days(scenario: Scenario) -> None:
    ann = scenario.victim()
    car = scenario.unit(conduct=WHOLE_JOB)
    press = scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want("withdrawn", car.unit_id, (0, 8), "the order leaves the unit when it is closed")
    due: list[datetime] = []

    async def asked(stage: Stage) -> None:
        async def there() -> bool:
            reviews = await stage.world.call(
                "GET", "committee", "/v1/reviews?limit=500", secretariat(stage.world)
            )
            mine = [each for each in reviews if each["enrolment_id"] in file_of(ann)]
            due.extend(datetime.fromisoformat(r["due_at"]) for r in mine if r["cause"] == "real_alarm")
            return bool(due)

        await until(there, PATIENCE_S)

    scenario.step(4, asked)
    scenario.want_nothing_else()
    scenario.run()
    assert press.made is not None
    assert timedelta(0) <= due[0] - press.made.pressed_at - timedelta(hours=72) < timedelta(seconds=10)


def test_a_file_follows_the_victim_and_the_alarm_works_all_along(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    offers: list[str] = []

    async def offer(stage: Stage) -> None:
        zones = await control_rooms.Zones.load(stage.world)
        aalst = PLACES["Aalst"]
        body = {"to_zone_id": zones.at(aalst.lat, aalst.lon), "reason": "she moved"}
        who = manager(stage.world, ann)
        made = await stage.world.call("POST", "registry", f"{file_of(ann)}/transfers", who, body)
        offers.append(made["id"])
        stage.check((await file(stage.world, ann))["status"] == "active", "the old zone answers for it")

    async def accept(stage: Stage) -> None:
        assert ann.real is not None
        zones, old = await control_rooms.Zones.load(stage.world), ann.real.zone
        aalst = PLACES["Aalst"]
        ann.real.zone = zones.at(aalst.lat, aalst.lon)
        who = manager(stage.world, ann)
        await stage.world.call("POST", "registry", f"/v1/transfers/{offers[0]}/accept", who)
        stage.check((await file(stage.world, ann))["managing_zone_id"] != old, "it did not move")
        before = stage.world.bearer("file_manager", zone=old)
        unknown = await refused(stage.world.call("GET", "registry", file_of(ann), before))
        stage.check(unknown.status == 404, str(unknown))

    scenario.step(-1, offer)
    first = scenario.press(ann)
    scenario.step(1.5, accept)
    scenario.press(ann, at=3, joins=first)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


def test_a_swap_leaves_no_gap(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()
    old: list[Device] = []

    async def status(stage: Stage, device: Device) -> str:
        found = (await file(stage.world, ann))["devices"]
        return str(next(each["status"] for each in found if each["id"] == device.device_id))

    async def issue(stage: Stage) -> None:
        assert ann.real is not None
        world, new = stage.world, Device(stage.world.http, stage.world.url("alarm"), position=ann.position)
        key = public_key(new.key)
        body = {"public_key": key, "button_serial": f"BTN-{key[:12]}", "not_in_stock": True}
        body |= {"phone_number": "+32470112233"}
        who = manager(world, ann)
        issued = await world.call("POST", "registry", f"{file_of(ann)}/devices", who, body)
        new.device_id = issued["id"]
        old.append(ann.device)
        path = f"/v1/devices/{ann.device.device_id}/return"
        gap = await refused(world.call("POST", "registry", path, who))
        stage.check(gap.problem["type"] == "urn:stalkingalarm:gap-in-protection", str(gap))

        async def is_known() -> bool:
            return await new.heartbeat() < 400

        await until(is_known, PATIENCE_S)
        ann.real.device = new

    async def swap(stage: Stage) -> None:
        await ann.device.test()

        async def works() -> bool:
            return await status(stage, ann.device) == "active"

        await until(works, PATIENCE_S)
        who = manager(stage.world, ann)
        await stage.world.call("POST", "registry", f"/v1/devices/{old[0].device_id}/return", who)
        stage.check((await file(stage.world, ann))["status"] == "active", "the alarm is off")

    before = scenario.press(ann)
    scenario.step(1, issue)
    # The new button is not tested yet, and whoever presses it means it.
    scenario.press(ann, at=5, joins=before)
    scenario.step(6, swap)
    scenario.press(ann, at=12, joins=before)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()
    assert old[0].device_id != ann.device.device_id
