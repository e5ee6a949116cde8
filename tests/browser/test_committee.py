"""The committee at its desk, in a real browser: from application to decision, by keyboard, in two languages."""

from datetime import datetime

import pytest
from playwright.sync_api import expect

from tests.browser.committee_pages import filled
from tests.browser.desks import DeskOpener, accessible, dated, fits, picked, put_on_agenda, saved, typed
from tests.support.examples import languages

# Language, and what it says: no quorum, quorum, granted.
NL = ("nl-BE", "GEEN QUORUM", "Quorum aanwezig", "toegekend")
FR = ("fr-BE", "PAS DE QUORUM", "Quorum atteint", "accordé")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("locale", "no_quorum", "quorum", "granted"), languages(NL, FR))
def test_an_ordinary_case_in_a_meeting(
    desk: DeskOpener, locale: str, no_quorum: str, quorum: str, granted: str
) -> None:
    case = filled(desk("member-police", locale), "ordinary")
    secretary = desk("secretariat", locale, path="/desk/meetings")
    accessible(secretary)
    dated(secretary, "starts_at", datetime(2026, 12, 1, 10))  # noqa: DTZ001 - as it is typed
    with secretary.expect_navigation():
        secretary.locator("form[data-api='POST /v1/meetings'] button").press("Enter")
    meeting = secretary.url
    with secretary.expect_navigation():
        secretary.locator("form[data-api$='/open'] button").press("Enter")
    expect(secretary.locator(".light")).to_have_count(0)
    secretary.goto(case)
    accessible(secretary)
    put_on_agenda(secretary, meeting[meeting.index("/desk") :], "application_id")
    expect(secretary.locator(".light")).to_contain_text(no_quorum)
    members = {"member-police": "police", "magistrate": "parket"}
    secretary.locator("a[href$='/members']").press("Enter")
    secretary.wait_for_url("**/members")
    for account, partner in members.items():
        typed(secretary, "name", f"Lid {account}")
        typed(secretary, "subject", account)
        picked(secretary, "partner", partner)
        with secretary.expect_navigation():
            secretary.locator("form[data-api$='/members'] button").press("Enter")
    fits(secretary)
    secretary.goto(meeting)
    for account in members:
        # Seen in the room; it counts once they say so themselves.
        button = secretary.locator(f"form[data-api$='/attendance'] button[aria-label$='Lid {account}']")
        with secretary.expect_navigation():
            button.press("Enter")
    expect(secretary.locator(".light.soon")).to_be_visible()
    accessible(secretary)
    for account in members:
        member = desk(account, locale)
        accessible(member)
        saved(member, "/presence")
        expect(member.locator(f"form[data-api*='{meeting.rpartition('/')[2]}']")).to_have_count(0)
    secretary.reload()
    expect(secretary.locator(".light")).to_contain_text(quorum)
    accessible(secretary)
    # What is not met is told in the words of the protocol.
    condition = secretary.locator("form[data-api$='/grant'] .check").first
    condition.locator("input").press("Space")
    typed(secretary, "reasons", "all three elements are shown")
    secretary.locator("form[data-api$='/grant'] button").press("Enter")
    expect(secretary.locator(".wrong")).to_contain_text(f"({condition.inner_text()})")
    condition.locator("input").press("Space")
    with secretary.expect_navigation():
        secretary.locator("form[data-api$='/grant'] button").press("Enter")
    secretary.goto(case)
    expect(secretary.locator("h2 .badge").first).to_have_text(granted)
    expect(secretary.locator("ol.line")).to_contain_text(granted)
    for path in (meeting, case, case.rpartition("/")[0]):
        secretary.goto(path)
        fits(secretary)


@pytest.mark.timeout(120)
def test_a_refusal_stands_beside_its_field(desk: DeskOpener) -> None:
    page = desk("member-police", path="/desk/applications/new")
    typed(page, "enrolment_id", "not an id")
    page.locator("form[data-api^=POST] button.go").press("Enter")
    field = page.locator("[name=enrolment_id]")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator(".wrong")).to_have_text("Dit nummer klopt niet: kopieer het helemaal.")
    accessible(page)


@pytest.mark.timeout(120)
def test_who_is_signed_out_loses_nothing_of_what_they_wrote(desk: DeskOpener) -> None:
    page = desk("member-police", "fr-BE", "/desk/applications/new")
    typed(page, "zone_id", "gent-1")
    page.context.clear_cookies()
    page.locator("form[data-api^=POST] button.go").press("Enter")
    expect(page.locator("[role=alert]")).to_contain_text("Vous n'êtes plus connecté")
    page.context.set_offline(True)
    page.locator("form[data-api^=POST] button.go").press("Enter")
    expect(page.locator("[role=alert]")).to_contain_text("Le service ne répond pas")
    expect(page.locator("[name=zone_id]")).to_have_value("gent-1")
    accessible(page)
