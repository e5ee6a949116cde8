"""Days as Belgium counts them."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays

from contracts.common import BELGIUM

_SATURDAY = 5


@cache
def _holidays() -> holidays.HolidayBase:
    # The ten of the law of 4 January 1974 on public holidays.
    return holidays.country_holidays("BE")


def is_working_day(day: date) -> bool:
    """Say whether it is neither a weekend nor a public holiday."""
    return day.weekday() < _SATURDAY and day not in _holidays()


def working_day_from(day: date) -> date:
    """Return this day, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_day_until(day: date) -> date:
    """Return this day, or the last working day before it."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def working_days_after(day: date, count: int) -> date:
    """Return the day that is `count` working days later; the day itself does not count."""
    for _ in range(count):
        day = working_day_from(day + timedelta(days=1))
    return day


def months_after(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def end_of(day: date) -> datetime:
    """Return the last second of a day in Belgium."""
    return datetime.combine(day, time(23, 59, 59), BELGIUM)
