"""Refusals of the committee, each with a name of its own."""

from chassis.errors import Conflict, Invalid, NotFound


class ApplicationUnknown(NotFound):
    """No such application, or none that the caller may know of."""


class ProtocolUnknown(NotFound):
    """No version of this protocol was ever recorded."""


class ApplicationMoveRefused(Conflict):
    """The application's state does not allow this move."""


class ApplicationIncomplete(Invalid):
    """What an application still lacks: `missing` names the fields, `errors` also says why."""
