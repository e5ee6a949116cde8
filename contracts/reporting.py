"""Events of reporting: what its books show that somebody must act upon."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Payload
from contracts.topology import REPORTING_EVENTS


class _ReportingFact(Payload):
    EXCHANGE = REPORTING_EVENTS


class LedgerGapFound(_ReportingFact):
    """A press without exactly one incident, or an incident without a press: page somebody."""

    TYPE = "ledger.gap_found.v1"

    alarm_id: UUID
    kind: Literal["no_incident", "two_incidents", "no_press", "no_order"]
    found_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The alarm."""
        return str(self.alarm_id)


class CanaryMissed(_ReportingFact):
    """No canary of a control room came through for `silent_s` seconds: the path itself is in doubt."""

    TYPE = "canary.missed.v1"

    control_room_id: str
    silent_s: float
    found_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The control room."""
        return self.control_room_id


class ReportPublished(_ReportingFact):
    """The daily report of one enrolment is there to be read."""

    TYPE = "report.published.v1"

    enrolment_id: UUID
    day: date
    published_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The enrolment."""
        return str(self.enrolment_id)


EVENTS = (LedgerGapFound, CanaryMissed, ReportPublished)
