"""How many routing decisions one core takes a second: python -m tools.bench.routing."""

import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import shapely

from services.dispatch.domain.geography import BELGIUM, Point, Zone
from services.dispatch.domain.map_reading import load_map
from services.dispatch.domain.routing import Defaults, Router
from services.dispatch.domain.unit_index import UnitIndex

MAP = Path(__file__).parents[2] / "infra" / "geo" / "belgium.geojson"
ZONES = 200
UNITS = 10_000
DECISIONS = 20_000


def split_to(zones: list[Zone], wanted: int) -> list[Zone]:
    """Halve the largest zones until there are as many as wanted."""
    zones = list(zones)
    while len(zones) < wanted:
        largest = max(zones, key=lambda zone: zone.outline.area)
        zones.remove(largest)
        west, south, east, north = largest.outline.bounds
        middle = (west + east) / 2
        halves = (shapely.box(west, south, middle, north), shapely.box(middle, south, east, north))
        for letter, half in zip("ab", halves, strict=True):
            parts = shapely.get_parts(shapely.intersection(largest.outline, half))
            outline = shapely.MultiPolygon([p for p in parts if isinstance(p, shapely.Polygon)])
            zones.append(replace(largest, id=f"{largest.id}-{letter}", outline=outline))
    return zones


def random_points(zones: list[Zone], number: int, rng: random.Random) -> list[Point]:
    """Spread points evenly over the zones' territory."""
    south, west, north, east = BELGIUM
    country = shapely.union_all([zone.outline for zone in zones])
    shapely.prepare(country)
    points: list[Point] = []
    while len(points) < number:
        lat, lon = rng.uniform(south, north), rng.uniform(west, east)
        if shapely.intersects_xy(country, lon, lat):
            points.append(Point(lat, lon))
    return points


def measure(seed: int = 1) -> dict[str, float]:
    """Measure decisions a second, and their parts: route, five nearest units, one unit's move."""
    zones, rooms = load_map(MAP)
    zones = split_to(zones, ZONES)
    rng = random.Random(seed)  # noqa: S311 - a repeatable load, no secret
    router = Router(zones, rooms, Defaults(control_room_id=rooms[0].id))
    places = random_points(zones, UNITS + DECISIONS, rng)
    index = UnitIndex()
    for number, place in enumerate(places[:UNITS]):
        index.upsert(f"u{number}", place.lat, place.lon, "", "", available=True)
    fixes = places[UNITS:]
    moves = [(f"u{rng.randrange(UNITS)}", rng.choice(places)) for _ in fixes]

    def decide(number: int) -> None:
        unit, to = moves[number]
        router.route(fixes[number])
        index.nearest(fixes[number], 5)
        index.upsert(unit, to.lat, to.lon, "", "", available=True)

    figures = {"zones": float(len(zones)), "units": float(len(index))}
    # The first round also works out the squares of the map that it visits.
    figures["cold_per_s"] = _rate(decide)
    figures["routing_per_s"] = _rate(decide)
    figures["route_per_s"] = _rate(lambda number: router.route(fixes[number]))
    figures["nearest_per_s"] = _rate(lambda number: index.nearest(fixes[number], 5))
    border = sum(bool(router.route(fix).neighbours) for fix in fixes)
    figures["border_share"] = round(border / len(fixes), 3)
    return figures


def _rate(step: Callable[[int], object]) -> float:
    start = time.perf_counter()
    for number in range(DECISIONS):
        step(number)
    return round(DECISIONS / (time.perf_counter() - start))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()) + "\n")
