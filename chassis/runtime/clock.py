"""The one place that reads the clock; pure code is given the time."""

from datetime import UTC, date, datetime

from contracts.common import local_day


def now() -> datetime:
    """The server's time, UTC, aware."""
    return datetime.now(UTC)


def today() -> date:
    """The day that it is in Belgium."""
    return local_day(now())
