"""The one place that reads the clock; pure code is given the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The server's time, UTC, aware."""
    return datetime.now(UTC)
