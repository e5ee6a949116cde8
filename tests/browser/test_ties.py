"""The console of an operator with a tie to a party: the alarm stays, the person goes."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.crew import Crew


@pytest.mark.timeout(300)
def test_a_tie_takes_card_and_place_from_the_screen_and_leaves_the_alarm(crew: Crew, console: Opener) -> None:
    page = console()
    alarm_id = crew.press().alarm_id
    item = page.locator(f"#list [data-incident='{alarm_id}']")
    item.click()
    expect(page.locator("#card")).to_contain_text("knife")
    expect(page.locator("#place")).to_contain_text("PRECISE")
    manager = crew.world.bearer("file_manager", zone=crew.victim.zone)
    path = f"/v1/enrolments/{crew.victim.enrolment_id}/ties"
    tie = {"subject": "operator-browser", "reason": "her neighbour"}
    crew.do(crew.world.call("POST", "registry", path, manager, tie))

    # Without a reload: what was on the screen is withdrawn.
    expect(page.locator("#card")).to_contain_text("You have a tie to a party")
    expect(page.locator("#place")).not_to_contain_text("PRECISE")
    expect(page.locator("body")).not_to_contain_text(crew.victim.name)
    expect(page.locator("body")).not_to_contain_text("knife")
    expect(item).to_contain_text("STALKINGALARM")

    # Acknowledging is for a colleague; the proposed patrol may go.
    page.keyboard.press("Enter")
    expect(page.locator("#primary")).to_contain_text("SEND BROWSER-NEAR")
    page.keyboard.press("s")
    expect(page.locator("#orders li[data-state=en_route]")).to_contain_text("BROWSER-NEAR")
    expect(item).not_to_have_attribute("data-acknowledged", "true")
