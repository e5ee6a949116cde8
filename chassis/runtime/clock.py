"""The one place that reads the clock; pure code is given the time."""

from datetime import UTC, date, datetime

from contracts.common import local_day


def now() -> datetime:
    """Tell the server's time, UTC, aware."""
    return datetime.now(UTC)


def today() -> date:
    """Tell which day it is in Belgium."""
    return local_day(now())
