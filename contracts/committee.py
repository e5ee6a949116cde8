"""Events of the committee. They name enrolments and protocols, never persons or PV numbers."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.common import AboutEnrolment
from contracts.topology import COMMITTEE_EVENTS

Procedure = Literal["ordinary", "urgent"]


class _CommitteeFact(AboutEnrolment):
    EXCHANGE = COMMITTEE_EVENTS

    application_id: UUID
    protocol_id: UUID
    protocol_version: int


class ApplicationSubmitted(_CommitteeFact):
    """A complete application lies before the committee."""

    TYPE = "application.submitted.v1"

    procedure: Procedure
    submitted_at: AwareDatetime


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


EVENTS = (ApplicationSubmitted, AlarmGranted, AlarmRefused)
