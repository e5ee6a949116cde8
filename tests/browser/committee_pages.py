"""What people do on the pages of the committee."""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page

from tests.browser.crew import Crew
from tests.browser.desks import accessible, dated, picked, put_on_agenda, saved, typed
from tools.demo import committee


def submitted(crew: Crew, **said: Any) -> str:
    """The path of a case that lies before the committee."""
    manager = crew.world.bearer("file_manager", partner="police", zone=crew.victim.zone)
    said = {"pv_numbers": ["GE.37.L1.000001/2026"], **said}
    file = crew.do(crew.world.call("POST", "registry", "/v1/enrolments", manager))
    case: str = crew.do(committee.submitted(crew.world, manager, "police", file["id"], **said))
    return case


def page_of(case: str) -> str:
    return case.replace("/v1/", "/desk/")


def go(page: Page, path: str) -> None:
    page.goto(re.sub(r"/desk.*", path, page.url))


def convened(secretary: Page) -> str:
    """A meeting that sits; its path."""
    go(secretary, "/desk/meetings")
    dated(secretary, "starts_at", datetime(2026, 12, 1, 10))  # noqa: DTZ001 - as it is typed
    saved(secretary, "POST /v1/meetings")
    saved(secretary, "/open")
    return secretary.url[secretary.url.index("/desk") :]


def put_before(crew: Crew, secretary: Page, meeting: str, case: str, what: str) -> None:
    """From the page of a case onto the agenda; and everybody comes in."""
    go(secretary, page_of(case))
    accessible(secretary)
    put_on_agenda(secretary, meeting, what)
    comes_in(crew, secretary, "Bert", "police")
    comes_in(crew, secretary, "Carla", "parket")


def comes_in(crew: Crew, secretary: Page, name: str, partner: str) -> None:
    """A member whom the secretariat sees in the room, and who confirms it at their own desk."""
    crew.do(committee.invited(crew.world, name.lower(), partner, name))
    secretary.reload()
    button = secretary.locator(f"form[data-api$='/attendance'] button[aria-label$=': {name}']")
    with secretary.expect_navigation():
        button.press("Enter")
    meeting_id = secretary.url.rpartition("/")[2].partition("?")[0]
    crew.do(committee.confirmed(crew.world, meeting_id, name.lower(), partner))
    secretary.reload()


ELEMENTS = ("harassment", "serious_disturbance", "knew_or_should_have_known")


def filled(page: Page, procedure: str, enrolment: str | None = None) -> str:
    """Fill in a whole application and submit it; its page."""
    page.goto(page.url.replace("/desk", "/desk/applications/new"))
    accessible(page)
    typed(page, "enrolment_id", enrolment or str(uuid4()))
    page.locator("[name=protocol_id]").focus()
    page.keyboard.press("End")
    page.locator(f"[name=procedure][value={procedure}]").focus()
    page.keyboard.press("Space")
    if procedure == "urgent":
        typed(page, "urgency", "he was at her door with a knife")
    typed(page, "zone_id", "gent-1")
    typed(page, "pv_numbers", "GE.37.L1.000001/2026")
    for element in ELEMENTS:
        typed(page, f"elements.{element}", f"shown: {element}")
    for name, text in (("instrument", "SAM"), ("version", "2.1"), ("answers", "N1: yes")):
        typed(page, f"assessment.{name}", text)
    picked(page, "assessment.level", "high")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # save
    page.wait_for_url("**/desk/applications/*-*")
    for box in page.locator("[name$='.met']").all():
        box.focus()
        page.keyboard.press("Space")
    page.locator("form[data-api^=PATCH] button").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("form[data-api$='/submit'] button").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page.url
