"""The card as people change it on the page: nothing is lost, and nothing is said of words that are new."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.crew import Crew
from tests.browser.desks import DeskOpener, saved, typed
from tests.browser.registry_pages import known


def _card(crew: Crew, file: str) -> dict[str, Any]:
    headers = crew.world.bearer("file_manager", zone="gent-1")
    answer = crew.do(crew.world.call("GET", "registry", f"/v1/enrolments/{file}/card", headers))
    return dict(answer["card"])


def _again(manager: Page) -> Page:
    """The same file in a second window."""
    other = manager.context.new_page()
    other.goto(manager.url)
    return other


@pytest.mark.timeout(120)
def test_saving_a_card_keeps_each_line_and_forgets_the_place_of_another_address(
    crew: Crew, desk: DeskOpener
) -> None:
    manager = desk("file-manager", service="registry")
    file = known(manager, "Browser Regels")
    weapons = [{"text": "mes", "source": "PV", "verified_on": "2026-11-02"}, {"text": "pistool"}]
    person = {"name": "Ex Voorbeeld", "weapons": weapons, "vehicles": [{"text": "Golf", "plate": "1-ABC-123"}]}
    home = {"kind": "home", "text": "Korenmarkt 1, Gent", "lat": 51.05, "lon": 3.72, "source": "PV"}
    card = {"victim": {"name": "Browser Regels"}, "perpetrators": [person], "addresses": [home]}
    headers = crew.world.bearer("file_manager", zone="gent-1")
    crew.do(crew.world.call("PUT", "registry", f"/v1/enrolments/{file}/card", headers, {"card": card}))
    manager.reload()
    typed(manager, "card.notes", "belt twee keer")
    saved(manager, "/card")
    kept = _card(crew, file)
    assert [each["text"] for each in kept["perpetrators"][0]["weapons"]] == ["mes", "pistool"]
    assert kept["perpetrators"][0]["weapons"][0]["source"] == "PV"
    assert kept["perpetrators"][0]["vehicles"][0]["plate"] == "1-ABC-123"
    assert (kept["addresses"][0]["lat"], kept["addresses"][0]["source"]) == (51.05, "PV")
    manager.locator("[name='card.addresses.0.text']").fill("Veldstraat 5, Aalst")
    saved(manager, "/card")
    moved = _card(crew, file)["addresses"][0]
    assert (moved["text"], moved["lat"], moved["source"]) == ("Veldstraat 5, Aalst", None, None)


@pytest.mark.timeout(120)
def test_a_line_in_a_text_is_kept_and_too_many_parts_are_refused_at_their_field(
    crew: Crew, desk: DeskOpener
) -> None:
    manager = desk("file-manager", service="registry")
    file = known(manager, "Browser Streep")
    typed(manager, "card.perpetrators.0.name", "Ex Voorbeeld")
    weapons = manager.locator("[name='card.perpetrators.0.weapons']")
    weapons.fill("mes | groot | PV | 2026-11-02")
    manager.locator("form[data-api$='/card'] button.go").click()
    wrong = manager.locator("label:has([name='card.perpetrators.0.weapons']) + .wrong")
    expect(wrong).to_contain_text(r"Een | in de tekst zelf schrijft u als \|")
    assert _card(crew, file)["perpetrators"] == []
    weapons.fill("mes \\| groot | PV | 2026-11-02")
    saved(manager, "/card")
    saved(manager, "/card")
    (kept,) = _card(crew, file)["perpetrators"][0]["weapons"]
    assert (kept["text"], kept["source"], kept["verified_on"]) == ("mes | groot", "PV", "2026-11-02")


@pytest.mark.timeout(120)
def test_two_windows_do_not_overwrite_each_other_unseen(crew: Crew, desk: DeskOpener) -> None:
    first = desk("file-manager", service="registry")
    file = known(first, "Browser Tweemaal")
    second = _again(first)
    typed(first, "card.dogs", "twee gevaarlijke honden")
    saved(first, "/card")
    typed(second, "card.notes", "achterdeur")
    second.locator("form[data-api$='/card'] button.go").click()
    expect(second.get_by_role("alert")).to_contain_text("Iemand anders heeft de fiche intussen gewijzigd")
    # What was typed is still there.
    assert second.locator("[name='card.notes']").input_value() == "achterdeur"
    assert _card(crew, file)["dogs"] == "twee gevaarlijke honden"
