"""The answer to a press."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Receipt(BaseModel):
    """The press is held. `stored_in`: by whom; any one of them suffices."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "alarm_id": "3f0d2c5e-52fb-5b07-9be9-21b56a3c9d50",
                    "received_at": "2026-11-23T22:00:00.120Z",
                    "deadline_at": "2026-11-23T22:00:05.120Z",
                    "stored_in": ["database", "broker"],
                }
            ]
        }
    )

    alarm_id: UUID
    received_at: AwareDatetime
    deadline_at: AwareDatetime
    stored_in: tuple[Literal["database", "broker", "dispatch"], ...]
