"""Who has a conflict: at the desks there is no such case for them, on the console the alarm stays."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.committee_pages import comes_in, convened, go, page_of, put_before, submitted
from tests.browser.crew import Crew
from tests.browser.desks import DeskOpener, accessible, fits, reasoned, typed
from tests.browser.opener import Opener
from tests.support.examples import languages
from tools.demo import committee

# Metres or kilometres.
FAR = re.compile(r"\d k?m(?![a-z])")


@pytest.mark.timeout(300)
def test_a_conflict_of_interest_takes_card_and_place_from_the_screen_and_leaves_the_alarm(
    crew: Crew, console: Opener
) -> None:
    page = console()
    alarm_id = crew.press().alarm_id
    item = page.locator(f"#list [data-incident='{alarm_id}']")
    item.click()
    expect(page.locator("#card")).to_contain_text("knife")
    expect(page.locator("#place")).to_contain_text("PRECISE")
    expect(page.locator("#units")).to_contain_text(FAR)
    manager = crew.world.bearer("file_manager", zone=crew.victim.zone)
    path = f"/v1/enrolments/{crew.victim.enrolment_id}/conflicts"
    conflict = {"subject": "operator-browser", "reason": "her neighbour"}
    crew.do(crew.world.call("POST", "registry", path, manager, conflict))

    # Without a reload: what was on the screen is withdrawn.
    expect(page.locator("#card")).to_contain_text("You have a conflict of interest")
    # Withheld is not unknown: a colleague sees where it is.
    for told in ("#place", f"#list [data-incident='{alarm_id}'] .tags"):
        expect(page.locator(told)).to_contain_text("WITHHELD")
        expect(page.locator(told)).not_to_contain_text("NO LOCATION")
    expect(page.locator("#place")).not_to_contain_text("unknown")
    expect(page.locator("#head")).to_contain_text("Name withheld")
    # How far the patrol is from her says where she is, together with where the patrol is.
    for told in ("#primary", "#orders", "#units"):
        expect(page.locator(told)).not_to_contain_text(FAR)
    expect(page.locator("body")).not_to_contain_text(crew.victim.name)
    expect(page.locator("body")).not_to_contain_text("knife")
    expect(item).to_contain_text("STALKINGALARM")

    # Acknowledging is for a colleague; the proposed patrol may go.
    page.keyboard.press("Enter")
    expect(page.locator("#primary")).to_contain_text("SEND BROWSER-NEAR")
    page.keyboard.press("s")
    expect(page.locator("#orders li[data-state=en_route]")).to_contain_text("BROWSER-NEAR")
    expect(item).not_to_have_attribute("data-acknowledged", "true")


def declared(page: Page, person: str | None, reason: str) -> None:
    """On the page of a case, by keyboard: one's own conflict of interest, or that of somebody else."""
    subject, forms = page.locator("[name=subject]"), page.locator("form[data-api$='/conflicts']")
    form = forms.filter(has_not=subject) if person is None else forms.filter(has=subject)
    form.locator("summary").press("Enter")
    if person is not None:
        form.locator("[name=subject]").focus()
        page.keyboard.type(person)
    reasoned(form, reason)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("locale", "unknown", "police"),
    languages(
        ("fr-BE", "Ce dossier n'existe pas, ou pas pour vous", "manque: police"),
        ("nl-BE", "Dit dossier bestaat niet, of niet voor u", "ontbreekt: politie"),
    ),
)
def test_a_member_declares_a_conflict_of_interest_and_the_case_is_gone(
    crew: Crew, desk: DeskOpener, locale: str, unknown: str, police: str
) -> None:
    case, member = submitted(crew), desk("member-police", locale)
    number = case.rpartition("/")[2]
    go(member, "/desk/applications")
    expect(member.locator(f"a[href$='{number}']")).to_have_count(1)
    go(member, page_of(case))
    accessible(member)
    declared(member, None, "haar broer")
    for path in ("/desk", "/desk/applications", "/desk/reviews"):
        go(member, path)
        expect(member.locator(f"a[href*='{number}']")).to_have_count(0)
    go(member, page_of(case))
    expect(member.locator("h2")).to_have_text(unknown)
    accessible(member)
    # In the meeting that decides it they sit there, and count for nothing.
    secretary = desk("secretariat", locale)
    meeting = convened(secretary)
    put_before(crew, secretary, meeting, case, "application_id")
    expect(secretary.locator(".light.good")).to_be_visible()
    with secretary.expect_navigation():
        secretary.locator("form[data-api$='/leave'] button[aria-label$=': Bert']").press("Enter")
    comes_in(crew, secretary, "Member-Police", "police")
    expect(secretary.locator(".light.late")).to_contain_text(police)
    expect(secretary.locator(".badge.soon")).to_contain_text("Member-Police")
    expect(secretary.locator("form[data-api$='/grant']")).to_have_count(0)
    fits(secretary)


@pytest.mark.timeout(300)
def test_a_conflict_of_interest_that_the_secretariat_declares_counts_at_every_screen(
    crew: Crew, desk: DeskOpener, console: Opener
) -> None:
    secretary = desk("secretariat", "nl-BE")
    page, alarm_id = console(person="operator-next-door"), crew.press().alarm_id
    item = page.locator(f"#list [data-incident='{alarm_id}']")
    item.click()
    expect(page.locator("#card")).to_contain_text("Browser Testemans")
    manager = desk("file-manager", "fr-BE", f"/desk/enrolments/{crew.victim.enrolment_id}", "registry")
    expect(manager.locator("[name='card.victim.name']")).to_have_value("Browser Testemans")
    go(secretary, page_of(crew.do(_case_of(crew))))
    # As people type accounts.
    for person in ("Operator-Next-Door", "file-manager "):
        declared(secretary, person, "buurman")
    expect(page.locator("#card")).to_contain_text("You have a conflict of interest")
    expect(page.locator("body")).not_to_contain_text("Browser Testemans")
    expect(item).to_contain_text("STALKINGALARM")
    expect(secretary.locator("ol.line")).to_contain_text("belangenconflict gemeld")

    manager.reload()
    expect(manager.locator("main")).not_to_contain_text("Browser Testemans")
    # Not even by break-glass access, which the page offers to whoever does not see a file.
    typed(manager, "reason", "je veux le lire")
    manager.keyboard.press("Tab")
    manager.keyboard.press("Enter")
    expect(manager.locator(".wrong")).to_be_visible()
    accessible(manager)


async def _case_of(crew: Crew) -> str:
    """The path of the case of the crew's victim."""
    found = await crew.world.call(
        "GET", "committee", "/v1/applications?limit=500", committee.secretariat(crew.world)
    )
    return next(
        f"/v1/applications/{each['id']}"
        for each in found
        if each["enrolment_id"] == str(crew.victim.enrolment_id)
    )
