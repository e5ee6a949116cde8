"""Bodies of gaps."""

from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from contracts.common import NO_NUL
from contracts.reporting import GapKind
from contracts.values import Incoming
from services.reporting.schemas.common import RowAnswer


class GapOut(RowAnswer):
    """Something that does not add up. `entry_id`: what is missing, an alarm or an order; `alarm_id`: whose."""

    number: int
    kind: GapKind
    entry_id: UUID
    alarm_id: UUID
    found_at: AwareDatetime
    healed_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    closed_by: str | None
    reason: str | None
    irreparable: bool


class CloseIn(Incoming):
    """Why a gap is done with. No personal data.

    `irreparable`: what is missing cannot be brought back, so the gap must not open again for the same cause.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "restored from the backup of 05:00", "irreparable": False}]}
    )

    reason: str = Field(min_length=3, max_length=500, pattern=NO_NUL)
    irreparable: bool = False
