"""The operator's page on the running system: what an operator sees and does in a night."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.crew import Crew
from tests.browser.desks import fits
from tests.browser.opener import Opener
from tools.demo import seed
from tools.runtime.native.running import RunningSystem

expect.set_options(timeout=15_000)


def alarm_of(page: Page, alarm_id: object) -> Page:
    """Wait for an alarm in the list, and choose it."""
    item = page.locator(f"#list [data-incident='{alarm_id}']")
    expect(item).to_be_visible()
    item.click()
    return page


@pytest.mark.timeout(300)
def test_from_press_to_patrol_by_keyboard(crew: Crew, console: Opener) -> None:
    page = console()
    assert "token" not in page.url
    alarm_id = crew.press().alarm_id
    item = page.locator(f"#list [data-incident='{alarm_id}']")
    expect(item).to_contain_text("STALKINGALARM")
    expect(item).to_have_class(re.compile("ringing"))

    page.keyboard.press("Enter")
    expect(item).to_have_attribute("data-acknowledged", "true")
    expect(item).not_to_have_class(re.compile("ringing"))
    expect(page.locator("#primary")).to_contain_text("SEND BROWSER-NEAR")

    page.keyboard.press("s")
    expect(page.locator("#progress")).to_contain_text("BROWSER-NEAR")
    expect(page.locator("#orders li[data-state=en_route]")).to_contain_text("BROWSER-NEAR")
    expect(page.locator("#units")).not_to_contain_text("BROWSER-NEAR")  # it is not free any more
    expect(page.locator("#card")).to_contain_text("knife")
    expect(page.locator("#card")).to_contain_text("DO NOT CALL")
    expect(page.locator("#more")).to_contain_text("Shown")  # the page told that the alarm stands on a screen


@pytest.mark.timeout(300)
def test_lost_connection_is_said_and_made_good(crew: Crew, console: Opener, system: RunningSystem) -> None:
    page = console()
    with system.without("dispatch-api"):
        expect(page.locator("#connection")).to_contain_text("NO CONNECTION since")
        expect(page.locator("body")).to_have_attribute("data-connection", "lost")
    expect(page.locator("body")).to_have_attribute("data-connection", "live", timeout=30_000)
    alarm_id = crew.press().alarm_id
    alarm_of(page, alarm_id)
    expect(page.locator("#place")).to_contain_text("PRECISE")


@pytest.mark.timeout(300)
def test_duress_is_unmistakable_and_closing_withdraws_the_card(crew: Crew, console: Opener) -> None:
    page = console(locale="nl-BE")
    alarm_id = crew.press().alarm_id
    alarm_of(page, alarm_id)
    crew.do(crew.victim.device.cancel(alarm_id, seed.DURESS_CODE))
    expect(page.locator("#duress")).to_contain_text("DWANG")
    crew.close()
    expect(page.locator("#list li")).to_have_count(0)
    expect(page.locator("#card")).to_be_hidden()
    assert "Testemans" not in page.content()


@pytest.mark.timeout(300)
def test_a_supervisor_closes_with_outcome_and_reason(crew: Crew, console: Opener) -> None:
    operator, supervisor = console(), console(roles=["operator", "supervisor"])
    alarm_id = crew.press().alarm_id
    for page in (operator, supervisor):
        alarm_of(page, alarm_id)
    expect(operator.locator("#close-alarm")).to_have_count(0)

    page = supervisor
    page.locator("#close-alarm").click()
    expect(page.locator("#closing-whom")).to_contain_text("Browser Testemans")
    page.locator("#closing-do").click()
    expect(page.locator("#closing")).to_be_visible()  # neither outcome nor reason: the browser asks for them
    crew.do(crew.victim.device.cancel(alarm_id, seed.DURESS_CODE))
    expect(page.locator("#closing-duress")).to_contain_text("DURESS")
    page.keyboard.press("Escape")
    expect(page.locator(f"#list [data-incident='{alarm_id}']")).to_be_visible()

    page.locator("#close-alarm").click()
    page.locator("#outcome").select_option("accidental")
    page.locator("#reason").fill("spoken with on the radio")
    page.locator("#closing-do").click()
    for page in (supervisor, operator):
        expect(page.locator("#ended")).to_contain_text("accidental")
        expect(page.locator("#list li")).to_have_count(0)
    expect(supervisor.locator("#closing")).to_be_hidden()
    assert supervisor.locator("#reason").input_value() == ""


@pytest.mark.timeout(300)
def test_another_unit_than_the_proposed_one(crew: Crew, console: Opener) -> None:
    page = console()
    alarm_of(page, crew.press().alarm_id)
    far = page.locator("[data-unit=browser-far]")
    expect(far).to_be_disabled()  # nobody sends what nobody took in hand
    page.keyboard.press("a")
    expect(far).to_be_enabled()
    page.keyboard.press("u")
    expect(page.locator("#units button").first).to_be_focused()
    far.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#orders li[data-state=en_route]")).to_contain_text("BROWSER-FAR")


@pytest.mark.timeout(300)
def test_mute_ends_with_the_next_alarm(crew: Crew, console: Opener) -> None:
    page = console()
    alarm_of(page, crew.press().alarm_id)
    page.keyboard.press("m")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    alarm_of(page, crew.press().alarm_id)
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("wish", "moves"), [("no-preference", True), ("reduce", False)])
def test_nothing_blinks_for_who_asked_for_stillness(
    crew: Crew, console: Opener, wish: str, moves: bool
) -> None:
    page = console(reduced_motion=wish)
    alarm_of(page, crew.press().alarm_id)
    expect(page.locator("#head .ringing")).to_be_visible()
    assert page.evaluate("document.getAnimations().some(a => a.playState === 'running')") == moves


def test_refusals_are_said_in_words(crew: Crew, console: Opener) -> None:
    page = console()
    page.goto(f"{page.url}#token=nonsense")
    expect(page.locator("#sign-in-why")).to_have_text("This token was refused.")
    expect(page.locator("#sign-in-here")).to_be_focused()


def test_an_operator_signs_in_with_the_identity_provider(system: RunningSystem, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(f"{system.url('dispatch')}/console")
    page.locator("#sign-in-here").click()
    page.get_by_role("button", name="Operator, CIC Oost-Vlaanderen").click()
    page.wait_for_selector("body[data-connection=live]")
    assert page.url == f"{system.url('dispatch')}/console"
    assert page.evaluate("document.cookie") == ""  # no script reads the session
    page.locator("#sign-out").click()
    expect(page.locator("#sign-in-here")).to_be_visible()
    page.close()


@pytest.mark.parametrize(
    ("locale", "word"), [("nl-BE", "Taal"), ("fr-BE", "Langue"), ("de-BE", "Sprache"), ("en-GB", "Language")]
)
def test_speaks_the_language_of_the_browser(console: Opener, locale: str, word: str) -> None:
    page = console(locale=locale)
    expect(page.locator("[data-text=language]")).to_have_text(word)


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_nothing_runs_out_of_the_screen(crew: Crew, console: Opener, size: tuple[int, int]) -> None:
    width, height = size
    page = console(viewport={"width": width, "height": height})
    alarm_of(page, crew.press().alarm_id)
    outside = page.evaluate(
        "[...document.querySelectorAll('header *, #alarm, #card, #map, #primary')]"
        ".filter(e => e.checkVisibility() && !e.closest('.unseen') && e.tagName !== 'OPTION')"
        ".map(e => [e.id || e.tagName, e.getBoundingClientRect()])"
        ".filter(([, r]) => r.right > innerWidth + 1 || r.bottom > innerHeight + 1).map(([name]) => name)"
    )
    assert outside == []
    inside = page.locator("#map .alarm-name").bounding_box()
    around = page.locator("#map").bounding_box()
    assert inside is not None
    assert around is not None
    assert around["x"] < inside["x"] < inside["x"] + inside["width"] < around["x"] + around["width"]
    assert around["y"] < inside["y"] < around["y"] + around["height"]


def top_and_bottom(page: Page, selector: str) -> tuple[float, float]:
    """Where something stands in the window, in pixels from its top."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["y"], box["y"] + box["height"]


@pytest.mark.timeout(300)
def test_on_a_telephone_the_alarm_and_what_to_do_come_first(crew: Crew, console: Opener) -> None:
    page = console(viewport={"width": 390, "height": 844}, has_touch=True)
    fits(page)
    item = page.locator(f"#list [data-incident='{crew.press().alarm_id}']")
    expect(item).to_be_visible()
    fits(page)
    _, bar = top_and_bottom(page, ".bar")
    # Nothing was touched yet: the alarm stands below the bar, its act in the first screen, the list after it.
    head, act, listed = (top_and_bottom(page, each) for each in ("#head", "#primary", "#list"))
    assert bar <= head[0] < head[1] <= act[0] < act[1] <= 844
    assert act[1] < listed[0]
    # Chosen in the list below, it comes back into sight whole.
    item.scroll_into_view_if_needed()
    item.tap()
    for each in ("#head", "#primary"):
        top, bottom = top_and_bottom(page, each)
        assert bar <= top < bottom <= 844, each
    page.locator("#primary").tap()
    expect(item).to_have_attribute("data-acknowledged", "true")
    expect(page.locator("#primary")).to_contain_text("SEND")
    page.wait_for_timeout(800)  # the second half of a double tap does nothing
    page.locator("#primary").tap()
    expect(page.locator("#orders li[data-state=en_route]")).to_be_visible()
    top, bottom = top_and_bottom(page, "#progress")
    assert bar <= top < bottom <= 844
    fits(page)


@pytest.mark.timeout(300)
def test_what_a_crew_says_by_radio_and_a_recall(crew: Crew, console: Opener) -> None:
    page = console()
    alarm_of(page, crew.press().alarm_id)
    page.keyboard.press("Enter")
    primary, driving = page.locator("#primary"), page.locator("#orders li[data-state=en_route]")
    expect(primary).to_contain_text("SEND BROWSER")
    page.keyboard.press("s")
    driving.get_by_role("button", name="Call back").click()  # its terminal said that it drives
    page.locator("#radio-reason").fill("Wrong side of the canal")
    page.locator("#radio-do").click()
    expect(page.locator("#radio")).to_be_hidden()
    expect(page.locator("#orders li[data-state=withdrawn]").first).to_contain_text("called back")

    expect(primary).to_contain_text("SEND BROWSER")
    page.keyboard.press("s")
    expect(driving).to_have_count(1)
    order = page.locator("#orders li").first
    page.keyboard.press("r")
    expect(order.locator(".radio button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(order).to_have_attribute("data-state", "on_scene")
    expect(order).to_contain_text("by radio")
    order.get_by_role("button", name="Victim safe").click()
    page.locator("#radio-outcome").select_option("genuine")
    page.locator("#radio-do").click()
    expect(page.locator("#list li")).to_have_count(0)


@pytest.mark.timeout(300)
def test_without_a_place_the_page_says_what_is_near_to_what(crew: Crew, console: Opener) -> None:
    page = console()
    crew.close()
    crew.victim.device.position, before = None, crew.victim.device.position
    try:
        alarm_of(page, crew.press().alarm_id)
        expect(page.locator("#orders li")).to_contain_text("in the zone")
        expect(page.locator("#units")).to_contain_text("Measured in the zone")
    finally:
        crew.victim.device.position = before
