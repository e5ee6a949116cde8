"""Refusals of reporting."""

from chassis.errors import Conflict, Invalid, NotFound


class PressUnknown(NotFound):
    """The ledger has no such press."""


class EnrolmentUnknown(NotFound):
    """No such enrolment, or it belongs to another zone."""


class VersionUnknown(NotFound):
    """The report was never made so often."""


class AttentionUnknown(NotFound):
    """No such point of attention."""


class AttentionResolved(Conflict):
    """Somebody resolved it before."""


class DayInFuture(Invalid):
    """There is nothing to report of a day that has not begun."""


class GapUnknown(NotFound):
    """No such gap."""


class GapClosed(Conflict):
    """It healed, or somebody closed it before."""


class ComparisonUnknown(NotFound):
    """Nobody compared the records of that day yet."""
