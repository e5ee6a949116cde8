"""Events of the committee. They name enrolments and protocols, never persons or PV numbers."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.common import AboutEnrolment
from contracts.conflicts import Declares, Withdraws
from contracts.envelope import Payload
from contracts.topology import COMMITTEE_EVENTS

Procedure = Literal["ordinary", "urgent"]
DeadlineKind = Literal[
    "provisional_decision", "ratification", "decision", "review", "end", "review_after_alarm",
    "draft_approval", "handover", "device", "protection", "installation", "urgent_installation", "suspension",
]  # fmt: skip
ReviewCause = Literal["periodic", "end", "real_alarm"]
ReviewOutcome = Literal["keep", "extend", "lighten", "end", "chain_approach"]


class ProtocolInForce(Payload):
    """A version of a protocol binds from now on; the one before it no longer does."""

    TYPE = "protocol.in_force.v1"
    EXCHANGE = COMMITTEE_EVENTS

    protocol_id: UUID
    protocol_version: int
    district: str
    zones: tuple[str, ...]
    in_force_from: date

    @property
    def subject(self) -> str:
        """The protocol."""
        return str(self.protocol_id)


class _CommitteeFact(AboutEnrolment):
    EXCHANGE = COMMITTEE_EVENTS

    application_id: UUID
    # Rises with every event that changes what becomes of the alarm: clocks do not tell which was last.
    number: int = 0
    # None: an exceptional case outside any protocol, approved by the procureur-generaal.
    protocol_id: UUID | None = None
    protocol_version: int | None = None


class ApplicationSubmitted(_CommitteeFact):
    """A complete application lies before the committee."""

    TYPE = "application.submitted.v1"

    procedure: Procedure
    submitted_at: AwareDatetime
    # The partner whose case it is, and its zone; None from a committee that does not say it yet.
    proposer: str | None = None
    zone_id: str | None = None


class ApplicationReopened(_CommitteeFact):
    """A review was asked for: other members decide anew. `alive`: the alarm is on until they did."""

    TYPE = "application.reopened.v1"

    reopened_at: AwareDatetime
    alive: bool = False


class ApplicationWithdrawn(_CommitteeFact):
    """The proposer took it back before anything was decided."""

    TYPE = "application.withdrawn.v1"

    withdrawn_at: AwareDatetime


class AlarmProvisionallyGranted(_CommitteeFact):
    """The magistrate on duty grants an alarm until the committee decides; being late switches nothing off."""

    TYPE = "alarm.provisionally_granted.v1"

    decision_id: UUID
    decided_at: AwareDatetime
    ratify_by: AwareDatetime


class AlarmGranted(_CommitteeFact):
    """The committee grants an alarm. `review_on` and `ends_on` remind; neither switches anything off."""

    TYPE = "alarm.granted.v1"

    decision_id: UUID
    procedure: Procedure
    decided_at: AwareDatetime
    review_on: date
    ends_on: date


class AlarmRefused(_CommitteeFact):
    """The committee refuses, with reasons, alternatives and the way to a review in its own file."""

    TYPE = "alarm.refused.v1"

    decision_id: UUID
    decided_at: AwareDatetime


class AlarmEnding(_CommitteeFact):
    """An alarm that lives is to end: it does when people have carried out the plan and taken the device in."""

    TYPE = "alarm.ending.v1"

    cause: Literal["not_ratified", "review", "chain_approach"]
    decided_at: AwareDatetime


class ReviewHeld(AboutEnrolment):
    """The committee looked again. `ends_on`: the new date where it extends."""

    TYPE = "review.held.v1"
    EXCHANGE = COMMITTEE_EVENTS

    review_id: UUID
    application_id: UUID | None
    # As in the events of its application; 0 without one.
    number: int = 0
    cause: ReviewCause
    outcome: ReviewOutcome
    held_at: AwareDatetime
    ends_on: date | None = None


class _Handover(AboutEnrolment):
    EXCHANGE = COMMITTEE_EVENTS

    handover_id: UUID
    application_id: UUID | None
    # `out`: to the chain approach; `in`: back from it.
    direction: Literal["out", "in"]


class CaseReferred(_Handover):
    """A case moves to the chain approach or back. The alarm stays as it is until the other side accepts.

    `fields`: the names of all that was sent, and no more.
    """

    TYPE = "case.referred.v1"

    basis: Literal["consent", "legal_ground"]
    fields: tuple[str, ...]
    side_by_side: bool
    referred_at: AwareDatetime


class ReferralAnswered(_Handover):
    """The receiving side accepted or declined it."""

    TYPE = "referral.answered.v1"

    accepted: bool
    answered_at: AwareDatetime


class _Deadline(AboutEnrolment):
    EXCHANGE = COMMITTEE_EVENTS

    deadline_id: UUID
    kind: DeadlineKind
    application_id: UUID | None
    due_at: AwareDatetime
    # The role that is to act.
    addressee: str


class DeadlineReminded(_Deadline):
    """A deadline comes near."""

    TYPE = "deadline.reminded.v1"

    stage: Literal["first", "last"]


class DeadlineMissed(_Deadline):
    """A deadline passed, and nothing was done. `reminder_step`: 1 at first, and one more each day."""

    TYPE = "deadline.missed.v1"

    reminder_step: int


class ConflictDeclared(Declares, _CommitteeFact):
    """A person has a conflict of interest: wherever they work, this victim's case does not exist for them.

    `person`: the subject of their tokens.
    """

    TYPE = "conflict.declared.v1"

    person: str
    declared_at: AwareDatetime
    # By somebody else than the person: they and the file manager are told.
    by_another: bool = False

    @property
    def source(self) -> UUID:
        """The application."""
        return self.application_id


class ConflictWithdrawn(Withdraws, _CommitteeFact):
    """A conflict declared in this application until then no longer counts; one from elsewhere still does.

    Which of both was later is told by their moments: these come of one application, one after the other.
    """

    TYPE = "conflict.withdrawn.v1"

    person: str
    withdrawn_at: AwareDatetime

    @property
    def source(self) -> UUID:
        """The application."""
        return self.application_id


EVENTS = (
    ConflictDeclared,
    ConflictWithdrawn,
    ProtocolInForce,
    ApplicationSubmitted,
    ApplicationReopened,
    ApplicationWithdrawn,
    AlarmProvisionallyGranted,
    AlarmGranted,
    AlarmRefused,
    AlarmEnding,
    ReviewHeld,
    CaseReferred,
    ReferralAnswered,
    DeadlineReminded,
    DeadlineMissed,
)
