"""Events of reporting: what its records show that somebody must act upon."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from contracts.envelope import Payload
from contracts.topology import REPORTING_EVENTS

# Alarm holds a press that no incident of dispatch has; one press in two incidents; dispatch holds what alarm
# does not; an incident that nobody was told of; an order that dispatch does not hold any more; what reporting
# was never told of; a message of the alarm path that was set aside.
GapKind = Literal[
    "no_incident", "two_incidents", "no_press", "no_order", "order_missing", "not_reported", "parked"
]


class _ReportingFact(Payload):
    EXCHANGE = REPORTING_EVENTS


class LedgerGapFound(_ReportingFact):
    """The records do not add up: page somebody. `entry_id`: what is missing, an alarm or an order of it.

    A gap that was closed and is still there, or that came back, is told under a new `number`.
    """

    TYPE = "ledger.gap_found.v1"

    alarm_id: UUID
    kind: GapKind
    found_at: AwareDatetime
    number: int | None = None
    entry_id: UUID | None = None

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
    """The daily report of one enrolment is there to be read; a higher `version` tells what changed."""

    TYPE = "report.published.v1"

    enrolment_id: UUID
    day: date
    published_at: AwareDatetime
    version: int = 1

    @property
    def subject(self) -> str:
        """The enrolment."""
        return str(self.enrolment_id)


EVENTS = (LedgerGapFound, CanaryMissed, ReportPublished)
