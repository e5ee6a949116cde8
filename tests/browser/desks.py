"""What people do at a desk, and what every page must bear."""

from collections.abc import Callable
from datetime import date, datetime

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

DeskOpener = Callable[..., Page]


def accessible(page: Page) -> None:
    """Nothing that axe knows of is wrong with the page."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def fits(page: Page) -> None:
    """On a telephone too: nothing to be pushed sideways, nothing that axe knows of."""
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    accessible(page)
    page.set_viewport_size(before)


def typed(page: Page, name: str, text: str) -> None:
    """By keyboard: to the field, and write."""
    field = page.locator(f"[name='{name}']").first
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def dated(page: Page, name: str, at: date | datetime) -> None:
    """By keyboard: a day, and its time where the field wants one. Our browser speaks American: month first."""
    page.locator(f"[name='{name}']").first.focus()
    page.keyboard.type(f"{at:%m%d%Y}")
    if isinstance(at, datetime):
        page.keyboard.press("ArrowRight")
        page.keyboard.type(f"{at:%I%M%p}")


def picked(page: Page, name: str, value: str) -> None:
    """By keyboard: one of a list."""
    field = page.locator(f"[name='{name}']").first
    field.focus()
    page.keyboard.press("Home")
    for _ in range(20):
        if field.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{name}: {value} cannot be chosen")


def put_on_agenda(page: Page, meeting: str, what: str) -> None:
    """By keyboard: `what` of this case (the name of its id) onto the agenda of the meeting at a path."""
    form = page.locator(f"form[data-api$='/agenda'][data-body*='{what}']").first
    choice, wanted = form.locator("select"), meeting.rpartition("/")[2]
    choice.focus()
    page.keyboard.press("Home")
    for _ in range(20):
        if choice.input_value() != wanted:
            page.keyboard.press("ArrowDown")
    with page.expect_navigation(url=f"**{meeting}"):
        form.locator("button").press("Enter")


def saved(page: Page, form: str) -> None:
    """Send a form by keyboard, and see the page anew."""
    button = page.locator(f"form[data-api*='{form}'] button").first
    button.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def reasoned(form: Locator, reason: str) -> None:
    """By keyboard: say why, and send the form with the button that follows."""
    page = form.page
    form.locator("[name=reason]").focus()
    page.keyboard.type(reason)
    fits(page)
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def opened(page: Page, form: str) -> None:
    """Unfold what a form hides until it is wanted, by keyboard."""
    page.locator(f"form[data-api*='{form}'] summary").first.focus()
    page.keyboard.press("Enter")
