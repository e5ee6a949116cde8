"""The registry's pages, rendered by the real application."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from chassis.database import Database, engine_of
from chassis.errors import ServiceError
from chassis.pages import LANGUAGES
from chassis.problems import PROBLEMS
from chassis.words import Words
from contracts.common import BELGIUM
from services.committee import errors as committee_errors
from services.committee.web.words import WORDS as COMMITTEE_WORDS
from services.registry import errors as registry_errors
from services.registry.api import create_app
from services.registry.schemas.card import CARD
from services.registry.settings import RegistrySettings
from services.registry.web.words import WORDS
from tests.integration.test_committee_desk import read
from tests.integration.test_registry_photos import picture
from tests.integration.test_registry_stock import TECHNICIAN, wanted
from tests.support.desks import Desk, Who
from tests.support.registry import WHY, complete, press_test
from tests.support.tokens import Issuer

GHENT: Who = {"role": "file_manager", "zone": "ghent", "sub": "mieke"}
AALST: Who = {"role": "file_manager", "zone": "aalst", "sub": "tom"}
LIEGE: Who = {"role": "file_manager", "zone": "liege"}
# Kinds that only stand above others.
GENERAL = {"conflict", "invalid", "not-found", "forbidden", "unauthenticated"}
SUPERVISOR: Who = {"role": "supervisor", "sub": "rita"}


def _file(registry: Desk) -> tuple[str, str]:
    """A new file of Ghent: its address in the API, and that of its page."""
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    return file, file.replace("/v1/", "/desk/")


@pytest.fixture(scope="module")
def pages(registry_settings: RegistrySettings) -> Iterator[TestClient]:
    with TestClient(create_app(registry_settings), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_every_language(registry: Desk, pages: TestClient, issuer: Issuer, language: str) -> None:
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    empty = file.replace("/v1/", "/desk/")
    for path in ("/desk", empty):
        assert WORDS[language]["title"] in read(pages, issuer, path, GHENT, language=language)  # type: ignore[index]
    registry.call("PUT", f"{file}/card", CARD, **GHENT)
    registry.call("PUT", f"{file}/police-report", {"pv_number": "GE.1/2026"}, **GHENT)
    move = {"to_zone_id": "aalst", "reason": "moved"}
    registry.call("POST", f"{file}/transfers", move, status=201, **GHENT)
    text = read(pages, issuer, empty, GHENT, language=language)
    assert "An Peeters" in text
    assert "knife | victim | 2026-11-02" in text
    misses = f"{WORDS[language]['part.perpetrators']} 1: {WORDS[language]['part.description']}"  # type: ignore[index]
    assert misses in text
    assert "perpetrators.0.description<" not in text
    assert "2468" not in text  # nobody reads the codes back
    assert "/accept" in read(pages, issuer, "/desk", AALST, language=language)
    # Who is offered a file reads it, and changes nothing.
    assert 'data-api="PUT' not in read(pages, issuer, empty, AALST, language=language)
    # To anybody else there is no such file; who must read it breaks the glass.
    text = read(pages, issuer, empty, LIEGE, 404, language)
    assert "break-glass" in text
    assert "An Peeters" not in text
    assert "/v1/imports?dry_run=false" in read(pages, issuer, "/desk/import", GHENT, language=language)
    assert "break-glass" in read(pages, issuer, "/desk/glass", SUPERVISOR, language=language)


def test_photos_show_whose_and_how_old_they_are(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    file, page = _file(registry)
    assert "/photos" not in read(pages, issuer, page, GHENT)  # nobody is on a card yet
    registry.call("PUT", f"{file}/card", CARD, **GHENT)
    who = registry.call("GET", f"{file}/card", **GHENT)["card"]["perpetrators"][0]["ref"]
    today = datetime.now(BELGIUM).date()
    for of, days in (("", 0), (f"&of={who}", 400)):
        path = f"{file}/photos?taken_on={today - timedelta(days=days)}{of}"
        assert registry.upload(path, picture(), **GHENT).status_code == 201
    text = read(pages, issuer, page, GHENT)
    shown = [registry.call("GET", f"{file}/photos", **GHENT)[n]["id"] for n in (0, 1)]
    assert all(f'src="{file}/photos/{each}"' in text for each in shown)
    assert 'alt="Foto van An Peeters' in text
    assert 'alt="Foto van Jan Claes' in text
    assert "13 maanden oud" in text
    assert text.count("verouderd") == 1
    assert f"DELETE {file}/photos/{shown[0]}" in text
    assert f'<option value="{who}">' in text


def test_a_restricted_file_offers_no_change_and_an_erased_one_says_so(
    registry: Desk, pages: TestClient, issuer: Issuer
) -> None:
    file, page = _file(registry)
    registry.call("PUT", f"{file}/card", CARD, **GHENT)
    text = read(pages, issuer, page, GHENT)
    assert "Wissen kan pas als het dossier afgesloten is" in text
    assert f'href="{file}/export" download' in text
    registry.call("POST", f"{file}/restrict", **GHENT)
    text = read(pages, issuer, page, GHENT)
    assert "Bevroren sinds" in text
    for what in (f"PUT {file}/card", f"POST {file}/photos", f"PUT {file}/police-report", f"{file}/activate"):
        assert what not in text
    registry.call("POST", f"{file}/unrestrict", **GHENT)
    registry.call("POST", f"{file}/end", **GHENT)
    text = read(pages, issuer, page, GHENT)
    assert "Dit kan niet ongedaan worden gemaakt" in text
    registry.call("POST", f"{file}/erase", **GHENT)
    text = read(pages, issuer, page, GHENT)
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
    body = {**CARD, "card": {**CARD["card"], "victim": {"name": "Greet Lijstermans"}}}
    registry.call("PUT", f"/v1/enrolments/{named}/card", body, **who)
    registry.execute("DELETE FROM audit_entry WHERE position IS NULL")
    text = read(pages, issuer, "/desk", who)
    assert re.search(rf'<a href="/desk/enrolments/{named}">Greet Lijstermans</a>', text)
    assert re.search(rf'<a href="/desk/enrolments/{empty}">[^<]+</a>', text)
    logged = "SELECT about, action, fields FROM audit_entry WHERE subject = 'lies'"
    assert registry.sql(logged) == [(f"enrolment:{named}", "read", ["victim"])]
    found = {each["id"]: each["victim"] for each in registry.call("GET", "/v1/enrolments", **who)}
    assert found == {named: "Greet Lijstermans", empty: None}
    registry.call("POST", f"/v1/enrolments/{named}/ties", {"reason": "my sister"}, status=204, **who)
    assert "Lijstermans" not in read(pages, issuer, "/desk", who)


def test_who_is_not_protected_is_said_first(
    registry: Desk, registry_settings: RegistrySettings, pages: TestClient, issuer: Issuer
) -> None:
    file, page = _file(registry)
    database = Database(engine_of(registry_settings), "/services/registry")
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    text = read(pages, issuer, page, GHENT)
    assert "GEEN TOESTEL BESCHERMT HAAR NU" not in text
    assert 'suspend"><details>' in text
    registry.call("POST", f"{file}/suspend", WHY, **GHENT)
    text = read(pages, issuer, page, GHENT)
    assert f"Nog nodig: Toestel, Geslaagde test. Opgeschort: {WHY['reason']}" in text
    registry.call("POST", f"/v1/devices/{device}/reactivate", **GHENT)
    press_test(database, str(device))
    assert "Nog nodig: Alarm inschakelen" in read(pages, issuer, page, GHENT)
    registry.call("POST", f"{file}/activate", **GHENT)
    registry.call("POST", f"/v1/devices/{device}/report-lost", **GHENT)
    assert "GEEN TOESTEL BESCHERMT HAAR NU. Nog nodig: Toestel" in read(pages, issuer, page, GHENT)
    board = read(pages, issuer, "/desk", GHENT)
    assert "<strong>GEEN TOESTEL BESCHERMT HAAR NU</strong>" in board
    row = board[board.index("<strong>GEEN TOESTEL") :]
    assert "/settle" not in row[: row.index("</div>")]


def test_broken_glass_is_seen_by_both_sides(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    file, page = _file(registry)
    registry.call("PUT", f"{file}/card", CARD, **GHENT)
    assert pages.get("/desk", headers=issuer.headers("supervisor")).headers["location"] == "/desk/glass"
    assert "60 minuten" in read(pages, issuer, page, SUPERVISOR, 404)
    why = {"reason": "she ran into our street"}
    opened = registry.call("POST", f"{file}/break-glass", why, status=201, **SUPERVISOR)
    text = read(pages, issuer, page, SUPERVISOR)
    assert "Geopend met noodtoegang, tot" in text
    assert "An Peeters" in text
    assert 'data-api="PUT' not in text
    assert "/export" not in text
    board = read(pages, issuer, "/desk", GHENT)
    assert f'href="/desk/openings/{opened["id"]}"' in board
    text = read(pages, issuer, f"/desk/openings/{opened['id']}", GHENT)
    assert "she ran into our street" in text
    assert "rita" in text
    read(pages, issuer, f"/desk/openings/{opened['id']}", AALST, 404)
    read(pages, issuer, f"/desk/openings/{opened['id']}", SUPERVISOR, 403)


def _stocked(registry: Desk, kind: str = "button") -> dict[str, Any]:
    """Something new in Ghent's stock."""
    body = {"kind": kind, "serial": f"D-{uuid4()}"}
    return dict(registry.call("POST", "/v1/stock", body, status=201, **TECHNICIAN))


def _moves(text: str, item: dict[str, Any]) -> set[str]:
    """What a page offers to do to an item."""
    return set(re.findall(f'data-api="POST /v1/stock/{item["id"]}/([a-z-]+)"', text))


def _status(text: str, item: dict[str, Any]) -> str:
    """How a page says that the device of an item is."""
    row = re.search(f"{item['serial']}(.*?)</tr>", text, re.DOTALL)
    assert row, item["serial"]
    return "".join(re.findall('class="badge[^"]*">([^<]*)<', row[1]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stock_offers_what_each_item_allows(
    registry: Desk, pages: TestClient, issuer: Issuer, language: str
) -> None:
    file, _ = _file(registry)
    free, lost, back, gone = (_stocked(registry) for _ in range(4))
    out, phone = _stocked(registry), _stocked(registry, "phone")
    registry.call("POST", f"/v1/stock/{lost['id']}/report-lost", **TECHNICIAN)
    registry.call("POST", f"/v1/stock/{gone['id']}/retire", **TECHNICIAN)
    away = _stocked(registry)
    for item, action in ((back, "return"), (away, "report-lost"), (out, None)):
        device = registry.call(
            "POST", f"{file}/devices", wanted(button_item_id=item["id"]), status=201, **GHENT
        )
        if action:
            registry.call("POST", f"/v1/devices/{device['id']}/{action}", **GHENT)
    for who in (TECHNICIAN, GHENT):
        here = read(pages, issuer, "/desk/stock", who, language=language)
        assert _moves(here, free) == {"report-lost", "retire"}
        assert _moves(here, phone) == {"report-lost", "retire"}
        assert _moves(here, back) == {"take-back", "report-lost", "retire"}
        assert _moves(here, lost) == {"found", "retire"}
        assert out["serial"] not in here
        assert WORDS[language]["stock_status.returned"] in unescape(here)  # type: ignore[index]
        issued = read(pages, issuer, "/desk/stock?place=out", who, language=language)
        assert out["serial"] in issued
        assert WORDS[language]["device.matched"] in issued  # type: ignore[index]
        assert _moves(issued, out) == _moves(issued, away) == set()
        assert WORDS[language]["device.lost"] in issued  # type: ignore[index]
        retired = read(pages, issuer, "/desk/stock?place=retired", who, language=language)
        assert (gone["serial"] in retired, _moves(retired, gone)) == (True, set())


def test_the_stock_is_its_keepers_alone(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    item, file = _stocked(registry), _file(registry)[0]
    registry.call("POST", f"{file}/devices", wanted(button_item_id=item["id"]), status=201, **GHENT)
    nav = 'href="/desk/stock"'
    assert nav in read(pages, issuer, "/desk", GHENT)
    assert nav not in read(pages, issuer, "/desk/glass", SUPERVISOR)
    read(pages, issuer, "/desk/stock", SUPERVISOR, 403)
    read(pages, issuer, "/desk/stock", {"role": "technician"}, 403)
    # A technician's desk is the stock, and nothing else is on it.
    sent = pages.get("/desk", headers=issuer.headers("technician", zone="ghent"))
    assert sent.headers["location"] == "/desk/stock"
    text = read(pages, issuer, "/desk/stock?place=out", TECHNICIAN)
    assert not {"/desk/glass", "/desk/import"} & set(re.findall('href="([^"]*)"', text))
    assert _status(text, item) == "gekoppeld"
    assert item["serial"] not in read(pages, issuer, "/desk/stock?place=out", AALST)
    told = registry.sql(
        f"SELECT subject, action FROM audit_entry WHERE about = 'stock:{item['id']}' ORDER BY at"
    )
    assert told == [("theo", "write"), ("theo", "read")]
    # Who has a tie sees that it is out, and no more.
    tie = {"subject": "theo", "reason": "his sister"}
    assert registry.raw_json("POST", f"{file}/ties", tie, **GHENT) == 204
    assert _status(read(pages, issuer, "/desk/stock?place=out", TECHNICIAN), item) == ""


def test_a_file_gets_what_is_free_in_the_stock(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    _, page = _file(registry)
    button, phone, lost = _stocked(registry), _stocked(registry, "phone"), _stocked(registry)
    registry.call("POST", f"/v1/stock/{lost['id']}/report-lost", **TECHNICIAN)
    text = read(pages, issuer, page, GHENT)
    buttons, phones = (
        re.findall('value="([^"]+)"', text.partition(f'name="{kind}_item_id"')[2].partition("</select>")[0])
        for kind in ("button", "phone")
    )
    assert (button["id"] in buttons, button["id"] in phones) == (True, False)
    assert (phone["id"] in buttons, phone["id"] in phones) == (False, True)
    assert lost["id"] not in buttons
    nothing: Who = {"role": "file_manager", "zone": "nothing-in-stock"}
    page = f"/desk/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **nothing)['id']}"
    assert 'name="button_item_id"' not in read(pages, issuer, page, nothing)


def test_no_refusal_speaks_english_to_whoever_reads_dutch(
    registry: Desk, pages: TestClient, issuer: Issuer
) -> None:
    text = read(pages, issuer, "/desk/openings/00000000-0000-0000-0000-000000000001", GHENT, 404)
    assert "Dit dossier bestaat niet, of niet voor u" in text
    assert "there is no such" not in text.partition("<main")[2]


@pytest.mark.parametrize(("errors", "words"), [(registry_errors, WORDS), (committee_errors, COMMITTEE_WORDS)])
def test_every_refusal_has_its_words(errors: ModuleType, words: Words) -> None:
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ServiceError)
    ]
    # A webhook that nobody signed is no page's.
    codes = {each("").kind for each in kinds if each is not committee_errors.SignatureRefused} - GENERAL
    assert len(codes) > 15
    for language in LANGUAGES:
        known = {**PROBLEMS[language], **words[language]}
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
        known = {**PROBLEMS[language], **WORDS[language]}
        assert [each for each in problems if f"problem.{each['code']}" not in known] == []


def test_codes_stay_unless_they_are_changed(registry: Desk) -> None:
    file = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
    card = {"card": CARD["card"]}
    assert registry.call("PUT", f"{file}/card", card, status=422, **GHENT)["field"] == "cancel_code"
    registry.call("PUT", f"{file}/card", CARD, **GHENT)
    registry.call("PUT", f"{file}/card", card, **GHENT)
    sent = [e.data for e in registry.published(file.rpartition("/")[2]) if e.type == "card.published.v1"]
    assert [(each["cancel_code"], each["duress_code"]) for each in sent] == [("2468", "1357")] * 2
    alone = card | {"cancel_code": "9999"}
    registry.call("PUT", f"{file}/card", alone, status=422, **GHENT)


def test_all_words_are_in_all_languages() -> None:
    for language in LANGUAGES:
        assert set(WORDS[language]) == set(WORDS["nl"])
        assert all(text.strip() for text in WORDS[language].values())


def _lines(text: str, name: str) -> list[str]:
    """What stands in a field of many lines."""
    found = re.search(rf'<textarea name="{re.escape(name)}"[^>]*>(.*?)</textarea>', text, re.DOTALL)
    assert found is not None
    return [line.strip() for line in unescape(found[1]).splitlines() if line.strip()]


def test_each_weapon_and_vehicle_has_a_line_of_its_own(
    registry: Desk, pages: TestClient, issuer: Issuer
) -> None:
    file, page = _file(registry)
    person = {
        "name": "Bert",
        "weapons": [{"text": "mes", "source": "PV", "verified_on": "2026-11-02"}, {"text": "staaf | bijl"}],
        "vehicles": [
            {"text": "rode Golf", "plate": "1-ABC-123"},
            {"text": "bestelwagen"},
            {"text": "moto", "source": "buurman"},
        ],
    }
    registry.call("PUT", f"{file}/card", {**CARD, "card": {**CARD["card"], "perpetrators": [person]}}, **GHENT)
    text = read(pages, issuer, page, GHENT)
    # As the form sends it again: nothing runs into the next line, nothing is left out.
    assert _lines(text, "card.perpetrators.0.weapons") == ["mes | PV | 2026-11-02", r"staaf \| bijl"]
    assert _lines(text, "card.perpetrators.0.vehicles") == [
        "rode Golf | 1-ABC-123",
        "bestelwagen",
        "moto |  | buurman |",
    ]
