"""A canary, as the worker sends it."""

from pydantic import Field

from contracts.values import Incoming


class CanaryBody(Incoming):
    """A synthetic press for one control room, at a public place of its area."""

    control_room_id: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
