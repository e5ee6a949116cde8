"""The door: whatever comes from outside is brought to what every store holds, or refused by name."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.alarm import digest_code
from contracts.values import (
    EARLIEST,
    LATEST,
    MOST_BIG,
    Incoming,
    Moment,
    is_visible,
    read_code,
    read_moment,
    read_number,
    read_switch,
    read_text,
    read_whole,
    same_text,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(json_values)
def test_whatever_is_read_fits_every_store_or_is_unknown(value: Any) -> None:
    moment, whole = read_moment(value), read_whole(value)
    assert moment is None or (EARLIEST <= moment < LATEST and moment.utcoffset() == timedelta(0))
    assert whole is None or 0 <= whole <= MOST_BIG
    number, text = read_number(value, -90, 90), read_text(value, 40)
    assert number is None or -90 <= number <= 90
    assert text is None or (text.isprintable() and 0 < len(text) <= 40)
    assert read_switch(value) in (None, True, False)
    assert "\x00" not in read_code(value)
    UUID(digest_code(UUID(int=1), value)[:32])


@pytest.mark.parametrize(
    "told",
    [
        "2026-11-30T12:00:00+18:00",
        "2026-11-30T12:00:00-23:59",
        "2026-11-30T12:00:00+16:00",
        1764500400,
        1764500400.5,
        "1764500400",
    ],
)
def test_a_moment_of_any_offset_is_kept_in_utc(told: Any) -> None:
    moment = read_moment(told)
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "told",
    [
        "0001-01-01T00:30:00+02:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31T23:59:59Z",
        "1970-01-01T00:00:00Z",
        "2200-01-01T00:00:00Z",
        "2026-11-30T12:00:00",
        0,
        1e300,
        float("nan"),
        True,
        None,
        "",
        "soon",
        [],
        {},
    ],
)
def test_a_moment_that_tells_nothing_is_unknown(told: Any) -> None:
    assert read_moment(told) is None


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("٧", 7),
        ("７", 7),
        (7.0, 7),
        (2**31, 2**31),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        ("9" * 4400, None),
        (-1, None),
        (0.85, None),
        (True, None),
        ("½", None),
        ("²", 2),
        (float("inf"), None),
    ],
)
def test_a_whole_number_fits_its_column_or_is_absent(told: Any, whole: int | None) -> None:
    assert read_whole(told) == whole


@pytest.mark.parametrize(
    "told", [2468, 2468.0, "2468", " 2468 ", "٢٤٦٨", "２４６８", "24 68", "\u200b2468", "०२४६८"]
)
def test_a_code_is_its_value_whatever_keyboard_typed_it(told: Any) -> None:
    assert read_code(told) == "2468"


@given(json_values)
def test_what_is_no_code_is_never_one(told: Any) -> None:
    code = read_code(told)
    assert code.isdecimal() or code.startswith("no code")


@pytest.mark.parametrize("shown", ["An", "é", "李", "1", "😀", "a\u200b"])
def test_what_can_be_seen(shown: str) -> None:
    assert is_visible(shown)


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u2060\ufeff", "\u3164", "\u2800", "\u00ad", "\u0301", "\u202e", " ", ""]
)
def test_what_shows_nothing(hidden: str) -> None:
    assert not is_visible(hidden)


@pytest.mark.parametrize(
    "typed", ["BTN-X1", "btn-x1", "BTN\u2011X1", "BTN-\u200bX1", "ＢＴＮ－Ｘ１", " BTN-X1 ", "BTN\u2212X1"]
)
def test_one_button_has_one_serial_number_however_it_is_typed(typed: str) -> None:
    assert same_text(typed) == "btn-x1"


class _Body(Incoming):
    name: str
    others: tuple[str, ...] = ()


@pytest.mark.parametrize("bad", ["a\x00b", "\ud83d", "\u200b", "\u3164\u2800"])
@pytest.mark.parametrize("field", ["name", "others"])
def test_a_text_that_no_store_holds_is_refused_by_its_name(bad: str, field: str) -> None:
    value: Any = {"name": bad, "others": ["good", bad]}[field]
    with pytest.raises(ValidationError) as refusal:
        _Body.model_validate({"name": "An", field: value})
    assert [error["loc"] for error in refusal.value.errors()] == [(field,)]


def test_a_name_is_kept_composed() -> None:
    assert _Body(name="Ele\u0301onore").name == "Eléonore"


def test_a_moment_of_people_is_refused_where_no_store_holds_it() -> None:
    adapter: TypeAdapter[datetime] = TypeAdapter(Moment)
    assert adapter.validate_python("2026-11-30T12:00:00+16:00").utcoffset() == timedelta(0)
    for far in ("0001-01-01T00:30:00+02:00", "9999-12-31T23:59:59-12:00", "2026-11-30T12:00:00"):
        with pytest.raises(ValidationError):
            adapter.validate_python(far)
