"""The daily report as it is kept and published."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from contracts.policy import Group, Personal

_DEVICE, _ESSENCE = Personal(Group.DEVICE), Personal(Group.CASE, essence=True)


class Battery(BaseModel):
    """Percent."""

    lowest: int
    last: int


class Change(BaseModel):
    """A value that changed from one heartbeat to the next."""

    what: str
    at: AwareDatetime
    before: object
    after: object


class ReportPress(BaseModel):
    """A press and what became of it."""

    alarm_id: UUID
    at: AwareDatetime
    lane: str
    channel: str
    flags: list[str]
    incident_id: UUID | None
    outcome: str


class ReportTest(BaseModel):
    """A test press; `arrived`: it went all the way to its control room."""

    test_id: UUID
    at: AwareDatetime
    arrived: bool


class DailyReport(BaseModel):
    """What the follow-up of one enrolment needs to know of one local day. Holds no location."""

    enrolment_id: UUID
    day: date
    first: AwareDatetime
    after: AwareDatetime
    hours: int = Field(description="23 and 25 on the days that the clock changes.")
    nothing_received: bool = Field(description="No press, no test, no heartbeat that day.")
    last_contact_at: Annotated[AwareDatetime | None, _DEVICE]
    presses: list[ReportPress]
    tests: Annotated[list[ReportTest], _DEVICE]
    heartbeats: Annotated[int | None, _DEVICE]
    phone_battery: Annotated[Battery | None, _DEVICE]
    button_battery: Annotated[Battery | None, _DEVICE]
    bluetooth: Annotated[list[Change], _DEVICE]
    changes: Annotated[list[Change], _DEVICE]
    attentions: Annotated[list[dict[str, object]], _DEVICE]
    file: Annotated[list[dict[str, object]], _ESSENCE]
