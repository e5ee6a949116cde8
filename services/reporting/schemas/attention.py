"""Bodies of points of attention."""

from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from contracts.common import NO_NUL
from contracts.values import Incoming
from services.reporting.schemas.common import RowAnswer


class AttentionOut(RowAnswer):
    """Something a person must look at."""

    id: UUID
    kind: str = Field(examples=["parked", "queue_depth", "gap", "canary", "report_missing", "deadline"])
    key: str
    since: AwareDatetime
    last_seen: AwareDatetime
    times: int
    detail: dict[str, object]
    resolved_at: AwareDatetime | None
    resolved_by: str | None
    reason: str | None


class ResolveIn(Incoming):
    """Why a point of attention is done with. No personal data."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "queue emptied, cause fixed in 1.2.1"}]}
    )

    reason: str = Field(min_length=3, max_length=500, pattern=NO_NUL)
