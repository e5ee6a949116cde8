"""What came of handing a press over once more."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Outcome = Literal["routed", "taken", "published", "failed"]


@dataclass(frozen=True, slots=True)
class Redelivered:
    """`routed`: dispatch had it; `taken`: it has it now; `published`: the broker has it; `failed`: neither."""

    alarm_id: UUID
    outcome: Outcome
    incident_id: UUID | None
    handed_over: int
