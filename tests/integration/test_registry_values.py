"""What cannot be true, or cannot be called, does not come onto a card; what is refused names its field."""

from typing import Any

import pytest

from tests.support.builders import a_card
from tests.support.days import today
from tests.support.desks import Desk
from tests.support.registry import GHENT, picture


def card(**people: dict[str, Any]) -> dict[str, Any]:
    """The card of the examples, where its people have other values."""
    whole = a_card()["card"]
    victim = whole["victim"] | people.get("victim", {})
    perpetrator = whole["perpetrators"][0] | people.get("perpetrator", {})
    more = people.get("card", {})
    return a_card(card={**whole, "victim": victim, "perpetrators": [perpetrator], **more})


@pytest.mark.parametrize(
    ("people", "field", "code"),
    [
        ({"victim": {"born_on": "2050-01-01"}}, "card.victim.born_on", "date_in_future"),
        ({"victim": {"born_on": "1875-02-11"}}, "card.victim.born_on", "date_too_old"),
        ({"victim": {"phone": "bel mij"}}, "card.victim.phone", "string_pattern_mismatch"),
        ({"victim": {"phone": "12345"}}, "card.victim.phone", "string_pattern_mismatch"),
        ({"victim": {"phone": "+1234567890123456"}}, "card.victim.phone", "string_pattern_mismatch"),
        ({"perpetrator": {"born_on": "2050-01-01"}}, "card.perpetrators.0.born_on", "date_in_future"),
        ({"perpetrator": {"phone": "bel mij"}}, "card.perpetrators.0.phone", "string_pattern_mismatch"),
        ({"victim": {"name": "x" * 201}}, "card.victim.name", "string_too_long"),
        ({"victim": {"description": "x" * 2001}}, "card.victim.description", "string_too_long"),
        ({"card": {"notes": "x" * 2001}}, "card.notes", "string_too_long"),
        (
            {"perpetrator": {"weapons": [{"text": "x" * 2001}]}},
            "card.perpetrators.0.weapons.0.text",
            "string_too_long",
        ),
        (
            {"card": {"addresses": [{"kind": "home", "text": "x" * 2001}]}},
            "card.addresses.0.text",
            "string_too_long",
        ),
        (
            {"perpetrator": {"weapons": [{"text": "knife", "verified_on": "2050-01-01"}]}},
            "card.perpetrators.0.weapons.0.verified_on",
            "date_in_future",
        ),
        (
            {"card": {"measures": [{"kind": "no contact", "verified_on": "2050-01-01"}]}},
            "card.measures.0.verified_on",
            "date_in_future",
        ),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_field(
    registry: Desk, file: str, people: dict[str, Any], field: str, code: str
) -> None:
    refused = registry.call("PUT", f"{file}/card", card(**people), status=422, **GHENT)
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, code)]
    registry.call("GET", f"{file}/card", status=404, **GHENT)


def test_today_is_taken_and_tomorrow_is_refused(registry: Desk, file: str) -> None:
    """As Belgium counts days: a child that is born tonight is born today."""
    late = registry.call(
        "PUT", f"{file}/card", card(victim={"born_on": today(1).isoformat()}), status=422, **GHENT
    )
    assert late["errors"][0]["field"] == "card.victim.born_on"
    registry.call("PUT", f"{file}/card", card(victim={"born_on": today().isoformat()}), **GHENT)


@pytest.mark.parametrize("phone", ["+32470123456", "0470 12 34 56", "0470/12.34.56", "(09) 300-11-22", None])
def test_a_number_that_can_be_called_is_kept_as_it_is_written(
    registry: Desk, file: str, phone: str | None
) -> None:
    people: dict[str, dict[str, Any]] = {"victim": {"phone": phone, "born_on": "1990-05-02"}}
    registry.call("PUT", f"{file}/card", card(**people), **GHENT)
    kept = registry.call("GET", f"{file}/card", **GHENT)["card"]["victim"]
    assert (kept["phone"], kept["born_on"]) == (phone, "1990-05-02")


def test_a_photo_of_another_century_or_of_tomorrow_is_refused(registry: Desk, file: str) -> None:
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    for taken_on, kind in (("1900-01-01", "photo-invalid"), (today(1), "date-in-future")):
        refused = registry.upload(f"{file}/photos?taken_on={taken_on}", picture(), **GHENT)
        assert refused.status_code == 422
        problem = refused.json()
        assert (problem["field"], problem["type"]) == ("taken_on", f"urn:stalkingalarm:{kind}")
    assert registry.call("GET", f"{file}/photos", **GHENT) == []


def test_a_line_of_a_list_is_told_the_same(registry: Desk) -> None:
    heads = "reference,victim_name,cancel_code,duress_code,victim_phone,victim_born_on"
    answer = registry.text("POST", "/v1/imports", f"{heads}\n1,An,2468,1357,bel mij,2050-01-01\n", **GHENT)
    entries = [(each["column"], each["code"]) for each in answer.json()["problems"]]
    assert sorted(entries) == [
        ("victim_born_on", "date_in_future"),
        ("victim_phone", "string_pattern_mismatch"),
    ]


UNREADABLE = {
    "a\x00b": "text_nul",
    "A\ud83d": "text_surrogate",
    "\u200b\u2060": "text_invisible",
    "\u3164": "text_invisible",
}


@pytest.mark.parametrize(("text", "code"), UNREADABLE.items(), ids=UNREADABLE.values())
@pytest.mark.parametrize(
    ("people", "field"),
    [
        ("victim.name", "card.victim.name"),
        ("victim.description", "card.victim.description"),
        ("perpetrator.name", "card.perpetrators.0.name"),
        ("card.dogs", "card.dogs"),
        ("card.notes", "card.notes"),
    ],
)
def test_a_text_that_nobody_can_read_or_keep_is_refused_at_its_field(
    registry: Desk, file: str, people: str, field: str, text: str, code: str
) -> None:
    of, _, name = people.partition(".")
    refused = registry.call("PUT", f"{file}/card", card(**{of: {name: text}}), status=422, **GHENT)
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [(field, code)]


def test_a_name_is_found_however_its_letters_are_composed(registry: Desk, file: str) -> None:
    registry.call("PUT", f"{file}/card", card(victim={"name": "Ele\u0301onore Dupre\u0301"}), **GHENT)
    kept = registry.call("GET", f"{file}/card", **GHENT)["card"]["victim"]
    assert kept["name"] == "Eléonore Dupré"


@pytest.mark.parametrize("until", ["0001-01-01", "0001-01-10", "9999-12-31"])
def test_a_day_at_an_end_of_the_calendar_is_refused(registry: Desk, file: str, until: str) -> None:
    measures = [{"kind": "no contact", "until": until}]
    refused = registry.call("PUT", f"{file}/card", card(card={"measures": measures}), status=422, **GHENT)
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [
        ("card.measures.0.until", "date_out_of_bounds")
    ]
    signed = registry.call("POST", f"{file}/convention", {"signed_on": until, "by": "An"}, status=422, **GHENT)
    assert signed["field"] == "signed_on"


def test_the_digits_of_any_keyboard_make_the_same_code(registry: Desk, file: str) -> None:
    codes = {"cancel_code": "٢٤٦٨", "duress_code": "１３５７"}
    registry.call("PUT", f"{file}/card", a_card(**codes), **GHENT)
    equal = {"cancel_code": "02468", "duress_code": "2468"}
    refused = registry.call("PUT", f"{file}/card", a_card(**equal), status=422, **GHENT)
    assert refused["errors"][0]["code"] == "codes_equal"


@pytest.mark.parametrize("path", ["/v1/stock?place=%00", "/v1/imports?dry_run=%00"])
def test_a_parameter_that_no_store_holds_is_refused(registry: Desk, path: str) -> None:
    method = "GET" if "stock" in path else "POST"
    answer = registry.text(method, path, "x", **GHENT)
    assert answer.status_code in (403, 422)
