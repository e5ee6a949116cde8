"""A list that becomes files: nothing of a line is dropped unseen, and all that is wrong is said at once."""

from typing import Any

import pytest

from tests.support.desks import Desk, Who

GHENT: Who = {"role": "file_manager", "zone": "ghent"}
HEADS = "reference;victim_name;cancel_code;duress_code;pv_number;victim_phone"


def looked_through(registry: Desk, *lines: str, dry: bool = True) -> dict[str, Any]:
    path = f"/v1/imports?dry_run={str(dry).lower()}"
    answer = registry.text("POST", path, "\n".join((HEADS, *lines)), **GHENT)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def told(found: dict[str, Any]) -> set[tuple[int, str, str]]:
    return {(each["line"], each["column"], each["code"]) for each in found["problems"]}


@pytest.mark.parametrize("dry", [True, False])
def test_cells_without_a_heading_are_a_problem_of_their_line(registry: Desk, dry: bool) -> None:
    found = looked_through(registry, "1;An;2468;1357;;;knife;axe", "2;Bea;2468;1357;;;;", dry=dry)
    assert told(found) == {(2, "victim_phone", "cells_surplus")}
    assert found["problems"][0]["params"] == {"surplus": 2}
    assert found["made"] == []


def test_a_police_report_has_the_length_that_it_has_at_the_desk(registry: Desk) -> None:
    found = looked_through(registry, f"1;An;2468;1357;{'9' * 201};", f"2;Bea;2468;1357;{'9' * 200};")
    assert told(found) == {(2, "pv_number", "string_too_long")}


def test_all_that_is_wrong_with_a_line_is_said_at_once(registry: Desk) -> None:
    found = looked_through(registry, f";;2468;2468;{'9' * 201};bel mij;x", "2;Bea;;1357;;")
    assert told(found) == {
        (2, "reference", "missing"),
        (2, "victim_name", "missing"),
        (2, "duress_code", "codes_equal"),
        (2, "pv_number", "string_too_long"),
        (2, "victim_phone", "string_pattern_mismatch"),
        (2, "victim_phone", "cells_surplus"),
        (3, "cancel_code", "missing"),
    }


def test_a_reference_is_the_same_in_any_unicode_form(registry: Desk) -> None:
    lines = (
        "Zaak Éé-1;An;2468;1357;;",
        "zaak E\u0301e\u0301\u20111;Bea;2468;1357;;",
        "Zaak Ée-1;Cis;2468;1357;;",
    )
    found = looked_through(registry, *lines)
    assert told(found) == {(3, "reference", "twice")}
    assert looked_through(registry, lines[0], dry=False)["known"] == 0
    assert looked_through(registry, lines[1], dry=False)["known"] == 1


@pytest.mark.parametrize("again", ["victim_phone", " Victim_Phone ", "\u200bvictim_phone"])
def test_a_heading_that_stands_there_twice_is_refused(registry: Desk, again: str) -> None:
    """Of two cells with one heading the first would be dropped unseen."""
    answer = registry.text("POST", "/v1/imports", f"{HEADS};{again}\n1;An;2468;1357;;1;2", **GHENT)
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["field"], problem["code"], problem["names"]) == ("body", "columns_twice", ["victim_phone"])


@pytest.mark.parametrize("bad", ["\u200b", "\u3164"])
def test_a_name_that_shows_nothing_is_a_problem_of_its_line(registry: Desk, bad: str) -> None:
    assert told(looked_through(registry, f"1;{bad};2468;1357;;")) == {(2, "victim_name", "text_invisible")}
