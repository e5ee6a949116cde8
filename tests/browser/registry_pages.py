"""What is known of a file on the pages of the registry."""

from playwright.sync_api import Page

from tests.browser.desks import saved, typed


def known(manager: Page, name: str) -> str:
    """A new file of Ghent with a card; its number."""
    saved(manager, "POST /v1/enrolments")
    for field, text in (("card.victim.name", name), ("cancel_code", "2468"), ("duress_code", "1357")):
        typed(manager, field, text)
    saved(manager, "/card")
    return manager.locator("code").first.inner_text()
