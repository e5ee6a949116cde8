"""The catalogues have every text that is used, no other, and the same in four languages."""

import re
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Catalog, Message

from chassis.i18n.catalogues import LANGUAGES, forms_of, key_of
from chassis.i18n.translations import TRANSLATIONS
from contracts.common import Language, Outcome
from contracts.dispatch import OrderState
from services.committee.domain import application, deadlines, meeting, presence, protocol, review
from services.dispatch.domain import escalation, fix_quality, routing
from services.registry.domain import lifecycle, stock
from services.registry.translations import TRANSLATIONS as REGISTRY
from tools.dev import translations
from tools.dev.translations import CATALOGUES, SCRIPTS

SOURCES = list(CATALOGUES)
# Groups that have a text for each code, and none besides.
CODES: list[tuple[str, str, Collection[str]]] = [
    ("dispatch", "order", get_args(OrderState)),
    ("dispatch", "outcome", [*Outcome]),
    ("dispatch", "escalation", get_args(escalation.Escalation)),
    ("dispatch", "search", [*routing.SearchBasis]),
    ("dispatch", "quality", [*fix_quality.Quality, "none", "withheld"]),
    ("registry", "status", [*lifecycle.EnrolmentStatus]),
    ("registry", "device", [*lifecycle.DeviceStatus]),
    ("registry", "stock_status", [*stock.StockStatus]),
    ("registry", "stock_kind", get_args(stock.StockKind)),
    ("registry", "stock_place", get_args(stock.StockPlace)),
    ("committee", "state", [*application.State]),
    ("committee", "procedure", get_args(application.Procedure)),
    ("committee", "element", get_args(application.Element)),
    ("committee", "level", get_args(application.Level)),
    ("committee", "meeting", [*meeting.MeetingState]),
    ("committee", "point", [*meeting.PointState]),
    ("committee", "member_state", get_args(presence.MemberState)),
    ("committee", "review_outcome", get_args(review.Outcome)),
    ("committee", "version_state", [*protocol.VersionState]),
    ("committee", "version_next", [*protocol.VersionState]),
    ("committee", "deadline", get_args(deadlines.Kind)),
]


def entries(catalogue: Catalog) -> dict[str, Message]:
    return {key_of(each): each for each in catalogue if each.id}


def values(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("sources", SOURCES, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_as_make_translations_leaves_it(sources: Path, language: Language) -> None:
    here = entries(translations.read(CATALOGUES[sources], language))
    wanted = entries(translations.updated(sources, language))
    assert list(here) == list(wanted)
    for key, message in wanted.items():
        assert here[key].pluralizable == message.pluralizable, key
        assert " ".join(here[key].auto_comments) == " ".join(message.auto_comments), key


@pytest.mark.parametrize("sources", SOURCES, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_or_doubtful(sources: Path, language: Language) -> None:
    for key, message in entries(translations.read(CATALOGUES[sources], language)).items():
        assert all(form.strip() for form in forms_of(message)), key
        assert not message.fuzzy, key


@pytest.mark.parametrize("sources", SOURCES, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_take_the_same_values_in_each_language(sources: Path, language: Language) -> None:
    english = entries(translations.read(CATALOGUES[sources], "en"))
    for key, message in entries(translations.read(CATALOGUES[sources], language)).items():
        for form in forms_of(message):
            assert values(form) == values(forms_of(english[key])[-1]), key


@pytest.mark.parametrize("sources", SOURCES, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_counts_has_every_plural_form(sources: Path, language: Language) -> None:
    catalogue = translations.read(CATALOGUES[sources], language)
    assert catalogue.num_plurals == 2
    for key, message in entries(catalogue).items():
        if message.pluralizable:
            assert len(forms_of(message)) == catalogue.num_plurals, key
            assert values(forms_of(message)[-1]) >= {"count"}, key


@pytest.mark.parametrize("sources", SCRIPTS, ids=str)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_scripts_are_written_from_the_catalogues(sources: Path, language: Language) -> None:
    assert (SCRIPTS[sources] / f"{language}.js").read_text() == translations.script(sources, language)


@pytest.mark.parametrize(
    ("service", "group", "codes"), CODES, ids=lambda each: each if isinstance(each, str) else ""
)
def test_each_code_has_its_text(service: str, group: str, codes: Collection[str]) -> None:
    named = [each.value if isinstance(each, StrEnum) else each for each in codes]
    keys = entries(translations.read(CATALOGUES[Path("services") / service], "en"))
    assert sorted(key.partition(".")[2] for key in keys if key.startswith(f"{group}.")) == sorted(named)


def test_french_says_none_as_it_says_one() -> None:
    assert "0 minute " in REGISTRY["fr"].nt("break_glass_means", 0).replace(",", " ")
    assert "0 minutes " in REGISTRY["en"].nt("break_glass_means", 0).replace(",", " ")


def test_a_code_without_a_text_stays_readable() -> None:
    assert TRANSLATIONS["nl"].word("problem", "not-found").startswith("Deze pagina")
    assert TRANSLATIONS["nl"].word("problem", "lost_on_the_way") == "lost on the way"
    assert TRANSLATIONS["nl"].word("problem", "lost", "here") == "here"
