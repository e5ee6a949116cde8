"""Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.crew import Crew
from tests.browser.desks import DeskOpener
from tests.browser.opener import Opener
from tests.conftest import native_system
from tools.demo.control_rooms import GENT
from tools.dev import issuer
from tools.dev.issuer import PEOPLE
from tools.runtime.native.running import RunningSystem


@pytest.fixture(scope="package")
def system() -> Iterator[RunningSystem]:
    """One running system for all pages."""
    yield from native_system("browser")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert path, "Chromium is not installed: infra/setup.sh tests"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--lang=en-US"])
        yield browser
        browser.close()


@pytest.fixture
def console(system: RunningSystem, chromium: Browser) -> Iterator[Opener]:
    """Opens consoles of a control room, signed in by the address; any script error fails the test."""
    errors: list[str] = []
    contexts = []

    def opened(
        cic: str = GENT,
        roles: Sequence[str] = ("operator",),
        person: str = "operator-browser",
        path: str = "/console",
        **options: Any,
    ) -> Page:
        wanted: dict[str, Any] = {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options}
        context = chromium.new_context(**wanted)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        # What the browser refuses for our content security policy is told on its console only.
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        token = issuer.mint(person, list(roles), "cic", layout=system.layout, cic=cic)
        page.goto(f"{system.url('dispatch')}{path}#token={token}")
        if path == "/console":
            page.wait_for_selector("body[data-connection=live]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def crew(system: RunningSystem) -> Iterator[Crew]:
    """Victim and patrols of Ghent, where the protocol is in force."""
    with Crew(system) as crew:
        yield crew


@pytest.fixture
def desk(system: RunningSystem, chromium: Browser, crew: Crew) -> Iterator[DeskOpener]:
    """Opens pages of committee and registry as one of the people of the development sign-in."""
    contexts, errors = [], list[str]()

    def opened(
        person: str, locale: str = "nl-BE", path: str = "/desk", service: str = "committee", **options: Any
    ) -> Page:
        context = chromium.new_context(locale=locale, viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{system.url(service)}{path}")
        page.get_by_role("button", name=PEOPLE[person][0], exact=True).press("Enter")
        page.wait_for_url(f"{system.url(service)}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []
