"""Where a room's alarms go: two people say so at their pages, and it looks like no alarm."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desks import accessible, fits
from tests.browser.opener import Opener
from tools.demo import control_rooms
from tools.runtime.native.running import RunningSystem
from tools.simulation.world import World

expect.set_options(timeout=15_000)

BRUSSELS = "cic-brussel"
PAGE = "/console/webhooks"
# The development system lets partners be on this machine.
ADDRESS = "https://127.0.0.1:9/alarms"


async def _nowhere(system: RunningSystem) -> None:
    """Neither a webhook nor a proposal in Brussels."""
    path = f"/v1/control-rooms/{BRUSSELS}/webhook"
    async with World(system) as world:
        admin = world.bearer("admin")
        left = (await world.call("GET", "dispatch", path, admin))["proposed"]
        if left is not None:
            meant = {"proposal_id": left["proposal_id"]}
            await world.call("POST", "dispatch", f"{path}/decline", admin, meant)
        await control_rooms.policy(world, BRUSSELS)


def nowhere(system: RunningSystem) -> None:
    """The same, beside the browser, which has a loop of its own."""
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, _nowhere(system)).result()


def proposed(page: Page, address: str) -> None:
    """By keyboard: write an address, have a secret made, propose it."""
    item = page.locator(f"[data-room={BRUSSELS}]")
    if not item.locator("[name=webhook_url]").is_visible():
        item.locator("summary").press("Enter")
    field = item.locator("[name=webhook_url]")
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(address)
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


@pytest.mark.timeout(300)
def test_an_admin_proposes_and_a_supervisor_of_the_room_confirms(
    system: RunningSystem, console: Opener
) -> None:
    nowhere(system)
    admin = console(cic=BRUSSELS, roles=["admin"], person="admin-webhooks", path=PAGE)
    item = admin.locator(f"[data-room={BRUSSELS}]")
    expect(item).to_contain_text("no webhook")
    expect(admin.locator("#rooms > li")).not_to_have_count(1)  # an admin looks after all rooms
    proposed(admin, "https://elsewhere.example/alarms")
    field = item.locator("[name=webhook_url]")
    expect(item).to_contain_text("Alarms may not go to this address.")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    accessible(admin)
    proposed(admin, ADDRESS)
    expect(admin.locator("#done")).to_contain_text("Proposed")
    expect(item).to_contain_text("Proposed: 127.0.0.1:9")
    fits(admin)

    # Who proposed it cannot confirm it, whatever else they are.
    both = console(cic=BRUSSELS, roles=["admin", "supervisor"], person="admin-webhooks", path=PAGE)
    expect(both.locator(f"[data-room={BRUSSELS}]")).to_contain_text("You proposed it")
    expect(both.get_by_role("button", name="Confirm")).to_have_count(0)

    # The supervisor sees it at the alarms, without looking for it, and as no alarm.
    page = console(cic=BRUSSELS, roles=["operator", "supervisor"], person="sara-webhooks")
    waits = page.locator("#webhook-waits")
    expect(waits).to_have_text("A webhook waits for you")
    expect(page.locator("#list li, .ringing")).to_have_count(0)
    accessible(page)
    waits.focus()
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    looked = opened.value
    looked.set_default_timeout(15_000)
    mine = looked.locator(f"[data-room={BRUSSELS}]")
    expect(mine).to_contain_text("by admin-webhooks")
    expect(looked.locator("#rooms > li")).to_have_count(1)
    expect(looked.locator("form#new, [name=webhook_url]")).to_have_count(0)
    looked.get_by_role("button", name="Confirm").press("Enter")
    expect(looked.locator("#done")).to_contain_text("Confirmed")
    expect(mine.locator(".state")).to_have_text("confirmed")
    expect(mine).to_contain_text("127.0.0.1:9")
    expect(mine).to_contain_text("none yet")
    fits(looked)
    expect(waits).to_be_hidden(timeout=30_000)

    # Taking it away is proposed too; who proposed withdraws, and it stays.
    expect(item.locator(".state")).to_have_text("confirmed", timeout=30_000)
    item.locator("summary").press("Enter")
    item.get_by_role("button", name="Propose to have none").press("Enter")
    expect(item).to_contain_text("Proposed: no webhook any more")
    item.get_by_role("button", name="Withdraw the proposal").press("Enter")
    expect(admin.locator("#done")).to_contain_text("The proposal is gone")
    expect(item.locator(".asked")).to_have_count(0)
    nowhere(system)
