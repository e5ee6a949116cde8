"""Local days, merging and changes: pure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.common import local_day
from services.reporting.domain.daily_report import changes
from services.reporting.domain.days import day_bounds, local_time
from services.reporting.domain.entries import least
from services.reporting.domain.report_document import Change
from services.reporting.domain.stages import outcome_of


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24), (date(2026, 12, 31), 24)],
)
def test_a_local_day_has_its_own_length(day: date, hours: int) -> None:
    first, after = day_bounds(day)
    assert after - first == timedelta(hours=hours)


@given(st.integers(1_577_836_800, 2_208_988_800).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_each_moment_lies_in_exactly_its_local_day(at: datetime) -> None:
    first, after = day_bounds(local_day(at))
    assert first <= at < after


def test_the_repeated_hour_belongs_to_one_day_twice() -> None:
    # 02:30 comes twice on 25 October: 00:30 and 01:30 UTC.
    assert local_day(datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == date(2026, 10, 25)
    assert local_day(datetime(2026, 10, 24, 22, 0, tzinfo=UTC)) == date(2026, 10, 25)
    assert local_day(datetime(2026, 10, 25, 23, 0, tzinfo=UTC)) == date(2026, 10, 26)


def test_a_local_hour_follows_the_season() -> None:
    assert local_time(date(2026, 3, 28), 5).hour == 4
    assert local_time(date(2026, 3, 29), 5).hour == 3


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.none() | st.integers(0, 5),
            "name": st.sampled_from("abc"),
            "tags": st.lists(st.sampled_from("xyz")),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS, st.randoms())
def test_merging_does_not_depend_on_order_or_copies(rows: list[dict[str, Any]], random: Any) -> None:
    mixed = rows + random.sample(rows, k=random.randint(0, len(rows)))
    random.shuffle(mixed)
    straight: dict[Any, Any] = {}
    shuffled: dict[Any, Any] = {}
    for row in rows:
        least(straight, 1, **row)
    for row in mixed:
        least(shuffled, 1, **row)
    assert straight == shuffled


def test_changes_pass_over_what_is_unknown() -> None:
    def at(minute: int) -> datetime:
        return datetime(2026, 1, 1, 0, minute, tzinfo=UTC)

    found = changes([(at(3), False), (at(1), True), (at(2), None), (at(4), False)], "bluetooth")
    assert found == [Change(what="bluetooth", at=at(3), before=True, after=False)]


def test_the_state_of_an_incident_is_its_outcome_or_how_far_it_came() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert outcome_of({"closed_at": at, "outcome": "arrest"}) == "arrest"
    assert (
        outcome_of({"closed_at": None, "outcome": None, "sent_at": at, "en_route_at": at}) == "open: en_route"
    )
    assert outcome_of({"closed_at": None, "outcome": None}) == "open"
