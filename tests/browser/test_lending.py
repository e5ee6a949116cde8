"""Units that one control room lends or gives to another: both say so, and it looks like no alarm."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desks import accessible, fits, picked
from tests.browser.opener import Opener
from tools.demo import control_rooms
from tools.runtime.native.running import RunningSystem
from tools.simulation.answers import UnitEntry
from tools.simulation.tracks import PLACES
from tools.simulation.world import World

expect.set_options(timeout=15_000)

BRUSSELS, ANTWERP = "cic-brussel", "cic-antwerpen"
PAGE = "/console/lending"


def units(system: RunningSystem, *callsigns: str) -> None:
    """Units of Brussels, off duty: no other test shall count on them."""
    place = next(place for place in PLACES.values() if place.control_room_id == BRUSSELS)

    async def put() -> None:
        async with World(system) as world:
            zone = (await control_rooms.Zones.load(world)).at(place.lat, place.lon)
            made: list[UnitEntry] = [
                {
                    "unit_id": sign,
                    "callsign": sign,
                    "zone_id": zone,
                    "control_room_id": BRUSSELS,
                    "available": False,
                }
                for sign in callsigns
            ]
            await control_rooms.put_units(world, made)

    aside(put())


def lend(system: RunningSystem, unit: str) -> None:
    """Somebody else of the two rooms lends a unit."""

    async def both() -> None:
        async with World(system) as world:
            ours, theirs = (world.bearer("supervisor", cic=cic) for cic in (BRUSSELS, ANTWERP))
            body = {"control_room_id": ANTWERP}
            await world.call("POST", "dispatch", f"/v1/units/{unit}/offer", ours, body)
            await world.call("POST", "dispatch", f"/v1/units/{unit}/accept", theirs)

    aside(both())


def aside(doing: Coroutine[Any, Any, None]) -> None:
    """Beside the browser, which has a loop of its own."""
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, doing).result()


def chosen(page: Page, name: str, text: str) -> None:
    """By keyboard: one of a list, by its first letters."""
    field = page.locator(f"select[name={name}]")
    field.focus()
    page.keyboard.type(text)
    expect(field.locator("option:checked")).to_contain_text(text)


def offered(page: Page, unit: str, kind: str = "for a time") -> None:
    """By keyboard: choose what, to whom and for how long, and offer it."""
    chosen(page, "unit_id", unit)
    picked(page, "control_room_id", ANTWERP)
    chosen(page, "kind", kind)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def at(page: Page, group: str, unit: str) -> Locator:
    """A unit where it is listed."""
    return page.locator(f"[data-group={group}] [data-unit='{unit}']")


def pressed(page: Page, act: str, unit: str) -> None:
    """By keyboard: the button of a unit."""
    button = page.get_by_role("button", name=f"{act}: {unit}", exact=True)
    button.focus()
    page.keyboard.press("Enter")


def supervisor(console: Opener, cic: str, path: str = PAGE) -> Page:
    return console(cic=cic, roles=["operator", "supervisor"], person=f"super-{cic}", path=path)


@pytest.mark.timeout(300)
def test_one_room_offers_and_the_other_takes_or_refuses_and_either_ends_it(
    system: RunningSystem, console: Opener
) -> None:
    known = uuid4().hex[:6]
    lent, given, refused = (f"lent-{known}", f"given-{known}", f"refused-{known}")
    units(system, lent, given, refused)
    ours = supervisor(console, BRUSSELS)
    accessible(ours)
    for unit, kind in ((lent, "for a time"), (given, "for good"), (refused, "for a time")):
        offered(ours, unit, kind)
        expect(ours.locator("#done")).to_contain_text("Offered")
        expect(at(ours, "offered", unit)).to_contain_text("Antwerpen")
    expect(at(ours, "offered", given)).to_contain_text("for good")
    fits(ours)

    # Both are told at the alarms, without looking for it, and as no alarm.
    byus = supervisor(console, BRUSSELS, "/console")
    expect(byus.locator("#lending-waits")).to_contain_text("Your offer waits for an answer: 3")
    page = supervisor(console, ANTWERP, "/console")
    waits = page.locator("#lending-waits")
    expect(waits).to_have_text("Units offered to you: 3")
    expect(page.locator("#list li, .ringing")).to_have_count(0)
    accessible(page)
    waits.focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    theirs = opened.value
    theirs.set_default_timeout(15_000)
    expect(at(theirs, "asked", lent)).to_contain_text("for a time")
    fits(theirs)

    pressed(theirs, "Accept", lent)
    expect(theirs.locator("#done")).to_have_text("Accepted: the unit works for you.")
    expect(theirs.locator("#done")).to_be_focused()
    expect(at(theirs, "borrowed", lent)).to_be_visible()
    pressed(theirs, "Accept", given)
    expect(theirs.locator("#done")).to_have_text("Accepted: the unit is yours now.")
    expect(theirs.locator(f"[data-unit='{given}']")).to_have_count(0)
    expect(theirs.locator(f"#unit_id option[value='{given}']")).to_have_count(1)
    pressed(theirs, "Refuse", refused)
    expect(theirs.locator("#done")).to_contain_text("Refused")
    expect(waits).to_be_hidden(timeout=30_000)
    expect(byus.locator("#lending-waits")).to_be_hidden(timeout=30_000)

    # The other room sees what became of it by itself; either ends a loan.
    expect(at(ours, "lent", lent)).to_be_visible(timeout=30_000)
    expect(ours.locator(f"#lent [data-unit='{refused}']")).to_have_count(0)
    pressed(theirs, "Give back", lent)
    expect(theirs.locator("#done")).to_contain_text("Given back")
    expect(at(ours, "lent", lent)).to_have_count(0, timeout=30_000)
    lend(system, refused)
    expect(at(ours, "lent", refused)).to_be_visible(timeout=30_000)
    pressed(ours, "Call back", refused)
    expect(ours.locator("#done")).to_contain_text("Called back")
    offered(ours, lent)
    pressed(ours, "Withdraw the offer", lent)
    expect(ours.locator("#done")).to_contain_text("The offer is gone")


@pytest.mark.timeout(300)
def test_what_cannot_be_offered_is_said_at_its_field_and_operators_only_look(
    system: RunningSystem, console: Opener
) -> None:
    unit = f"unit-{uuid4().hex[:6]}"
    units(system, unit)
    page = supervisor(console, BRUSSELS)
    page.get_by_role("button", name="Offer", exact=True).press("Enter")
    expect(page.locator("#unit_id")).to_be_focused()
    expect(page.locator("#unit_id")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#unit_id-wrong")).to_contain_text("choose another")
    chosen(page, "unit_id", unit)
    page.get_by_role("button", name="Offer", exact=True).press("Enter")
    expect(page.locator("#control_room_id")).to_be_focused()
    expect(page.locator("#unit_id-wrong")).to_have_text("")
    accessible(page)
    # Somebody else was first: what is chosen stays, and the service's own words are at the field.
    lend(system, unit)
    offered(page, unit)
    expect(page.locator("#unit_id-wrong")).to_contain_text(f"is lent to {ANTWERP}")
    expect(page.locator("#unit_id")).to_be_focused()
    fits(page)

    looks = console(cic=ANTWERP, roles=["operator"], person="operator-lending", path=PAGE, locale="fr-BE")
    expect(at(looks, "borrowed", unit)).to_contain_text("Seul un superviseur")
    expect(looks.locator("#lent button, #offer form")).to_have_count(0)
    accessible(looks)
    page.reload()
    pressed(page, "Call back", unit)
    expect(page.locator("#done")).to_contain_text("Called back")
