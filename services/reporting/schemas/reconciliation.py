"""Bodies of comparisons of what services hold."""

from datetime import date
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from contracts.reconciliation import Section
from contracts.reporting import GapKind
from services.reporting.schemas.common import RowAnswer


class ComparedServiceOut(RowAnswer):
    """The records of another service. `fault`: what was in the way since it was last compared whole."""

    service: str = Field(examples=["alarm", "dispatch"])
    compared_at: AwareDatetime
    fault: str | None


class CompareIn(BaseModel):
    """The local day (Europe/Brussels) whose records are to be compared."""

    day: date = Field(ge=date(2020, 1, 1), le=date(2199, 12, 31))


class LackOut(BaseModel):
    """An entry that a service lacks and another has."""

    service: str
    section: Section
    kind: GapKind
    id: UUID
    alarm_id: UUID
    received_at: AwareDatetime


class Differences(BaseModel):
    """What a comparison showed: entries by service and section, services that were away, and what is lacking.

    `whole`: every service was read to its end; only then does an empty list mean that nothing is missing.
    """

    entries: dict[str, dict[Section, int]]
    away: dict[str, str]
    lacking: int
    named: list[LackOut] = Field(description="At most 200 of those that are lacking.")
    whole: bool


class ComparisonOut(RowAnswer):
    """The last comparison of a local day; a newer one is being made while `asked_at` is after `made_at`."""

    day: date
    asked_at: AwareDatetime | None
    made_at: AwareDatetime | None
    found: Differences | None
