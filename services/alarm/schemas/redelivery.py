"""What came of handing a press over once more."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel


class Redelivered(BaseModel):
    """What came of handing a press over once more.

    `routed`: dispatch had it before, in `incident_id`. `taken`: dispatch has it now. `published`: dispatch does
    not answer, the broker has it. `failed`: neither; it is tried again by itself. `handed_over`: attempts.
    """

    alarm_id: UUID
    outcome: Literal["routed", "taken", "published", "failed"]
    incident_id: UUID | None
    handed_over: int
