"""The registry's pages, rendered by the real application."""

import re
from html import unescape
from types import ModuleType

import pytest
from fastapi.testclient import TestClient

from chassis.database.database import Database, engine_of
from chassis.errors import ServiceError
from chassis.i18n.catalogues import LANGUAGES, Translations
from chassis.i18n.translations import TRANSLATIONS as SHARED
from services.committee import errors as committee_errors
from services.committee.translations import TRANSLATIONS as COMMITTEE
from services.registry import errors as registry_errors
from services.registry.settings import RegistrySettings
from services.registry.translations import TRANSLATIONS
from tests.support.builders import a_card
from tests.support.days import today
from tests.support.desks import Desk, Who
from tests.support.pages import read_page
from tests.support.registry import (
    AALST,
    GHENT,
    LIEGE,
    SUPERVISOR,
    WHY,
    complete,
    picture,
    press_test,
    with_page,
)
from tests.support.tokens import Issuer

# Kinds that only stand above others.
GENERAL = {"conflict", "invalid", "not-found", "forbidden", "unauthenticated"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_every_language(registry: Desk, pages: TestClient, issuer: Issuer, language: str) -> None:
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    empty = file.replace("/v1/", "/desk/")
    for path in ("/desk", empty):
        assert TRANSLATIONS[language]["title"] in read_page(pages, issuer, path, GHENT, language=language)  # type: ignore[index]
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    registry.call("PUT", f"{file}/police-report", {"pv_number": "GE.1/2026"}, **GHENT)
    move = {"to_zone_id": "aalst", "reason": "moved"}
    registry.call("POST", f"{file}/transfers", move, status=201, **GHENT)
    text = read_page(pages, issuer, empty, GHENT, language=language)
    assert "An Peeters" in text
    assert "knife | victim | 2026-11-02" in text
    misses = f"{TRANSLATIONS[language]['part.perpetrators']} 1: {TRANSLATIONS[language]['part.description']}"  # type: ignore[index]
    assert misses in text
    assert "perpetrators.0.description<" not in text
    assert "2468" not in text  # nobody reads the codes back
    assert "/accept" in read_page(pages, issuer, "/desk", AALST, language=language)
    # Who is offered a file reads it, and changes nothing.
    assert 'data-api="PUT' not in read_page(pages, issuer, empty, AALST, language=language)
    # To anybody else there is no such file; who must read it uses break-glass access.
    text = read_page(pages, issuer, empty, LIEGE, 404, language)
    assert "break-glass" in text
    assert "An Peeters" not in text
    assert "/v1/imports?dry_run=false" in read_page(pages, issuer, "/desk/import", GHENT, language=language)
    assert "break-glass" in read_page(pages, issuer, "/desk/break-glass", SUPERVISOR, language=language)


def test_photos_show_whose_and_how_old_they_are(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    file, page = with_page(registry)
    assert "/photos" not in read_page(pages, issuer, page, GHENT)  # nobody is on a card yet
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    who = registry.call("GET", f"{file}/card", **GHENT)["card"]["perpetrators"][0]["ref"]
    for of, days in (("", 0), (f"&of={who}", 400)):
        path = f"{file}/photos?taken_on={today(-days)}{of}"
        assert registry.upload(path, picture(), **GHENT).status_code == 201
    text = read_page(pages, issuer, page, GHENT)
    entries = [registry.call("GET", f"{file}/photos", **GHENT)[n]["id"] for n in (0, 1)]
    assert all(f'src="{file}/photos/{each}"' in text for each in entries)
    assert 'alt="Foto van An Peeters' in text
    assert 'alt="Foto van Jan Claes' in text
    assert "13 maanden oud" in text
    assert text.count("verouderd") == 1
    assert f"DELETE {file}/photos/{entries[0]}" in text
    assert f'<option value="{who}">' in text


def test_a_restricted_file_offers_no_change_and_an_erased_one_says_so(
    registry: Desk, pages: TestClient, issuer: Issuer
) -> None:
    file, page = with_page(registry)
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    text = read_page(pages, issuer, page, GHENT)
    assert "Wissen kan pas als het dossier afgesloten is" in text
    assert f'href="{file}/export" download' in text
    registry.call("POST", f"{file}/restrict", **GHENT)
    text = read_page(pages, issuer, page, GHENT)
    assert "Verwerking beperkt sinds" in text
    for what in (f"PUT {file}/card", f"POST {file}/photos", f"PUT {file}/police-report", f"{file}/activate"):
        assert what not in text
    registry.call("POST", f"{file}/unrestrict", **GHENT)
    registry.call("POST", f"{file}/end", **GHENT)
    text = read_page(pages, issuer, page, GHENT)
    assert "Dit kan niet ongedaan worden gemaakt" in text
    registry.call("POST", f"{file}/erase", **GHENT)
    text = read_page(pages, issuer, page, GHENT)
    assert "Gewist op" in text
    assert f"{file}/erase" not in text
    assert "An Peeters" not in text
    # No patrol comes for whom nobody knows any more.
    assert "vannacht missen" not in text


def test_the_list_says_whom_a_file_is_about_and_who_read_it_is_logged(
    registry: Desk, pages: TestClient, issuer: Issuer
) -> None:
    who: Who = {"role": "file_manager", "zone": "listed", "sub": "lies"}
    empty, named = (registry.call("POST", "/v1/enrolments", status=201, **who)["id"] for _ in range(2))
    body = a_card(card={**a_card()["card"], "victim": {"name": "Greet Lijstermans"}})
    registry.call("PUT", f"/v1/enrolments/{named}/card", body, **who)
    registry.execute("DELETE FROM audit_entry WHERE position IS NULL")
    text = read_page(pages, issuer, "/desk", who)
    assert re.search(rf'<a href="/desk/enrolments/{named}">Greet Lijstermans</a>', text)
    assert re.search(rf'<a href="/desk/enrolments/{empty}">[^<]+</a>', text)
    logged = "SELECT about, action, fields FROM audit_entry WHERE subject = 'lies'"
    assert registry.sql(logged) == [(f"enrolment:{named}", "read", ["victim"])]
    found = {each["id"]: each["victim"] for each in registry.call("GET", "/v1/enrolments", **who)}
    assert found == {named: "Greet Lijstermans", empty: None}
    registry.call("POST", f"/v1/enrolments/{named}/conflicts", {"reason": "my sister"}, status=204, **who)
    assert "Lijstermans" not in read_page(pages, issuer, "/desk", who)


def test_who_is_not_protected_is_said_first(
    registry: Desk, registry_settings: RegistrySettings, pages: TestClient, issuer: Issuer
) -> None:
    file, page = with_page(registry)
    database = Database(engine_of(registry_settings), "/services/registry")
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    text = read_page(pages, issuer, page, GHENT)
    assert "GEEN TOESTEL BESCHERMT HAAR NU" not in text
    assert 'suspend"><details>' in text
    registry.call("POST", f"{file}/suspend", WHY, **GHENT)
    text = read_page(pages, issuer, page, GHENT)
    assert f"Nog nodig: Toestel, Geslaagde test. Opgeschort: {WHY['reason']}" in text
    registry.call("POST", f"/v1/devices/{device}/reactivate", **GHENT)
    press_test(database, str(device))
    assert "Nog nodig: Alarm inschakelen" in read_page(pages, issuer, page, GHENT)
    registry.call("POST", f"{file}/activate", **GHENT)
    registry.call("POST", f"/v1/devices/{device}/report-lost", **GHENT)
    assert "GEEN TOESTEL BESCHERMT HAAR NU. Nog nodig: Toestel" in read_page(pages, issuer, page, GHENT)
    board = read_page(pages, issuer, "/desk", GHENT)
    assert "<strong>GEEN TOESTEL BESCHERMT HAAR NU</strong>" in board
    row = board[board.index("<strong>GEEN TOESTEL") :]
    assert "/settle" not in row[: row.index("</div>")]


def test_break_glass_access_is_seen_by_both_sides(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    file, page = with_page(registry)
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    assert pages.get("/desk", headers=issuer.headers("supervisor")).headers["location"] == "/desk/break-glass"
    assert "60 minuten" in read_page(pages, issuer, page, SUPERVISOR, 404)
    why = {"reason": "she ran into our street"}
    opened = registry.call("POST", f"{file}/break-glass", why, status=201, **SUPERVISOR)
    text = read_page(pages, issuer, page, SUPERVISOR)
    assert "Geopend met noodtoegang, tot" in text
    assert "An Peeters" in text
    assert 'data-api="PUT' not in text
    assert "/export" not in text
    board = read_page(pages, issuer, "/desk", GHENT)
    assert f'href="/desk/break-glass/{opened["id"]}"' in board
    text = read_page(pages, issuer, f"/desk/break-glass/{opened['id']}", GHENT)
    assert "she ran into our street" in text
    assert "rita" in text
    read_page(pages, issuer, f"/desk/break-glass/{opened['id']}", AALST, 404)
    read_page(pages, issuer, f"/desk/break-glass/{opened['id']}", SUPERVISOR, 403)


def test_no_refusal_speaks_english_to_whoever_reads_dutch(
    registry: Desk, pages: TestClient, issuer: Issuer
) -> None:
    text = read_page(pages, issuer, "/desk/break-glass/00000000-0000-0000-0000-000000000001", GHENT, 404)
    assert "Dit dossier bestaat niet, of niet voor u" in text
    assert "there is no such" not in text.partition("<main")[2]


@pytest.mark.parametrize(("errors", "texts"), [(registry_errors, TRANSLATIONS), (committee_errors, COMMITTEE)])
def test_every_refusal_has_its_words(errors: ModuleType, texts: Translations) -> None:
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ServiceError)
    ]
    # A webhook that nobody signed is no page's.
    codes = {each("").kind for each in kinds if each is not committee_errors.SignatureRefused} - GENERAL
    assert len(codes) > 15
    for language in LANGUAGES:
        known = {**SHARED[language], **texts[language]}
        assert {code for code in codes if f"problem.{code}" not in known} == set()


def test_every_problem_of_a_list_has_its_words(registry: Desk) -> None:
    heads = "reference;victim_name;cancel_code;duress_code;victim_born_on;perpetrator_name"
    heads += ";perpetrator_born_on;languages"
    lines = (
        ";An;2468;1357;;;;",
        "1;An;2468;2468;;;;",
        "2;An;123;12345678x;1990-02-30;Jan;01/02/1985;nl|klingon",
        "2;An;2468;1357;1990;Jan;1985-02-11T10:00;",
        "3;An;2468;1357;99999999999999;;;",
    )
    answer = registry.text("POST", "/v1/imports", "\n".join((heads, *lines)), **GHENT)
    problems = answer.json()["problems"]
    assert {each["column"] for each in problems} == {
        *("reference", "cancel_code", "duress_code", "victim_born_on", "perpetrator_born_on", "languages")
    }
    for language in LANGUAGES:
        known = {**SHARED[language], **TRANSLATIONS[language]}
        assert [each for each in problems if f"problem.{each['code']}" not in known] == []


def test_codes_stay_unless_they_are_changed(registry: Desk) -> None:
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    card = {"card": a_card()["card"]}
    assert registry.call("PUT", f"{file}/card", card, status=422, **GHENT)["field"] == "cancel_code"
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    registry.call("PUT", f"{file}/card", card, **GHENT)
    sent = [e.data for e in registry.published(file.rpartition("/")[2]) if e.type == "card.published.v1"]
    assert [(each["cancel_code"], each["duress_code"]) for each in sent] == [("2468", "1357")] * 2
    alone = card | {"cancel_code": "9999"}
    registry.call("PUT", f"{file}/card", alone, status=422, **GHENT)


def test_all_words_are_in_all_languages() -> None:
    for language in LANGUAGES:
        assert set(TRANSLATIONS[language]) == set(TRANSLATIONS["nl"])
        assert all(text.strip() for text in TRANSLATIONS[language].values())


def _lines(text: str, name: str) -> list[str]:
    """What stands in a field of many lines."""
    found = re.search(rf'<textarea name="{re.escape(name)}"[^>]*>(.*?)</textarea>', text, re.DOTALL)
    assert found is not None
    return [line.strip() for line in unescape(found[1]).splitlines() if line.strip()]


def test_each_weapon_and_vehicle_has_a_line_of_its_own(
    registry: Desk, pages: TestClient, issuer: Issuer
) -> None:
    file, page = with_page(registry)
    person = {
        "name": "Bert",
        "weapons": [{"text": "mes", "source": "PV", "verified_on": "2026-11-02"}, {"text": "staaf | bijl"}],
        "vehicles": [
            {"text": "rode Golf", "plate": "1-ABC-123"},
            {"text": "bestelwagen"},
            {"text": "moto", "source": "buurman"},
        ],
    }
    registry.call("PUT", f"{file}/card", a_card(card={**a_card()["card"], "perpetrators": [person]}), **GHENT)
    text = read_page(pages, issuer, page, GHENT)
    # As the form sends it again: nothing runs into the next line, nothing is left out.
    assert _lines(text, "card.perpetrators.0.weapons") == ["mes | PV | 2026-11-02", r"staaf \| bijl"]
    assert _lines(text, "card.perpetrators.0.vehicles") == [
        "rode Golf | 1-ABC-123",
        "bestelwagen",
        "moto |  | buurman |",
    ]
