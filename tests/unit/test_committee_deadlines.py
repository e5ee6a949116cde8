"""Deadlines and the days they are counted in."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.common import local_day
from services.committee.domain import calendar, deadlines
from services.committee.domain.deadlines import KINDS, STAGES, Kind
from services.committee.domain.protocol import Delays

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HOLIDAYS_2027 = [
    (1, 1), (3, 29), (5, 1), (5, 6), (5, 17), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25),
]  # fmt: skip


def test_the_ten_public_holidays_of_belgium() -> None:
    year = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    weekdays = [day for day in year if day.weekday() < 5 and not calendar.is_working_day(day)]
    assert weekdays == [day for m, d in HOLIDAYS_2027 if (day := date(2027, m, d)).weekday() < 5]
    assert all(not calendar.is_working_day(date(2027, m, d)) for m, d in HOLIDAYS_2027)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 12, 24), 1, date(2026, 12, 28)),  # over Christmas, a Friday, and the weekend
        (date(2027, 3, 26), 1, date(2027, 3, 30)),  # over Easter Monday
        (date(2027, 5, 5), 2, date(2027, 5, 10)),  # over Ascension
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
    ],
)
def test_working_days(day: date, count: int, expected: date) -> None:
    assert calendar.working_days_after(day, count) == expected


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
    assert calendar.months_after(day, months) == expected


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.integers(1, 36))
def test_months_after_counts_months(day: date, months: int) -> None:
    later = calendar.months_after(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day <= day.day


def test_the_defaults_of_the_domain() -> None:
    begun = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # half past eleven at night in Belgium

    def due(kind: Kind, delays: Delays = Delays()) -> datetime:  # noqa: B008 - frozen
        return deadlines.due_at(kind, begun, delays)

    assert due("provisional_decision") == begun + timedelta(hours=4)
    assert due("ratification") == begun + timedelta(days=7)
    assert due("review_after_alarm") == begun + timedelta(hours=72)
    assert due("decision") == datetime(2026, 12, 9, 22, 59, 59, tzinfo=UTC)
    assert due("decision", Delays(decision_counts="working")) == datetime(2026, 12, 15, 22, 59, 59, tzinfo=UTC)
    assert due("protection") == begun
    assert deadlines.next_stage("protection", begun, begun) == ("missed", begun)
    assert due("urgent_installation") == begun + timedelta(hours=24)
    assert due("installation") == datetime(2026, 12, 2, 22, 59, 59, tzinfo=UTC)
    assert due("device") == datetime(2026, 12, 9, 22, 59, 59, tzinfo=UTC)
    assert due("review") == datetime(2027, 2, 25, 7, tzinfo=UTC)
    assert due("end") == datetime(2027, 5, 25, 6, tzinfo=UTC)  # summer time by then


# An alarm that is off against the committee is late from the beginning: nobody is reminded, somebody is told.
@given(st.sampled_from([kind for kind in KINDS if kind not in ("protection", "suspension")]), MOMENTS)
def test_people_are_reminded_before_and_told_when_it_is_missed(kind: Kind, begun: datetime) -> None:
    due, now = deadlines.due_at(kind, begun, Delays()), begun
    entries: list[str] = []
    stage = None
    while stage != "missed":
        stage, now = deadlines.next_stage(kind, due, now, after=stage)
        entries.append(stage)
        assert begun <= now <= due
    # Two that fall on the morning before a long weekend are one.
    together = deadlines.moment_of(kind, "first", due) == deadlines.moment_of(kind, "last", due)
    assert entries == list(STAGES[1:] if together else STAGES)
    assert now == due


@given(st.sampled_from(KINDS), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_reminder_of_what_is_not_urgent_comes_on_a_working_day(
    kind: Kind, begun: datetime, later: timedelta
) -> None:
    stage, moment = deadlines.next_stage(kind, deadlines.due_at(kind, begun, Delays()), begun + later)
    if stage != "missed" and kind not in deadlines.BY_THE_HOUR:
        assert calendar.is_working_day(local_day(moment))
    assert moment >= begun + later or stage == "missed"


@given(MOMENTS, st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_louder_each_day(due: datetime, after: timedelta) -> None:
    loud = deadlines.reminder_step(due, due + after)
    assert loud == (0 if after < timedelta(0) else after.days + 1)
