"""Who has a conflict of interest in a file, and who used break-glass access."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict

from chassis.database.damaged_rows import RowOut
from contracts.policy import Group, Personal
from services.registry.schemas.common import In, Reason, Text


class ConflictIn(In):
    """A conflict of interest. `subject`: whose; the caller's own when left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the perpetrator is my cousin"}]})

    subject: Text | None = None
    reason: Reason


class ConflictWithdrawalIn(In):
    """Whose conflict of interest was declared wrongly, and why that is known."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"subject": "t.maes", "reason": "another person of that name"}]}
    )

    subject: Text
    reason: Reason


class BreakGlassOut(RowOut):
    """A file that is open for the caller, until a moment (UTC)."""

    id: UUID
    enrolment_id: UUID
    until: datetime


class BreakGlassAccessOut(BreakGlassOut):
    """Who opened a file, when and why."""

    subject: str
    reason: Annotated[str, Personal(Group.CASE)]
    opened_at: datetime
