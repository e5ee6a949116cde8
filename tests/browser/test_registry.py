"""The file manager's pages: from the first paper to an alarm that is on, with the committee beside it."""

import re
import time
from datetime import date
from uuid import uuid4

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.committee_pages import filled
from tests.browser.crew import Crew
from tests.browser.desks import DeskOpener, accessible, dated, fits, opened, picked, saved, typed
from tests.browser.registry_pages import known
from tests.support.days import today
from tests.support.examples import languages
from tests.support.registry import picture
from tools.simulation.device import Device
from tools.simulation.jose import public_key


@pytest.mark.timeout(300)
@pytest.mark.parametrize("locale", languages("fr-BE", "nl-BE"))
def test_an_urgent_case_from_application_to_an_alarm_that_is_on(
    crew: Crew, desk: DeskOpener, locale: str
) -> None:
    begun = time.monotonic()
    manager = desk("file-manager", locale, service="registry")
    saved(manager, "POST /v1/enrolments")
    file = manager.locator("code").first.inner_text()
    member = desk("member-police", locale)
    accessible(member)
    case = filled(member, "urgent", file)
    magistrate = desk("magistrate", locale, f"/desk{case.partition('/desk')[2]}")
    accessible(magistrate)
    typed(magistrate, "reasons", "a knife, twice in one week")
    magistrate.keyboard.press("Tab")
    with magistrate.expect_navigation():
        magistrate.keyboard.press("Enter")
    granted = {"nl-BE": "voorlopig toegekend", "fr-BE": "accordé provisoirement"}[locale]
    expect(magistrate.locator("h2 .badge").first).to_have_text(granted)
    _papers(manager)
    phone = _issued(crew, manager, file)
    until = time.monotonic() + 30
    while manager.locator("form[data-api$='/activate'] button").is_disabled() and time.monotonic() < until:
        crew.do(phone.test())
        manager.wait_for_timeout(500)
        manager.reload()
    saved(manager, "/activate")
    expect(manager.locator("h2 .badge").first).to_have_text(
        {"nl-BE": "ALARM AAN", "fr-BE": "ALARME ACTIVE"}[locale]
    )
    assert time.monotonic() - begun < 120
    member.reload()
    expect(member.locator("h2 .badge").first).to_have_text(granted)


def _papers(manager: Page) -> None:
    """Police report, convention and card, by keyboard."""
    typed(manager, "pv_number", "GE.37.L1.000777/2026")
    saved(manager, "/police-report")
    typed(manager, "by", "Browser Testemans")
    dated(manager, "signed_on", today())
    saved(manager, "/convention")
    typed(manager, "card.victim.name", "Browser Testemans")
    typed(manager, "card.perpetrators.0.name", "Ex Voorbeeld")
    typed(manager, "card.perpetrators.0.weapons", "knife | victim | 2026-11-20")
    typed(manager, "card.addresses.0.text", "Korenmarkt 1, Gent")
    typed(manager, "cancel_code", "2468")
    typed(manager, "duress_code", "1357")
    saved(manager, "/card")
    expect(manager.locator("[name='card.perpetrators.0.weapons']")).to_have_value("knife | victim | 2026-11-20")


def _issued(crew: Crew, manager: Page, file: str) -> Device:
    """A device, issued by keyboard, that knows its id."""
    phone = Device(crew.world.http, crew.world.url("alarm"))
    typed(manager, "button_serial", f"BTN-{public_key(phone.key)[:10]}")
    # Other tests may have put buttons into this zone's stock.
    manager.locator("[name='not_in_stock']").focus()
    manager.keyboard.press("Space")
    typed(manager, "phone_number", "+32470112299")
    typed(manager, "public_key", public_key(phone.key))
    saved(manager, "/devices")
    accessible(manager)
    headers = crew.world.bearer("file_manager", zone="gent-1")
    whole = crew.do(crew.world.call("GET", "registry", f"/v1/enrolments/{file}", headers))
    phone.device_id = whole["devices"][0]["id"]
    return phone


@pytest.mark.timeout(120)
def test_a_file_is_found_however_it_is_spelt(crew: Crew, desk: DeskOpener) -> None:
    manager = desk("file-manager", service="registry")
    accessible(manager)
    saved(manager, "POST /v1/enrolments")
    typed(manager, "card.victim.name", "Katrien Vandenbroucke")
    typed(manager, "cancel_code", "2468")
    typed(manager, "duress_code", "1357")
    saved(manager, "/card")
    where = manager.url
    manager.goto(where[: where.index("/desk") + 5])
    typed(manager, "text", "katrin vandenbroeke")
    manager.keyboard.press("Enter")
    manager.locator("#found a", has_text="Katrien Vandenbroucke").first.click()
    manager.wait_for_url("**/desk/enrolments/*")
    assert manager.locator("[name='card.victim.name']").input_value() == "Katrien Vandenbroucke"


def chosen(page: Page, name: str, raw: bytes) -> None:
    """A file, chosen in the browser's own dialog, which no test can type into."""
    page.locator("[name=body]").set_input_files(FilePayload(name=name, mimeType="", buffer=raw))


@pytest.mark.timeout(120)
def test_a_photo_comes_and_goes_and_the_person_is_forgotten(crew: Crew, desk: DeskOpener) -> None:
    manager = desk("file-manager", service="registry")
    known(manager, "Foto Peeters")
    opened(manager, "POST /v1/enrolments/")
    dated(manager, "taken_on", date(2026, 1, 2))
    chosen(manager, "note.txt", b"no picture")
    manager.locator("form[data-api$='/photos'] button").press("Enter")
    expect(manager.locator("form[data-api$='/photos'] .wrong")).to_be_visible()
    expect(manager.locator("[name=body]")).to_be_focused()
    chosen(manager, "big.jpg", bytes(5 * 1024 * 1024 + 1))
    manager.locator("form[data-api$='/photos'] button").press("Enter")
    expect(manager.locator("form[data-api$='/photos'] .wrong")).to_have_text("Dit bestand is groter dan 5 MB.")
    chosen(manager, "face.png", picture("PNG"))
    saved(manager, "/photos")
    face = manager.locator(".photos img")
    expect(face).to_have_attribute("alt", re.compile("Foto van Foto Peeters"))
    assert face.evaluate("async (img) => (await img.decode(), img.naturalWidth)") == 640
    for each in manager.locator("summary").all():
        each.press("Enter")
    accessible(manager)
    fits(manager)
    saved(manager, "DELETE /v1/enrolments/")
    expect(manager.locator(".photos img")).to_have_count(0)
    with manager.expect_download() as copy:
        manager.locator("a[download]").press("Enter")
    assert "Foto Peeters" in copy.value.path().read_text()
    saved(manager, "/end")
    opened(manager, "/erase")
    manager.locator("form[data-api$='/erase'] button").press("Enter")
    assert manager.locator("form[data-api$='/erase'] [type=checkbox]").evaluate(
        "box => box.matches(':invalid')"
    )
    manager.locator("form[data-api$='/erase'] [type=checkbox]").press("Space")
    saved(manager, "/erase")
    expect(manager.locator("main")).not_to_contain_text("Foto Peeters")
    accessible(manager)


@pytest.mark.timeout(120)
def test_a_list_is_looked_through_and_then_imported(crew: Crew, desk: DeskOpener) -> None:
    manager = desk("file-manager", "fr-BE", "/desk/import", "registry")
    heads, mark = "reference;victim_name;cancel_code;duress_code;victim_phone", uuid4()
    bad = f"{heads}\n{mark};Liste Un;2468;1357;+32470000001\n{mark}b;Liste Deux;2468;2468;call me\n"
    chosen(manager, "list.csv", bad.encode())
    manager.locator("#list button").press("Enter")
    found = manager.locator("#found")
    expect(found.locator("tbody tr")).to_have_text(
        [
            re.compile("3.*victim_phone.*Ce n'est pas un numéro de téléphone", re.DOTALL),
            re.compile("3.*duress_code.*Le code de contrainte doit différer du code d'annulation", re.DOTALL),
        ]
    )
    expect(found).to_be_focused()
    expect(found.locator("[data-say=lines]")).to_have_text("2")
    expect(found.get_by_role("button")).to_have_count(0)
    accessible(manager)
    chosen(manager, "list.csv", bad.replace("victim_phone", "horse").encode())
    manager.locator("#list button").press("Enter")
    expect(manager.locator("#list .wrong")).to_have_text(
        "Colonnes inconnues : horse. Vérifiez la première ligne."
    )
    chosen(manager, "list.csv", bad.replace("2468;2468;call me", "2468;1357;+32470000002").encode())
    expect(found).to_be_hidden()
    manager.locator("#list button").press("Enter")
    found.get_by_role("button").press("Enter")
    expect(found.locator("dd[data-say=made]")).to_have_text("2")
    expect(found.get_by_role("button")).to_have_count(0)
    accessible(manager)


def entered(page: Page, kind: str, serial: str) -> None:
    """Put something into the stock, by keyboard."""
    picked(page, "kind", kind)
    typed(page, "serial", serial)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def acted(page: Page, name: str, serial: str) -> None:
    """Do something to an item of the stock, by keyboard; what must be confirmed is."""
    row = page.locator("tr", has_text=serial)
    for box in row.locator("[type=checkbox]").all():
        box.press("Space")
    for summary in row.locator("summary", has_text=name).all():
        summary.press("Enter")
    with page.expect_navigation():
        row.get_by_role("button", name=name).press("Enter")


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("locale", "words"),
    languages(
        (
            "nl-BE",
            "Innemen|Terug: eerst wissen|Weer vrijgeven|Afschrijven|Dit nummer staat al in een voorraad.",
        ),
        (
            "fr-BE",
            "Reprendre|De retour : à effacer d'abord|Rendre disponible|Mettre au rebut"
            "|Ce numéro figure déjà dans un stock.",
        ),
    ),
)
def test_a_button_of_the_stock_goes_to_a_file_and_comes_back(
    crew: Crew, desk: DeskOpener, locale: str, words: str
) -> None:
    take_back, came_back, free_again, write_off, known_already = words.split("|")
    technician = desk("technician", locale, "/desk/stock", "registry")
    accessible(technician)
    # As a serial number is kept, however it is typed.
    button, phone = (f"{kind}-{uuid4().hex[:8]}".upper() for kind in ("BTN", "TEL"))
    entered(technician, "button", button)
    entered(technician, "phone", phone)
    # Twice: it is said beside the number, in the reader's language.
    typed(technician, "serial", phone)
    picked(technician, "kind", "phone")
    technician.locator("form[data-api='POST /v1/stock'] button").press("Enter")
    expect(technician.locator("form[data-api='POST /v1/stock'] .wrong")).to_have_text(known_already)
    expect(technician.locator("[name=serial]")).to_be_focused()
    accessible(technician)
    manager = desk("file-manager", locale, service="registry")
    saved(manager, "POST /v1/enrolments")
    device = Device(crew.world.http, crew.world.url("alarm"))
    for kind, serial in (("button", button), ("phone", phone)):
        chosen_one = manager.locator("option", has_text=serial).get_attribute("value")
        assert chosen_one is not None
        picked(manager, f"{kind}_item_id", chosen_one)
    typed(manager, "phone_number", "+32470112299")
    typed(manager, "public_key", public_key(device.key))
    saved(manager, "/devices")
    expect(manager.locator(".attending")).to_contain_text(button)
    technician.get_by_role("main").get_by_role("link").nth(1).press("Enter")
    technician.wait_for_url("**/desk/stock?place=out")
    expect(technician.locator("tr", has_text=button).get_by_role("button")).to_have_count(0)
    accessible(technician)
    fits(technician)
    manager.get_by_role("button", name=f"{take_back}: {button}").press("Enter")
    expect(manager.locator(".attending .badge")).to_have_text(re.compile("ingeleverd|rendu"))
    manager.goto(f"{manager.url.partition('/desk')[0]}/desk/stock")
    expect(manager.locator("h3", has_text=came_back)).to_be_visible()
    # Not before somebody says that it was wiped.
    manager.get_by_role("button", name=f"{free_again}: ").first.press("Enter")
    assert manager.locator("[name=wiped]").first.evaluate("box => box.matches(':invalid')")
    accessible(manager)
    fits(manager)
    acted(manager, free_again, button)
    expect(manager.locator("tr", has_text=button).locator("[name=wiped]")).to_have_count(0)
    acted(manager, write_off, button)
    expect(manager.locator("tr", has_text=button)).to_have_count(0)


@pytest.mark.timeout(120)
def test_what_is_refused_is_said_in_dutch(desk: DeskOpener) -> None:
    manager = desk("file-manager", service="registry")
    saved(manager, "POST /v1/enrolments")
    typed(manager, "card.languages", "nl\nklingon")
    typed(manager, "cancel_code", "12")
    typed(manager, "duress_code", "2468")
    manager.locator("form[data-api$='/card'] button.go").press("Enter")
    card = manager.locator("form[data-api$='/card']")
    expect(card.locator(".wrong")).to_have_text(
        [
            "Vul dit in: het is verplicht.",
            "Dit is geen taal die het systeem kent: nl, fr, de of en.",
            "Dit moeten 4 tot 8 cijfers zijn.",
        ]
    )
    expect(manager.locator("[name='card.victim.name']")).to_be_focused()
    # A problem that no page has words for is one all the same.
    manager.evaluate(
        "document.body.dataset.problems = JSON.stringify({other_at: 'Wat bij {where} staat, klopt niet.'})"
    )
    typed(manager, "duress_code", "x")
    manager.locator("form[data-api$='/card'] button.go").press("Enter")
    expect(card.locator(".wrong").last).to_have_text("Wat bij duress_code staat, klopt niet.")


@pytest.mark.timeout(120)
def test_break_glass_access_needs_a_reason_and_its_manager_sees_it(crew: Crew, desk: DeskOpener) -> None:
    manager = desk("file-manager", service="registry")
    file = known(manager, "Glas Peeters")
    supervisor = desk("supervisor", "fr-BE", "/desk/break-glass", "registry")
    accessible(supervisor)
    typed(supervisor, "enrolment_id", file)
    typed(supervisor, "reason", "elle est devant notre poste")
    supervisor.keyboard.press("Tab")
    with supervisor.expect_navigation():
        supervisor.keyboard.press("Enter")
    expect(supervisor.locator("main")).to_contain_text("Ouvert par accès d'urgence, jusqu'au")
    expect(supervisor.locator("main")).to_contain_text("Glas Peeters")
    accessible(supervisor)
    manager.goto(f"{manager.url.partition('/desk')[0]}/desk")
    manager.locator(f"a[href$='{file}'] + a[href*='/break-glass/']").press("Enter")
    expect(manager.locator("dl")).to_contain_text("elle est devant notre poste")
    accessible(manager)
