"""Local days (Europe/Brussels) and hours, in UTC."""

from datetime import UTC, date, datetime, timedelta

from contracts.common import BELGIUM


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Give the first moment of a local day and of the next, UTC: 23, 24 or 25 hours apart."""
    first = datetime(day.year, day.month, day.day, tzinfo=BELGIUM)
    after = day + timedelta(days=1)
    return first.astimezone(UTC), datetime(after.year, after.month, after.day, tzinfo=BELGIUM).astimezone(UTC)


def local_time(day: date, hour: int) -> datetime:
    """Give a full hour of a local day, UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=BELGIUM).astimezone(UTC)
