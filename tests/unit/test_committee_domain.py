"""Applications: the one table of moves, and what a complete one needs."""

from datetime import date
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.committee import domain
from services.committee.domain import Content, Move, Rules, State
from services.committee.errors import ApplicationMoveRefused

WHOLE = {
    "enrolment_id": UUID(int=1),
    "protocol_id": UUID(int=2),
    "procedure": "ordinary",
    "proposer": "police",
    "pv_numbers": ("GE.37.L1.1/2026",),
    **{f"elements.{name}": "grounds" for name in domain.ELEMENTS},
}
RULES = Rules(("ordinary",), ("police",))


def content(names: set[str]) -> Content:
    given = {name: value for name, value in WHOLE.items() if name in names}
    elements = {n.partition(".")[2]: v for n, v in given.items() if n.startswith("elements.")}
    return Content(**{n: v for n, v in given.items() if "." not in n}, elements=elements)  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "move"), list(product(domain.STATES, domain.ALL_MOVES)))
def test_every_move_is_in_the_table_or_refused(state: State, move: Move) -> None:
    allowed = {
        ("draft", "edit"): "draft",
        ("draft", "submit"): "submitted",
        ("submitted", "grant"): "granted",
        ("submitted", "refuse"): "refused",
    }
    if (state, move) in allowed:
        assert domain.moved(state, move) == allowed[state, move]
        return
    with pytest.raises(ApplicationMoveRefused) as refused:
        domain.moved(state, move)
    assert refused.value.status == 409
    assert refused.value.kind == "application-move-refused"
    assert state in refused.value.detail


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_one_missing_field_is_named_alone(name: str) -> None:
    assert domain.missing(content(set(WHOLE) - {name})) == [name]


@given(st.sets(st.sampled_from(sorted(WHOLE))))
def test_all_that_is_missing_is_named_at_once(present: set[str]) -> None:
    assert set(domain.missing(content(present))) == set(WHOLE) - present


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_text_is_missing(blank: str) -> None:
    empty = Content(pv_numbers=(blank,), elements=dict.fromkeys(domain.ELEMENTS, blank))
    assert {"pv_numbers", "elements.harassment"} <= set(domain.missing(empty))


def test_what_the_protocol_does_not_allow_is_named() -> None:
    whole = content(set(WHOLE))
    assert domain.forbidden(whole, RULES) == {}
    assert set(domain.forbidden(whole, Rules((), ()))) == {"procedure", "proposer"}
    assert set(domain.forbidden(whole, None)) == {"protocol_id"}


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
        (date(2026, 7, 1), 6, date(2027, 1, 1)),
    ],
)
def test_months_end_where_the_month_ends(day: date, months: int, expected: date) -> None:
    assert domain.months_after(day, months) == expected


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.integers(1, 36))
def test_months_after_counts_months(day: date, months: int) -> None:
    later = domain.months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day
