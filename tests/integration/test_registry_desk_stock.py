"""The registry's page of the stock: what each item allows, to its keepers alone."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from chassis.i18n.catalogues import LANGUAGES
from services.registry.translations import TRANSLATIONS
from tests.support.desks import Desk, Who
from tests.support.pages import read_page
from tests.support.registry import AALST, GHENT, SUPERVISOR, with_page
from tests.support.registry_stock import TECHNICIAN, wanted
from tests.support.tokens import Issuer


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
    file, _ = with_page(registry)
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
        here = read_page(pages, issuer, "/desk/stock", who, language=language)
        assert _moves(here, free) == {"report-lost", "retire"}
        assert _moves(here, phone) == {"report-lost", "retire"}
        assert _moves(here, back) == {"take-back", "report-lost", "retire"}
        assert _moves(here, lost) == {"found", "retire"}
        assert out["serial"] not in here
        assert TRANSLATIONS[language]["stock_status.returned"] in unescape(here)  # type: ignore[index]
        issued = read_page(pages, issuer, "/desk/stock?place=out", who, language=language)
        assert out["serial"] in issued
        assert TRANSLATIONS[language]["device.matched"] in issued  # type: ignore[index]
        assert _moves(issued, out) == _moves(issued, away) == set()
        assert TRANSLATIONS[language]["device.lost"] in issued  # type: ignore[index]
        retired = read_page(pages, issuer, "/desk/stock?place=retired", who, language=language)
        assert (gone["serial"] in retired, _moves(retired, gone)) == (True, set())


def test_the_stock_is_its_keepers_alone(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    item, file = _stocked(registry), with_page(registry)[0]
    registry.call("POST", f"{file}/devices", wanted(button_item_id=item["id"]), status=201, **GHENT)
    nav = 'href="/desk/stock"'
    assert nav in read_page(pages, issuer, "/desk", GHENT)
    assert nav not in read_page(pages, issuer, "/desk/break-glass", SUPERVISOR)
    read_page(pages, issuer, "/desk/stock", SUPERVISOR, 403)
    read_page(pages, issuer, "/desk/stock", {"role": "technician"}, 403)
    # A technician's desk is the stock, and nothing else is on it.
    sent = pages.get("/desk", headers=issuer.headers("technician", zone="ghent"))
    assert sent.headers["location"] == "/desk/stock"
    text = read_page(pages, issuer, "/desk/stock?place=out", TECHNICIAN)
    assert not {"/desk/break-glass", "/desk/import"} & set(re.findall('href="([^"]*)"', text))
    assert _status(text, item) == "gekoppeld"
    assert item["serial"] not in read_page(pages, issuer, "/desk/stock?place=out", AALST)
    told = registry.sql(
        f"SELECT subject, action FROM audit_entry WHERE about = 'stock:{item['id']}' ORDER BY at"
    )
    assert told == [("theo", "write"), ("theo", "read")]
    # Who has a conflict of interest sees that it is out, and no more.
    conflict = {"subject": "theo", "reason": "his sister"}
    assert registry.raw_json("POST", f"{file}/conflicts", conflict, **GHENT) == 204
    assert _status(read_page(pages, issuer, "/desk/stock?place=out", TECHNICIAN), item) == ""


def test_a_file_gets_what_is_free_in_the_stock(registry: Desk, pages: TestClient, issuer: Issuer) -> None:
    _, page = with_page(registry)
    button, phone, lost = _stocked(registry), _stocked(registry, "phone"), _stocked(registry)
    registry.call("POST", f"/v1/stock/{lost['id']}/report-lost", **TECHNICIAN)
    text = read_page(pages, issuer, page, GHENT)
    buttons, phones = (
        re.findall('value="([^"]+)"', text.partition(f'name="{kind}_item_id"')[2].partition("</select>")[0])
        for kind in ("button", "phone")
    )
    assert (button["id"] in buttons, button["id"] in phones) == (True, False)
    assert (phone["id"] in buttons, phone["id"] in phones) == (False, True)
    assert lost["id"] not in buttons
    nothing: Who = {"role": "file_manager", "zone": "nothing-in-stock"}
    page = f"/desk/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **nothing)['id']}"
    assert 'name="button_item_id"' not in read_page(pages, issuer, page, nothing)
