"""The registry's pages, rendered by the real application."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from chassis.pages import LANGUAGES
from services.registry.api import create_app
from services.registry.schemas import CARD
from services.registry.settings import RegistrySettings
from services.registry.web.words import WORDS
from tests.integration.test_committee_desk import read
from tests.support.desks import Desk, Who
from tests.support.tokens import Issuer

GHENT: Who = {"role": "file_manager", "zone": "ghent", "sub": "mieke"}
AALST: Who = {"role": "file_manager", "zone": "aalst", "sub": "tom"}


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
    assert "2468" not in text  # nobody reads the codes back
    assert "/accept" in read(pages, issuer, "/desk", AALST, language=language)
    # Who is offered a file reads it, and changes nothing.
    assert 'data-api="PUT' not in read(pages, issuer, empty, AALST, language=language)
    liege: Who = {"role": "file_manager", "zone": "liege"}
    read(pages, issuer, empty, liege, 404, language)


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
