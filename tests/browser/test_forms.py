"""What all pages owe who types: nothing is lost unasked, and the clock is Belgium's."""

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Dialog, Page, expect

from contracts.common import BELGIUM
from tests.browser.committee_pages import page_of, submitted
from tests.browser.crew import Crew
from tests.browser.desks import DeskOpener, dated, fits, opened, saved, typed
from tests.browser.opener import Opener
from tools.demo import committee

KEPT = "zij slaapt elders"
STORED = "JSON.stringify([history.state, {...localStorage}, {...sessionStorage}])"


def asked(page: Page, form: str) -> str:
    """Press the button of a form that asks first, and do not go on; what it asked."""
    heard = list[str]()

    def no(dialog: Dialog) -> None:
        heard.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", no)
    page.locator(f"form[data-api$='{form}'] button").first.press("Enter")
    return heard[0]


@pytest.mark.timeout(300)
def test_what_is_typed_in_one_form_outlives_another_that_is_sent(crew: Crew, desk: DeskOpener) -> None:
    page = desk("secretariat", "nl-BE", page_of(submitted(crew)))
    opened(page, "/opinion")
    typed(page, "kept", KEPT)
    page.locator("[name=advice]").select_option("abstain")
    opened(page, "/assessment")
    page.locator("[name=level]").select_option("extreme")
    saved(page, "/assessment")
    expect(page.locator("dl")).to_contain_text("extreem")
    expect(page.locator("[name=kept]")).to_be_visible()
    expect(page.locator("[name=kept]")).to_have_value(KEPT)
    expect(page.locator("[name=advice]")).to_have_value("abstain")
    # It rests nowhere: who signs out leaves nothing behind.
    assert page.evaluate(STORED) == "[null,{},{}]"
    assert "gaat verloren" in asked(page, "/signout")
    expect(page.locator("[name=kept]")).to_have_value(KEPT)
    saved(page, "/opinion")
    expect(page.locator("main")).to_contain_text(KEPT)


@pytest.mark.timeout(300)
def test_the_same_at_the_registry(desk: DeskOpener) -> None:
    page = desk("file-manager", service="registry")
    saved(page, "POST /v1/enrolments")
    typed(page, "card.dogs", "een herder")
    typed(page, "pv_number", "GE.37.L1.000009/2026")
    saved(page, "/police-report")
    expect(page.locator("[name='card.dogs']")).to_have_value("een herder")
    expect(page.locator("[name=pv_number]")).to_have_value("GE.37.L1.000009/2026")


@pytest.mark.timeout(300)
def test_victim_support_gives_its_opinion(crew: Crew, desk: DeskOpener) -> None:
    support = crew.world.bearer("follow_up", partner="victim-support", district=committee.DISTRICT)
    values = {"pv_numbers": ["GE.37.L1.000001/2026"], "zone_id": crew.victim.zone}
    case = crew.do(committee.submitted(crew.world, support, "victim-support", str(uuid4()), **values))
    page = desk("victim-support", "fr-BE", page_of(case))
    opened(page, "/opinion")
    typed(page, "kept", "elle dort ailleurs")
    saved(page, "/opinion")
    expect(page.locator("p:has(strong)")).to_contain_text("aide aux victimes")
    opened(page, "/opinion")
    expect(page.locator("[name=kept]")).to_have_value("elle dort ailleurs")
    fits(page)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_meeting_begins_when_it_was_typed_to_begin(desk: DeskOpener, zone: str) -> None:
    page = desk("secretariat", "nl-BE", "/desk/meetings", timezone_id=zone)
    dated(page, "starts_at", datetime(2031, 7, 1, 10))  # noqa: DTZ001 - as it is typed
    saved(page, "POST /v1/meetings")
    expect(page.locator("h2").first).to_contain_text("1 jul 2031 10:00")


@pytest.mark.timeout(300)
def test_a_console_abroad_shows_the_time_in_belgium(crew: Crew, console: Opener) -> None:
    page = console(timezone_id="Asia/Tokyo")
    alarm_id = crew.press().alarm_id
    page.locator(f"#list [data-incident='{alarm_id}']").click()
    now = datetime.now(BELGIUM)
    hours = {f"{at:%H}" for at in (now, now - timedelta(minutes=2))}
    expect(page.locator(".moments span").first).to_contain_text(re.compile(f" ({'|'.join(hours)}):"))
