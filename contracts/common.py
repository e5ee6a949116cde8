"""Shapes that more than one publisher uses."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.envelope import Payload
from contracts.values import Moment

# How an order for this alarm is marked wherever a person reads it (ministerial circular of 29 May 2019).
MARKING: Literal["STALKINGALARM"] = "STALKINGALARM"

# The time by which Belgium lives; everything else is UTC.
BELGIUM = ZoneInfo("Europe/Brussels")


def local_day(at: datetime) -> date:
    """The day in Belgium on which a moment falls."""
    return at.astimezone(BELGIUM).date()


def morning(day: date) -> datetime:
    """Eight o'clock in Belgium on a day: when people are reminded."""
    return datetime.combine(day, time(8), BELGIUM)


# Pattern of a text that PostgreSQL can hold: it stores no NUL.
NO_NUL = r"^[^\x00]*$"

# The languages of people here; the first is the one that is used where nobody said.
Language = Literal["nl", "fr", "de", "en"]
Channel = Literal["data", "sms", "voice"]
Lane = Literal["verified", "unverified"]


class Outcome(StrEnum):
    """How an incident ended; closing needs one."""

    GENUINE = "genuine"
    PERPETRATOR_PRESENT = "perpetrator_present"
    ARREST = "arrest"
    ACCIDENTAL = "accidental"
    TECHNICAL = "technical"
    TEST = "test"


class Fix(BaseModel):
    """A location reading: degrees WGS84, 95 % radius in metres, device time in UTC (evidence only)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    lat: float = Field(allow_inf_nan=False)
    lon: float = Field(allow_inf_nan=False)
    radius_m: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    at: Moment | None = None


class MessageParked(Payload):
    """A message was set aside after its last attempt: somebody must look. `about`: its subject, if readable."""

    TYPE = "message.parked.v1"

    service: str
    queue: str
    event_type: str
    reason: str
    parked_at: AwareDatetime
    about: str | None = None

    @property
    def subject(self) -> str:
        """The queue that the message came from."""
        return self.queue


def parked_for(service: str) -> type[MessageParked]:
    """The `message.parked.v1` event on the exchange of `service`."""
    return type("MessageParked", (MessageParked,), {"EXCHANGE": f"{service}.events"})


class AboutEnrolment(Payload):
    """An event about one enrolment."""

    enrolment_id: UUID

    @property
    def subject(self) -> str:
        """The enrolment."""
        return str(self.enrolment_id)
