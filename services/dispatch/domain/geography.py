"""The map: police zones and control rooms, and the metres in which distances are reckoned."""

import math
from dataclasses import dataclass

import numpy as np
import shapely

# One degree of latitude and of longitude on the WGS 84 ellipsoid at 50.5 N. Anywhere in Belgium
# (49.5-51.5 N) a north-south distance is right within 0.02 %, an east-west one within 2.2 %.
METRES_PER_LAT = 111_239.0
METRES_PER_LON = 70_949.0

# South, west, north, east of Belgium.
BELGIUM = (49.49, 2.54, 51.51, 6.41)


@dataclass(frozen=True, slots=True)
class Point:
    """A place in degrees, WGS 84."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Names:
    """A name in the languages of the country."""

    nl: str
    fr: str
    de: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A police zone; `stand_in` when its outline only stands in for the real one."""

    id: str
    names: Names
    control_room_id: str
    province: str | None
    stand_in: bool
    source: str | None
    outline: shapely.Polygon | shapely.MultiPolygon  # x = longitude, y = latitude


@dataclass(frozen=True, slots=True)
class ControlRoom:
    """A control room (CIC) with the rooms that take over from it, first choice first."""

    id: str
    names: Names
    province: str | None
    seat: Point
    neighbours: tuple[str, ...]


def to_metres(lat: float, lon: float) -> tuple[float, float]:
    """Convert degrees to metres east and north (equirectangular at 50.5 N; errors: see METRES_PER_LAT)."""
    return lon * METRES_PER_LON, lat * METRES_PER_LAT


def project(outline: shapely.Geometry) -> shapely.Geometry:
    """Project a geometry in degrees to the metres of `to_metres`."""
    scale = np.array([METRES_PER_LON, METRES_PER_LAT])
    return shapely.transform(outline, lambda xy: xy * scale)


def usable(point: Point | None) -> bool:
    """Say whether a point is somewhere on Earth (finite, in range)."""
    return (
        point is not None
        and math.isfinite(point.lat)
        and abs(point.lat) <= 90
        and math.isfinite(point.lon)
        and abs(point.lon) <= 180
    )
