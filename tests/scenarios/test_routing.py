"""The place of the victim decides, wherever the file is."""

from tests.scenarios.borders import Border, border
from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.simulation.tracks import Place

GENT, WEST, ANTWERP = "cic-oost-vlaanderen", "cic-west-vlaanderen", "cic-antwerpen"


def _here(found: Border) -> Place:
    return Place("here", *found.here, found.control_room_id)


def test_press_in_another_province_than_home(scenario: Scenario) -> None:
    ann = scenario.victim("Liège-Guillemins", home="Gent Korenmarkt")
    there = scenario.unit("Liège-Guillemins")
    scenario.unit("Gent Korenmarkt")
    scenario.press(ann)
    scenario.want_alarm("cic-liege")
    scenario.want_order(there)
    scenario.want_nothing_else()
    scenario.run()


def test_press_at_a_zone_border_shows_both_zones(scenario: Scenario) -> None:
    found = border(GENT, GENT, metres=150)
    ann, car = scenario.victim(_here(found)), scenario.unit(_here(found))
    scenario.press(ann)
    scenario.want_alarm(
        GENT, fits=lambda view: view["zone_id"] == found.zone and view["border_zones"] == [found.other_zone]
    )
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


def test_press_at_the_border_of_two_control_rooms_shows_at_both(scenario: Scenario) -> None:
    found = border(GENT, WEST, metres=150)
    ann, car = scenario.victim(_here(found)), scenario.unit(_here(found))
    scenario.press(ann)
    scenario.want_alarm(GENT, fits=lambda view: view["control_room_id"] == GENT)
    scenario.want_alarm(WEST, fits=lambda view: view["control_room_id"] == GENT)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()


def test_moving_across_a_zone_border(scenario: Scenario) -> None:
    found = border(GENT, GENT, metres=1600)
    ann, car = scenario.victim(_here(found)), scenario.unit(_here(found))
    press = scenario.press(ann)

    async def crosses(stage: Stage) -> None:
        assert press.made is not None
        assert await ann.device.locate(press.made.alarm_id, found.there) < 300

    scenario.step(1, crosses)
    scenario.want_alarm(GENT, fits=lambda view: view["zone_id"] == found.zone)
    scenario.want_order(car)
    scenario.want("relocated", GENT, (1, 6), "the other zone", lambda view: view["zone_id"] == found.other_zone)
    scenario.want("revised", car.unit_id, (1, 6), "the new place", lambda o: o["zone_id"] == found.other_zone)
    scenario.want_nothing_else()
    scenario.run()


def test_moving_into_another_control_rooms_area_brings_it_in(scenario: Scenario) -> None:
    found = border(GENT, ANTWERP, metres=1600)
    ann, car = scenario.victim(_here(found)), scenario.unit(_here(found))
    press = scenario.press(ann)

    async def crosses(stage: Stage) -> None:
        assert press.made is not None
        assert await ann.device.locate(press.made.alarm_id, found.there) < 300

    async def accepts(stage: Stage) -> None:
        view = stage.operators[ANTWERP].views[press.alarm_id]
        assert view["control_room_id"] == GENT, "handed over without acceptance"
        assert await stage.operators[ANTWERP].act(view, "take-over") == 200

    scenario.step(1, crosses)
    scenario.step(4, accepts)
    scenario.want_alarm(GENT)
    scenario.want_alarm(ANTWERP, between=(1, 6))
    scenario.want_order(car)
    scenario.want("relocated", GENT, (1, 6), "the other zone", lambda view: view["zone_id"] == found.other_zone)
    scenario.want_nothing_else()
    stage = scenario.run()
    assert stage.operators[ANTWERP].views[press.alarm_id]["control_room_id"] == ANTWERP
