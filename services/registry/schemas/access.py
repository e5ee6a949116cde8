"""Who has a tie to a file, and who broke the glass."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict

from chassis.database.damaged_rows import RowOut
from contracts.policy import Group, Personal
from services.registry.schemas.common import In, Reason, Text


class TieIn(In):
    """A tie to a party. `subject`: whose; the caller's own when left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the perpetrator is my cousin"}]})

    subject: Text | None = None
    reason: Reason


class TieWithdrawalIn(In):
    """Whose tie was declared wrongly, and why that is known."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"subject": "t.maes", "reason": "another person of that name"}]}
    )

    subject: Text
    reason: Reason


class OpenedOut(RowOut):
    """A file that is open for the caller, until a moment (UTC)."""

    id: UUID
    enrolment_id: UUID
    until: datetime


class OpeningOut(OpenedOut):
    """Who opened a file, when and why."""

    subject: str
    reason: Annotated[str, Personal(Group.CASE)]
    opened_at: datetime
