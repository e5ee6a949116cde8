"""Refusals of the committee, each with a name of its own."""

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated


class ApplicationUnknown(NotFound):
    """No such application, or none that the caller may know of."""


class ProtocolUnknown(NotFound):
    """No such protocol or version."""


class MeetingUnknown(NotFound):
    """No such meeting, or nothing of that name on its agenda."""


class ReviewUnknown(NotFound):
    """No such review, or none that the caller may know of."""


class ApplicationMoveRefused(Conflict):
    """The application's state does not allow this move."""


class ProtocolMoveRefused(Conflict):
    """The version's state does not allow this move."""


class MeetingMoveRefused(Conflict):
    """The meeting's state does not allow this move."""


class ReviewMoveRefused(Conflict):
    """The review was held already."""


class QuorumMissing(Conflict):
    """Partners without whom nothing is decided are not there: `missing` names them."""


class ConditionsUnmet(Conflict):
    """A grant needs every condition of the protocol: `unmet` names those that are not met."""


class DecidedElsewhere(Conflict):
    """This kind of decision is taken by somebody else."""


class ProtocolContradictory(Invalid):
    """Fields of a protocol that cannot stand beside each other: `errors` names each."""


class ApplicationIncomplete(Invalid):
    """What an application still lacks: `missing` names the fields, `errors` also says why."""


class DateTooEarly(Invalid):
    """A date that must lie later."""


class RiskLoweredByOfficer(Forbidden):
    """Any officer may raise a risk level; only the committee may lower it."""


class ConflictRefused(Conflict):
    """A conflict of somebody else is said of a submitted case of one's own protocol, in a file of its zones."""


class ConflictUnknown(NotFound):
    """Nobody of that account has a conflict of interest that was declared in this case."""


class HandoverUnknown(NotFound):
    """No such hand-over, or none that the caller may know of."""


class HandoverMoveRefused(Conflict):
    """The hand-over was answered already."""


class FieldsNotShared(Invalid):
    """The protocol does not let these fields be sent: `fields`."""


class ChainApproachAbsent(Conflict):
    """No chain approach is connected to this committee."""


class SignatureRefused(Unauthenticated):
    """A webhook that the chain approach did not sign, or not lately."""


class MemberUnknown(NotFound):
    """No such member of this committee, or not on this day."""


class MemberElsewhere(Conflict):
    """One person sits for one partner."""


class MemberInProtocol(Conflict):
    """The protocol itself names this member: only its next version changes that."""


class PartnerUnknown(Invalid):
    """A partner that does not sit on this committee."""


class DateTooLate(Invalid):
    """A date that lies further ahead than the protocol lets an alarm run."""
