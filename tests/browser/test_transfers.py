"""A file follows the victim to another zone, in a real browser, by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.crew import Crew
from tests.browser.desks import Desk, accessible, fits, opened, saved, typed
from tests.browser.test_registry import known

NL = ("nl-BE", "Aangeboden aan aalst-1", "ze is naar Aalst verhuisd", "ze woont nog in Gent")
FR = ("fr-BE", "Proposé à aalst-1", "elle a déménagé à Alost", "elle habite encore à Gand")


def board(page: Page) -> None:
    page.goto(f"{page.url.partition('/desk')[0]}/desk")


def offered(manager: Page, zone: str, why: str) -> None:
    """On the page of the file."""
    opened(manager, "/transfers")
    typed(manager, "to_zone_id", zone)
    manager.locator("form[data-api$='/transfers'] [name=reason]").focus()
    manager.keyboard.type(why)
    fits(manager)
    manager.keyboard.press("Tab")
    with manager.expect_navigation():
        manager.keyboard.press("Enter")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("locale", "on_offer", "why", "why_not"), [NL, FR])
def test_a_file_goes_to_the_zone_where_she_lives_now(
    crew: Crew, desk: Desk, locale: str, on_offer: str, why: str, why_not: str
) -> None:
    ghent = desk("file-manager", locale, service="registry")
    aalst = desk("file-manager-aalst", locale, service="registry")
    file, name = known(ghent, "Verhuis Peeters"), "Verhuis Peeters"
    where = ghent.url
    aalst.goto(where)
    expect(aalst.locator("main")).not_to_contain_text(name)

    offered(ghent, "aalst-1", why)
    expect(ghent.locator("main")).to_contain_text(on_offer)
    accessible(ghent)
    board(aalst)
    transfer = aalst.locator(f".transfer:has(a[href$='{file}'])")
    expect(transfer).to_contain_text(why)
    expect(transfer).to_contain_text("gent-1")
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
    transfer.locator("[name=reason]").focus()
    aalst.keyboard.type(why_not)
    aalst.keyboard.press("Tab")
    with aalst.expect_navigation():
        aalst.keyboard.press("Enter")
    expect(transfer).to_have_count(0)
    ghent.reload()
    expect(ghent.locator("main")).to_contain_text(why_not)
    offered(ghent, "aalst-1", why)

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
def test_an_offer_is_taken_back_and_a_wrong_one_refused(crew: Crew, desk: Desk) -> None:
    ghent = desk("file-manager", service="registry")
    file = known(ghent, "Blijft Peeters")
    opened(ghent, "/transfers")
    typed(ghent, "to_zone_id", "gent-1")
    ghent.locator("form[data-api$='/transfers'] [name=reason]").fill("verhuisd")
    ghent.locator("form[data-api$='/transfers'] button").press("Enter")
    expect(ghent.locator("form[data-api$='/transfers'] .wrong")).to_have_text("Uw zone beheert dit dossier al.")
    expect(ghent.locator("[name=to_zone_id]")).to_be_focused()
    typed(ghent, "to_zone_id", "aalst-1")
    saved(ghent, "/transfers")
    saved(ghent, "/withdraw")
    expect(ghent.locator("form[data-api$='/transfers']")).to_have_count(1)
    aalst = desk("file-manager-aalst", service="registry")
    expect(aalst.locator(f"a[href$='{file}']")).to_have_count(0)
