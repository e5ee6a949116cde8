"""What dispatch refuses."""

from chassis.errors import Conflict, Forbidden, NotFound, Retryable


class IncidentUnknown(NotFound):
    """There is no such incident, or it is not yours."""


class OrderUnknown(NotFound):
    """There is no such order, or it is not yours."""


class Conflicted(Forbidden):
    """The caller has a conflict of interest: somebody else must do it."""


class ControlRoomUnknown(NotFound):
    """There is no such control room."""


class WebhookProposalUnknown(Conflict):
    """Nobody proposes this webhook (any more)."""


class OrderMoveImpossible(Conflict):
    """The order's state does not allow this move."""


class IncidentIsClosed(Conflict):
    """People closed this incident already."""


class IncidentIsTaken(Conflict):
    """Somebody verified this alarm or took it meanwhile: it is no longer one of many."""


class NotResponsible(Conflict):
    """Another control room answers for this alarm: take it over first."""


class UnitNotAvailable(Conflict):
    """The unit has another order, or is off duty."""


class UnitOfAnotherRoom(Conflict):
    """The unit belongs to another control room: that room says where it is, and sends it."""


class UnitUnknown(NotFound):
    """There is no such unit, or it is not yours."""


class NotOffered(Conflict):
    """The unit is neither lent nor offered."""


class AlarmNotYetKnown(Retryable):
    """A message overtook the press that it is about."""


class PhotoUnknown(NotFound):
    """No such photo on the card that the caller may see now."""
