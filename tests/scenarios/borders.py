"""Points on both sides of the borders on the map."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from shapely.geometry import Point, shape
from shapely.geometry.base import BaseGeometry

from tools.runtime.native.layout import project_root

LatLon = tuple[float, float]


@dataclass(frozen=True)
class Border:
    """Two points, one in each zone, both `metres` from the border between them."""

    zone: str
    other_zone: str
    control_room_id: str
    other_control_room_id: str
    here: LatLon
    there: LatLon


@cache
def _zones() -> list[tuple[str, str, BaseGeometry]]:
    features = json.loads((project_root() / "infra/geo/belgium.geojson").read_text())["features"]
    return [(f["properties"]["id"], f["properties"]["cic"], shape(f["geometry"])) for f in features]


def border(room: str, other_room: str, metres: float) -> Border:
    """A border between two zones, of one control room or of two, far from any third."""
    return next(_borders(room, other_room, metres))


def _borders(room: str, other_room: str, metres: float) -> Iterator[Border]:
    zones = [zone for zone in _zones() if zone[1] in (room, other_room)]
    for a, b in combinations(zones, 2):
        if {a[1], b[1]} != {room, other_room}:
            continue
        a, b = (a, b) if a[1] == room else (b, a)
        shared = a[2].boundary.intersection(b[2].boundary)
        if shared.length < 0.03:  # degrees: some 3 km
            continue
        middle = shared.interpolate(0.5, normalized=True)
        for degrees in range(0, 360, 20):
            here, there = (_moved(middle, metres, degrees + turn) for turn in (0, 180))
            if a[2].contains(here) and b[2].contains(there) and _alone(middle, {a[0], b[0]}):
                yield Border(a[0], b[0], a[1], b[1], (here.y, here.x), (there.y, there.x))


def _alone(point: Point, allowed: set[str]) -> bool:
    around = point.buffer(0.03)
    return {zone[0] for zone in _zones() if zone[2].intersects(around)} == allowed


def _moved(point: Point, metres: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    north, east = metres * math.cos(angle) / 111_200, metres * math.sin(angle) / 111_200
    return Point(point.x + east / math.cos(math.radians(point.y)), point.y + north)
