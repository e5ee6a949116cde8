"""A file: its papers, what it needs, how it is found, where it goes, and lists of them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.database.damaged_rows import RowOut
from contracts.policy import Group, Personal
from contracts.registry import EnrolmentStatus, ReminderKind
from contracts.values import Day
from services.registry.schemas.common import In, Reason, Text
from services.registry.schemas.device import DeviceOut


class PoliceReportIn(In):
    """The police report that must exist."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pv_number": "GE.37.L1.012345/2026"}]})

    pv_number: Text


class ConventionIn(In):
    """Who signed the convention, and when."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signed_on": "2026-11-02", "by": "An Peeters"}]})

    signed_on: Day
    by: Text


class PreconditionsOut(BaseModel):
    """What activation needs; true where it is there."""

    police_report: bool
    grant: bool
    convention: bool
    card: bool
    device: bool
    test_press: bool


class EnrolmentOut(RowOut):
    """A file; `missing` names the preconditions of activation that are not there."""

    id: UUID
    managing_zone_id: str
    status: EnrolmentStatus
    created_at: datetime
    activated_at: datetime | None
    pv_number: Annotated[str | None, Personal(Group.CASE)]
    convention_signed_on: date | None
    convention_by: Annotated[str | None, Personal(Group.VICTIM)]
    card_version: int
    preconditions: PreconditionsOut
    missing: tuple[str, ...]
    # The committee wants the alarm ended: hand in the device, then end the file.
    to_end: bool
    # It is to be on and nothing of it works: it is suspended, or has no device that works.
    unprotected: bool
    # Why it was suspended, the last time.
    suspended_for: Annotated[str | None, Personal(Group.CASE)]
    ended_at: datetime | None
    devices: tuple[DeviceOut, ...] = Field(default=())


class EnrolmentSummary(RowOut):
    """A file in short: nothing encrypted."""

    id: UUID
    managing_zone_id: str
    status: EnrolmentStatus
    created_at: datetime
    activated_at: datetime | None


class EnrolmentLine(EnrolmentSummary):
    """One line of a zone's list; `victim`: None where the file has no card."""

    victim: Annotated[str | None, Personal(Group.VICTIM)]


class ReminderOut(RowOut):
    """Something to look at. `key`: which one; `reminder_step`: 0 in time, then one more each day."""

    id: UUID
    enrolment_id: UUID
    kind: ReminderKind
    key: str
    due_at: datetime
    reminder_step: int
    settled_at: datetime | None


class SearchIn(In):
    """What is looked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "An Peters"}]})

    text: Text


class HitOut(RowOut):
    """A file that was found. `likeness`: 0 to 1; `found_by`: what of it is alike."""

    enrolment_id: UUID
    status: EnrolmentStatus
    victim: Annotated[str | None, Personal(Group.VICTIM)]
    likeness: float
    found_by: tuple[Literal["victim", "perpetrator", "phone", "plate"], ...]


class ImportProblem(BaseModel):
    """What is wrong with a line of a list; the heading is line 1. `code`, `params`: the same for a program."""

    line: int
    column: str
    detail: str
    code: str
    params: dict[str, int | float]


class ImportOut(BaseModel):
    """What came of a list. `known`: lines that were imported before."""

    lines: int
    made: tuple[UUID, ...]
    known: int
    problems: tuple[ImportProblem, ...]
    dry_run: bool


class TransferIn(In):
    """To whom a file is offered, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to_zone_id": "aalst", "reason": "she moved to Aalst"}]}
    )

    to_zone_id: Text
    reason: Reason


class TransferOut(RowOut):
    """An offer; `declined`: why it was not taken."""

    id: UUID
    enrolment_id: UUID
    from_zone_id: str
    to_zone_id: str
    state: Literal["offered", "accepted", "declined", "withdrawn"]
    reason: Annotated[str, Personal(Group.CASE)]
    declined: Annotated[str | None, Personal(Group.CASE)]
    offered_at: datetime
    due_at: datetime
    answered_at: datetime | None
