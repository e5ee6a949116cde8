"""The receipt ladder as a device gets it."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel


class StageAt(BaseModel):
    """A stage of the receipt ladder and when it was reached (UTC)."""

    stage: Literal["stored", "routed", "seen", "unit_moving", "on_scene", "closed"]
    at: AwareDatetime


class Ladder(BaseModel):
    """How far an alarm has come. The names are discreet: somebody else may see the screen."""

    alarm_id: UUID
    stage: str | None
    stages: tuple[StageAt, ...]
