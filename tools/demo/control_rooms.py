"""Control rooms, their units and their zones, over HTTP; and what an earlier run left open in them."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Self, TypedDict
from uuid import UUID, uuid5

from shapely import STRtree
from shapely.geometry import Point, shape

from tools.simulation.answers import UnitEntry
from tools.simulation.tracks import PLACES
from tools.simulation.world import World

_UNITS = UUID("1b0f1c60-6a7e-4d7a-8d4b-53a0f3a3b9a5")
GENT = "cic-oost-vlaanderen"


async def units(world: World, count: int) -> list[UnitEntry]:
    """Put units on real places, half of them in and around Ghent; the same list every time."""
    zones = await Zones.load(world)
    ghent = [p for p in PLACES.values() if p.control_room_id == GENT]
    others = [p for p in PLACES.values() if p.control_room_id != GENT]
    made = list[UnitEntry]()
    for number in range(count):
        places = ghent if number % 2 else others
        place = places[number // 2 % len(places)]
        ring = number // (2 * len(places))
        made.append(
            {
                "unit_id": f"u-{uuid5(_UNITS, str(number)).hex[:12]}",
                "callsign": f"{place.name[:12]} {number + 1}",
                "zone_id": zones.at(place.lat, place.lon),
                "control_room_id": place.control_room_id,
                "lat": place.lat + 0.004 * (ring + 1) * (-1) ** number,
                "lon": place.lon + 0.003 * (ring + 1),
                "available": True,
            }
        )
    await put_units(world, made)
    return made


async def put_units(world: World, made: Sequence[UnitEntry]) -> None:
    """Register units, each control room its own."""
    for cic in sorted({unit["control_room_id"] for unit in made}):
        own = [unit for unit in made if unit["control_room_id"] == cic]
        await world.call("PUT", "dispatch", "/v1/units", world.bearer("gateway", cic=cic), own)


class Feature(TypedDict):
    """One zone of a map: `id` is its property."""

    properties: dict[str, str]
    geometry: dict[str, object]


class Geojson(TypedDict):
    """A map of zones."""

    features: list[Feature]


class Zones:
    """Which zone holds a place: the desk of that zone keeps the file."""

    def __init__(self, geojson: Geojson) -> None:
        self.ids = [feature["properties"]["id"] for feature in geojson["features"]]
        self._tree = STRtree([shape(feature["geometry"]) for feature in geojson["features"]])

    @classmethod
    async def load(cls, world: World) -> Self:
        """Load the zones in force."""
        return cls(await world.call("GET", "dispatch", "/v1/zones", world.bearer("admin")))

    def at(self, lat: float, lon: float) -> str:
        """Find the id of the zone at a point, in degrees; the nearest one where none holds it."""
        point = Point(lon, lat)
        inside = self._tree.query(point, predicate="intersects")
        return str(self.ids[inside[0] if len(inside) else self._tree.nearest(point)])


async def policy(world: World, cic: str, **changed: object) -> None:
    """Set how a control room takes its alarms; its supervisor confirms the webhook."""
    body = {"policy": "automatic", "amqp": False, "webhook_url": None, "webhook_secret": None, **changed}
    path = f"/v1/control-rooms/{cic}"
    proposed = await world.call("PUT", "dispatch", path, world.bearer("admin"), body)
    if proposed is not None:
        supervisor, meant = world.bearer("supervisor", cic=cic), {"proposal_id": proposed["proposal_id"]}
        await world.call("POST", "dispatch", f"{path}/webhook/confirm", supervisor, meant)


async def tidy(world: World, control_room_ids: Iterable[str]) -> int:
    """Have a supervisor close what an earlier run left open; returns how many."""
    gate = asyncio.Semaphore(16)

    async def close(cic: str, incident_id: str) -> None:
        body = {"outcome": "technical", "reason": "left open by an earlier simulation"}
        supervisor = world.bearer("supervisor", cic=cic)
        async with gate:
            await world.call("POST", "dispatch", f"/v1/incidents/{incident_id}/close", supervisor, body)

    async def left_open(cic: str) -> list[tuple[str, str]]:
        path, supervisor = f"/v1/control-rooms/{cic}/incidents", world.bearer("supervisor", cic=cic)
        found = await world.call("GET", "dispatch", path, supervisor)
        own = [incident for incident in found if incident["control_room_id"] == cic]
        alike = [(incident["group"] or {}).get("incident_ids", [incident["incident_id"]]) for incident in own]
        return [(cic, incident_id) for ids in alike for incident_id in ids]

    left = [each for found in await asyncio.gather(*map(left_open, control_room_ids)) for each in found]
    await asyncio.gather(*(close(*each) for each in left))
    return len(left)
