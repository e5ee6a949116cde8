"""Units as their control room reports them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be registered; degrees WGS84. Half a place is none: the last that is known stays then."""

    unit_id: str
    callsign: str
    zone_id: str
    control_room_id: str
    lat: float | None
    lon: float | None
    available: bool


@dataclass(frozen=True, slots=True)
class Position:
    """Where a unit is now, in degrees WGS84; `available` None: as it was."""

    unit_id: str
    lat: float
    lon: float
    available: bool | None
