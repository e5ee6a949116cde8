"""Minutes and decisions on paper: who was there, what was decided, and nothing that anybody kept back."""

from typing import get_args

import pytest

from contracts.common import Language
from services.committee.translations import TRANSLATIONS
from tests.support.builders import a_protocol, a_refusal
from tests.support.committee import (
    POLICE,
    SECRETARY,
    about,
    come_in,
    declare_conflict,
    go,
    granted,
    in_force,
    meeting,
    named,
    provisional,
    submitted,
    urgent,
    whole,
)
from tests.support.desks import Desk


def short(path: str) -> str:
    return path.rpartition("/")[2].partition("-")[0].upper()


def test_every_language_says_everything() -> None:
    assert set(TRANSLATIONS) == set(get_args(Language))
    for words in TRANSLATIONS.values():
        assert set(words) == set(TRANSLATIONS["en"])
        assert all(text.strip() for text in words.values())


def test_minutes_say_who_was_there_and_what_was_decided(committee: Desk, protocol_id: str) -> None:
    one, two, three = (submitted(committee, whole(protocol_id)) for _ in range(3))
    opinion = {"advice": "grant", "shared": "we see the same pattern", "kept": "she is in therapy"}
    committee.call(
        "PUT", f"{one}/opinion", opinion, role="committee", partner="victim-support", district="Gent"
    )
    held = meeting(committee, protocol_id, about(one), about(two), about(three))
    come_in(committee, held, "łucja", "city")
    go(committee, held, "łucja")
    reasons = {"meeting_id": held, "reasons": "all three elements are shown; 41 calls"}
    committee.call("POST", f"{one}/grant", reasons, **SECRETARY)
    committee.call("POST", f"{two}/refuse", a_refusal(meeting_id=held), **SECRETARY)
    committee.call("POST", f"/v1/meetings/{held}/close", **SECRETARY)
    text = committee.text_of(f"/v1/meetings/{held}/minutes.pdf", **SECRETARY)
    for there in (
        *("Verslag van de vergadering", "Protocol stalkingalarm Gent", "Bert (politie)", "Carla (parket)"),
        *(
            "Łucja (stad of gemeente)",
            short(one),
            "Het stalkingalarm wordt toegekend.",
            "41 calls",
            "Einddatum",
        ),
        *(
            short(two),
            "Het stalkingalarm wordt geweigerd.",
            a_refusal()["reasons"],
            "chain approach; no-contact order",
        ),
        *(short(three), "Uitgesteld: er werd niets beslist.", "Blad 1 / 1"),
    ):
        assert there in text, there
    for kept in ("therapy", "pattern", "GE.37", "no-contact order within"):
        assert kept not in text
    # Who has a conflict of interest in one case reads nothing of it, even here.
    declare_conflict(committee, two, "frank", "x")
    conflicted = committee.text_of(f"/v1/meetings/{held}/minutes.pdf", **named(SECRETARY, "frank"))
    assert short(one) in conflicted
    assert short(two) not in conflicted


@pytest.mark.parametrize("language", ["nl", "fr", "de", "en"])
def test_a_decision_is_in_the_language_of_its_case(committee: Desk, protocol_id: str, language: str) -> None:
    path = provisional(committee, urgent(protocol_id, language=language))
    texts = TRANSLATIONS[language]  # type: ignore[index]
    first = committee.text_of(f"{path}/decision.pdf", **POLICE)
    assert texts.word("paper_word", "provisional") in first
    granted(committee, protocol_id, path)
    text = committee.text_of(f"{path}/decision.pdf", **POLICE)
    for there in (
        short(path),
        texts.word("paper_word", "final"),
        texts.word("paper_word", "granted"),
        "all three",
        texts.t("paper.stays"),
    ):
        assert there in text, there


def test_partners_are_called_by_their_names(committee: Desk) -> None:
    people = [
        {"id": "police", "name": "PZ Gent", "role": "police", "member": True},
        *a_protocol()["partners"][1:],
    ]
    protocol_id = in_force(committee, a_protocol(partners=people))
    path = submitted(committee, whole(protocol_id, language="fr"))
    granted(committee, protocol_id, path)
    assert "PZ Gent, parquet" in committee.text_of(f"{path}/decision.pdf", **POLICE)


def test_minutes_are_of_the_day_on_which_it_was_held(committee: Desk, protocol_id: str) -> None:
    body = {"protocol_id": protocol_id, "starts_at": "2031-05-01T09:00:00Z"}
    held = committee.call("POST", "/v1/meetings", body, status=201, **SECRETARY)["id"]
    paper = f"/v1/meetings/{held}/minutes.pdf"
    assert "Gepland op: donderdag 1 mei 2031, 11:00" in committee.text_of(paper, **SECRETARY)
    committee.call("POST", f"/v1/meetings/{held}/open", **SECRETARY)
    committee.call("POST", f"/v1/meetings/{held}/close", **SECRETARY)
    moments = "opened_at = '2031-04-30T21:30:00Z', closed_at = '2031-04-30T22:10:00Z'"
    committee.execute(f"UPDATE meetings SET {moments} WHERE id = '{held}'")
    text = committee.text_of(paper, **SECRETARY)
    assert "Datum: woensdag 30 april 2031, 23:30" in text
    assert "Gesloten: donderdag 1 mei 2031, 00:10" in text


def test_without_a_decision_there_is_no_paper(committee: Desk, protocol_id: str) -> None:
    path = submitted(committee, whole(protocol_id))
    committee.call("GET", f"{path}/decision.pdf", status=404, **POLICE)
