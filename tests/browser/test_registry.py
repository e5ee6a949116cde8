"""The file manager's pages: from the first paper to an alarm that is on, with the committee beside it."""

import time
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from stalkingalarm.simulation.device import Device
from stalkingalarm.simulation.jose import public_key
from tests.browser.crew import Crew
from tests.browser.desks import Desk, accessible, typed
from tests.browser.test_committee import filled


def saved(page: Page, form: str) -> None:
    """Send a form by keyboard, and see the page anew."""
    button = page.locator(f"form[data-api*='{form}'] button").first
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.timeout(300)
def test_an_urgent_case_from_application_to_an_alarm_that_is_on(crew: Crew, desk: Desk) -> None:
    begun = time.monotonic()
    manager = desk("file-manager", service="registry")
    accessible(manager)
    saved(manager, "POST /v1/enrolments")
    file = manager.locator("code").first.inner_text()
    case = filled(desk("member-police"), "urgent", file)
    magistrate = desk("magistrate", path=f"/desk{case.partition('/desk')[2]}")
    typed(magistrate, "reasons", "a knife, twice in one week")
    saved(magistrate, "/grant-provisionally")

    typed(manager, "pv_number", "GE.37.L1.000777/2026")
    saved(manager, "/police-report")
    typed(manager, "by", "Browser Testemans")
    manager.locator("[name=signed_on]").fill(date.today().isoformat())  # noqa: DTZ011 - as the browser has it
    saved(manager, "/convention")
    typed(manager, "card.victim.name", "Browser Testemans")
    typed(manager, "card.perpetrators.0.name", "Ex Voorbeeld")
    typed(manager, "card.perpetrators.0.weapons", "knife | victim | 2026-11-20")
    typed(manager, "card.addresses.0.text", "Korenmarkt 1, Gent")
    typed(manager, "cancel_code", "2468")
    typed(manager, "duress_code", "1357")
    saved(manager, "/card")
    expect(manager.locator("[name='card.perpetrators.0.weapons']")).to_have_value("knife | victim | 2026-11-20")
    phone = Device(crew.world.http, crew.world.url("alarm"))
    typed(manager, "button_serial", f"BTN-{public_key(phone.key)[:10]}")
    typed(manager, "phone_number", "+32470112299")
    typed(manager, "public_key", public_key(phone.key))
    saved(manager, "/devices")
    accessible(manager)
    headers = crew.world.bearer("file_manager", zone="gent-1")
    whole = crew.do(crew.world.call("GET", "registry", f"/v1/enrolments/{file}", headers))
    phone.device_id = whole["devices"][0]["id"]
    until = time.monotonic() + 30
    while manager.locator("form[data-api$='/activate'] button").is_disabled() and time.monotonic() < until:
        crew.do(phone.test())
        manager.wait_for_timeout(500)
        manager.reload()
    saved(manager, "/activate")
    expect(manager.locator("h2 .badge").first).to_have_text("ALARM AAN")
    assert time.monotonic() - begun < 120


@pytest.mark.timeout(120)
def test_a_file_is_found_however_it_is_spelt(crew: Crew, desk: Desk) -> None:
    manager = desk("file-manager", service="registry")
    saved(manager, "POST /v1/enrolments")
    typed(manager, "card.victim.name", "Katrien Vandenbroucke")
    typed(manager, "cancel_code", "2468")
    typed(manager, "duress_code", "1357")
    saved(manager, "/card")
    where = manager.url
    manager.goto(where[: where.index("/desk") + 5])
    typed(manager, "text", "katrin vandenbroeke")
    manager.keyboard.press("Enter")
    manager.locator("#found a", has_text="Katrien Vandenbroucke").first.click()
    manager.wait_for_url("**/desk/enrolments/*")
    assert manager.locator("[name='card.victim.name']").input_value() == "Katrien Vandenbroucke"
