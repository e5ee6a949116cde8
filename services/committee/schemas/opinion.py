"""Bodies about what partners think of a case, and who has a conflict of interest in it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict

from chassis.database.damaged_rows import RowOut
from contracts.policy import Group, Personal
from services.committee.schemas.common import In, Name, Text

_NOTES = Personal(Group.NOTES)


class OpinionIn(In):
    """What a partner thinks. `shared` the others read; `kept` only the partner itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"advice": "grant", "shared": "we see the same pattern", "kept": "in therapy"}]
        }
    )

    advice: Literal["grant", "refuse", "abstain"]
    shared: Text | None = None
    kept: Text | None = None


class OpinionOut(RowOut):
    """A partner's opinion (`own`: the caller's); `kept` is None for all others."""

    partner: str
    own: bool
    advice: Literal["grant", "refuse", "abstain"]
    shared: Annotated[str | None, _NOTES]
    kept: Annotated[str | None, _NOTES]
    given_at: datetime
    given_by: str


class ConflictIn(In):
    """A conflict of interest. `subject`: whose; the caller's own unless the secretariat says otherwise."""

    subject: Name | None = None
    reason: Text


class ConflictWithdrawalIn(In):
    """Whose conflict of interest was declared wrongly, and why that is known."""

    subject: Name
    reason: Text


class ConflictOut(RowOut):
    """A conflict that was declared in a case. `own`: by the person; `withdrawn_at`: it no longer counts."""

    subject: str
    reason: str
    own: bool
    declared_at: datetime
    declared_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None
