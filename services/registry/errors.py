"""Refusals of the registry, each with a name of its own."""

from chassis.errors import Conflict, Invalid, NotFound


class EnrolmentUnknown(NotFound):
    """No such file, or one of another zone."""


class DeviceUnknown(NotFound):
    """No such device, or one of another zone's file."""


class CardUnknown(NotFound):
    """The file has no card yet."""


class CardChanged(Conflict):
    """A card that somebody else changed meanwhile."""


class EnrolmentMoveRefused(Conflict):
    """The file's state does not allow this move."""


class DeviceMoveRefused(Conflict):
    """The device's state does not allow this move."""


class ActivationRefused(Conflict):
    """What activation still needs: `missing` names each precondition."""


class EndRefused(Conflict):
    """What the end of an alarm still needs: `missing` names it."""


class GapInProtection(Conflict):
    """The victim would be left without a device that works."""


class DeviceAlreadyIssued(Conflict):
    """The button or the key belongs to a device that was issued before."""


class StockUnknown(NotFound):
    """No such item, or none of this zone's stock."""


class StockKnown(Conflict):
    """An item that a stock has already."""


class ButtonNotInStock(Conflict):
    """A number that the zone's stock does not know, in a zone that keeps one."""


class StockMoveRefused(Conflict):
    """A move that an item does not allow where it is."""


class DateInFuture(Invalid):
    """A date that has yet to come."""


class TransferUnknown(NotFound):
    """No such transfer, or none of this zone."""


class ZoneUnknown(Invalid):
    """A police zone that is not on the map in force."""


class TransferInvalid(Invalid):
    """A transfer that leads nowhere."""


class TransferAnsweredBefore(Conflict):
    """There is no such offer open, or one is open already."""


class ReminderUnknown(NotFound):
    """No such reminder, or it was settled before."""


class ReminderLasts(Conflict):
    """A reminder that ends when its cause does, not before."""


class CodeMissing(Invalid):
    """A code that was never set."""


class FileRestricted(Conflict):
    """A file that is kept as it is."""


class DoneAtOnce(Conflict):
    """Somebody else does the same at this moment."""


class ImportInvalid(Invalid):
    """A list that cannot be read as such."""


class PhotoInvalid(Invalid):
    """A picture that cannot be used."""


class PhotoUnknown(NotFound):
    """No such photo."""


class ConflictUnknown(NotFound):
    """Nobody of that account has a conflict of interest that was declared here."""
