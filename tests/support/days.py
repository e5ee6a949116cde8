"""Days as tests name them."""

from datetime import date, timedelta

from chassis.runtime import clock


def today(after: int = 0) -> date:
    """The day in Belgium, or the day so many days `after` it.

    Never a constant: between the loading of a file and its tests midnight may come, and it comes in
    Belgium an hour or two before it does in UTC.
    """
    return clock.today() + timedelta(days=after)
