"""A file follows the victim to another zone, in a real browser, by keyboard."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.crew import Crew
from tests.browser.desks import DeskOpener, accessible, fits, opened, picked, reasoned, saved
from tests.browser.registry_pages import known
from tests.support.examples import languages

NL = ("nl-BE", "Aangeboden aan Aalst 1", "ze is naar Aalst verhuisd", "ze woont nog in Gent", "Gent 1")
FR = ("fr-BE", "Proposé à Alost 1", "elle a déménagé à Alost", "elle habite encore à Gand", "Gand 1")


def board(page: Page) -> None:
    page.goto(f"{page.url.partition('/desk')[0]}/desk")


def offered(manager: Page, why: str) -> None:
    """To Aalst, on the page of the file."""
    # Dispatch tells its zones within half a minute of its start.
    until = time.monotonic() + 60
    while not manager.locator("select[name=to_zone_id]").count() and time.monotonic() < until:
        manager.wait_for_timeout(500)
        manager.reload()
    opened(manager, "/transfers")
    picked(manager, "to_zone_id", "aalst-1")
    reasoned(manager.locator("form[data-api$='/transfers']"), why)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("locale", "on_offer", "why", "why_not", "old_zone"), languages(NL, FR))
def test_a_file_goes_to_the_zone_where_she_lives_now(
    crew: Crew, desk: DeskOpener, locale: str, on_offer: str, why: str, why_not: str, old_zone: str
) -> None:
    ghent = desk("file-manager", locale, service="registry")
    aalst = desk("file-manager-aalst", locale, service="registry")
    file, name = known(ghent, "Verhuis Peeters"), "Verhuis Peeters"
    where = ghent.url
    aalst.goto(where)
    expect(aalst.locator("main")).not_to_contain_text(name)

    offered(ghent, why)
    expect(ghent.locator("main")).to_contain_text(on_offer)
    accessible(ghent)
    board(aalst)
    transfer = aalst.locator(f".transfer:has(a[href$='{file}'])")
    expect(transfer).to_contain_text(why)
    expect(transfer).to_contain_text(old_zone)
    accessible(aalst)
    fits(aalst)
    # Whoever is to take it reads it first, and changes nothing of it.
    transfer.get_by_role("link").first.press("Enter")
    aalst.wait_for_url(where)
    expect(aalst.locator("main")).to_contain_text(name)
    expect(aalst.locator("form[data-api$='/card'], form[data-api$='/transfers']")).to_have_count(0)
    fits(aalst)

    # Not taken, with a reason that the old zone reads; and offered again.
    board(aalst)
    transfer.locator("summary").press("Enter")
    reasoned(transfer.locator("form[data-api$='/decline']"), why_not)
    expect(transfer).to_have_count(0)
    ghent.reload()
    expect(ghent.locator("main")).to_contain_text(why_not)
    board(ghent)
    told = ghent.locator(f".warning:has(a[href$='{file}'])")
    expect(told).to_contain_text(why_not)
    fits(ghent)
    told.get_by_role("link").press("Enter")
    ghent.wait_for_url(where)
    offered(ghent, why)
    board(ghent)
    expect(told).to_have_count(0)
    ghent.goto(where)

    board(aalst)
    with aalst.expect_navigation():
        transfer.locator("form[data-api$='/accept'] button").press("Enter")
    expect(transfer).to_have_count(0)
    aalst.goto(where)
    expect(aalst.locator("[name='card.victim.name']")).to_have_value(name)
    accessible(aalst)
    ghent.reload()
    expect(ghent.locator("main")).not_to_contain_text(name)


@pytest.mark.timeout(120)
def test_an_offer_is_taken_back(crew: Crew, desk: DeskOpener) -> None:
    ghent = desk("file-manager", service="registry")
    file = known(ghent, "Blijft Peeters")
    offered(ghent, "verhuisd")
    expect(ghent.locator("main")).to_contain_text("Aangeboden aan Aalst 1")
    saved(ghent, "/withdraw")
    expect(ghent.locator("form[data-api$='/transfers']")).to_have_count(1)
    aalst = desk("file-manager-aalst", service="registry")
    expect(aalst.locator(f"a[href$='{file}']")).to_have_count(0)
    board(ghent)
    expect(ghent.get_by_role("link", name="Blijft Peeters", exact=True)).to_be_visible()
    fits(ghent)
