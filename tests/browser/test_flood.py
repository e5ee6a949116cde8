"""A flood of unverified presses: one group on the screen, ended in one act, and no alarm lost in it."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from contracts.alarm import AlarmRaised, unverified_alarm_id_of
from contracts.common import Fix
from contracts.envelope import wrap
from tests.browser.crew import PLACE, Crew
from tests.browser.desks import accessible, fits
from tests.browser.opener import Opener

expect.set_options(timeout=15_000)

FLOOD, ELSEWHERE = "f" * 32, "e" * 32


def unverified(crew: Crew, source: str, device: str | None = None) -> str:
    """An unverified press, as the alarm service publishes it, so that its records have it too; its id."""
    device_id, at, said = device or str(uuid4()), datetime.now(UTC), uuid4().hex
    raised = AlarmRaised(
        alarm_id=unverified_alarm_id_of(device_id, "1", said),
        device_id=device_id,
        counter=1,
        lane="unverified",
        content=said * 2,
        source=source,
        received_at=at,
        deadline_at=at + timedelta(seconds=5),
        fix=Fix(lat=PLACE.lat, lon=PLACE.lon, radius_m=12),
        flags=("unsigned",),
    )
    crew.publish(wrap(raised, source="/services/alarm", event_id=raised.alarm_id), raised)
    return str(raised.alarm_id)


def chosen(page: Page, incident: object) -> None:
    """By keyboard: down the list until it is the chosen one."""
    item = page.locator(f"#list [data-incident='{incident}']")
    for _ in range(20):
        if item.get_attribute("aria-selected") == "true":
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{incident} cannot be chosen")


@pytest.mark.timeout(300)
def test_a_flood_is_one_group_and_takes_no_other_alarm_with_it(crew: Crew, console: Opener) -> None:
    crew.close()
    page = console(roles=["operator", "supervisor"], person="supervisor-flood")
    listed, group = page.locator("#list li"), page.locator("#list li.flood")
    flood = [unverified(crew, FLOOD) for _ in range(6)]
    expect(listed).to_have_count(1, timeout=40_000)
    expect(group).to_contain_text("6 unverified alarms here", timeout=40_000)
    expect(page.locator("#primary")).to_contain_text("OLDEST OF 6")
    accessible(page)

    # Verified: first, chosen by itself, and the only one that looks like an alarm.
    verified: UUID = crew.do(crew.victim.device.press()).alarm_id
    alarm = page.locator(f"#list [data-incident='{verified}']")
    expect(listed).to_have_count(2)
    expect(listed.first).to_have_attribute("data-incident", str(verified))
    expect(alarm).to_have_class(re.compile("ringing"))
    expect(alarm).to_have_attribute("aria-selected", "true")
    expect(page.locator("#head")).to_contain_text("Browser Testemans")
    for name in ("background-color", "border-left-style"):
        looks = f"(node) => getComputedStyle(node).getPropertyValue('{name}')"
        assert alarm.evaluate(looks) != group.evaluate(looks), name
    page.keyboard.press("Enter")
    expect(alarm).to_have_attribute("data-acknowledged", "true")

    # Another source, and the device of a victim whose signature is broken: each stands for itself.
    other, hers = unverified(crew, ELSEWHERE), unverified(crew, FLOOD, str(crew.victim.device.device_id))
    expect(listed).to_have_count(4)
    expect(group).to_contain_text("6 unverified alarms here")
    chosen(page, flood[0])
    page.locator("#close-alarm").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#closing-title")).to_have_text("Close these 6 in one act")
    late = unverified(crew, FLOOD)
    expect(page.locator("#closing-later")).to_contain_text("1 came since you opened this: it stays open")
    accessible(page)
    page.locator("#outcome").focus()
    page.keyboard.press("t")  # technical
    page.keyboard.press("Tab")
    page.keyboard.type("one address, six phones that nobody has")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#closing-do")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#closing")).to_be_hidden()
    expect(page.locator("#ended")).to_contain_text("6 unverified alarms closed: technical")
    expect(group).to_have_count(0)
    stand = {str(verified), other, hers, late}
    expect(listed).to_have_count(4)
    assert {each.get_attribute("data-incident") for each in listed.all()} == stand
    fits(page)


@pytest.mark.timeout(300)
def test_a_press_after_the_look_is_not_closed_with_its_group(crew: Crew, console: Opener) -> None:
    crew.close()
    page = console(roles=["operator", "supervisor"], person="supervisor-flood", locale="nl-BE")
    again = str(uuid4())
    flood = [unverified(crew, FLOOD) for _ in range(4)]
    pressed = unverified(crew, FLOOD, again)
    group = page.locator("#list li.flood")
    expect(group).to_contain_text("5 niet-geverifieerde alarmen hier", timeout=40_000)
    chosen(page, flood[0])
    page.locator("#close-alarm").focus()
    page.keyboard.press("Enter")
    unverified(crew, FLOOD, again)
    expect(page.locator("#closing-later")).to_contain_text("1 kwam binnen nadat u dit opende")
    page.locator("#outcome").select_option("technical")
    page.locator("#reason").fill("een bron")
    page.locator("#closing-do").press("Enter")
    expect(page.locator("#ended")).to_contain_text("1 blijft open")
    expect(page.locator("#list li")).to_have_count(1)
    expect(page.locator("#list li")).to_have_attribute("data-incident", pressed)
