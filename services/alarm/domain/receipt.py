"""What is said of a press that is held."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Holder = Literal["database", "broker", "dispatch"]
HOLDERS: tuple[Holder, ...] = ("database", "broker", "dispatch")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The press is held. `stored_in`: by whom; any one of them suffices."""

    alarm_id: UUID
    received_at: datetime
    deadline_at: datetime
    stored_in: tuple[Holder, ...]
