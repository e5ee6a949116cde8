"""Reads the map from GeoJSON, and checks it before use."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape

from services.dispatch.domain.geography import (
    BELGIUM,
    METRES_PER_LAT,
    METRES_PER_LON,
    ControlRoom,
    Names,
    Point,
    Zone,
    project,
)

# How far a zone may reach beyond Belgium (territorial sea).
_MARGIN_DEG = 0.5

_OVERLAP_M2 = 10_000.0  # less is digitising noise
_GAP_M2 = 100.0

# What shapely and numpy raise on coordinates that are not nested lists of numbers.
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    shapely.GEOSException,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field; `feature` counts from 1, None is the file itself."""

    feature: int | None
    field: str
    detail: str

    def __str__(self) -> str:
        where = "file" if self.feature is None else f"feature {self.feature}"
        return f"{where}, {self.field}: {self.detail}"


class InvalidMapError(ValueError):
    """The GeoJSON cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))


class _FieldError(ValueError):
    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def load_map(path: Path) -> tuple[list[Zone], list[ControlRoom]]:
    """Load zones and control rooms from a map file (as infra/geo makes it); raises InvalidMapError."""
    try:
        collection = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InvalidMapError([Problem(None, "json", str(error))]) from error
    rooms = parse_control_rooms(collection)
    return parse_zones(collection, {room.id for room in rooms}), rooms


def parse_control_rooms(geojson: object) -> list[ControlRoom]:
    """Read the file's `control_rooms`; raises InvalidMapError naming the entry and the field."""
    entries = geojson.get("control_rooms") if isinstance(geojson, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise InvalidMapError([Problem(None, "control_rooms", "a list of control rooms is needed")])
    rooms: list[ControlRoom] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries):
        try:
            rooms.append(_control_room(entry))
        except _FieldError as error:
            problems.append(Problem(None, f"control_rooms[{number}].{error.field}", str(error)))
    known = [room.id for room in rooms]
    for room in rooms:
        if known.count(room.id) > 1:
            problems.append(Problem(None, "control_rooms.id", f"{room.id} is used twice"))
        problems += [
            Problem(None, "control_rooms.neighbours", f"{room.id} names unknown {other}")
            for other in room.neighbours
            if other not in known
        ]
    if problems:
        raise InvalidMapError(problems)
    return rooms


def parse_zones(geojson: object, known_control_rooms: Collection[str] | None = None) -> list[Zone]:
    """Read the zones of a FeatureCollection, in order of id; raises InvalidMapError with every problem.

    Without `known_control_rooms` the file's own `control_rooms` say which control rooms exist.
    """
    if known_control_rooms is None:
        known_control_rooms = {room.id for room in parse_control_rooms(geojson)}
    features = geojson.get("features") if isinstance(geojson, Mapping) else None
    if not isinstance(features, list) or not features:
        raise InvalidMapError([Problem(None, "features", "a list of features is needed")])
    zones: dict[str, Zone] = {}
    problems: list[Problem] = []
    for number, feature in enumerate(features, start=1):
        try:
            zone = _zone(feature, known_control_rooms)
            if zone.id in zones:
                raise _FieldError("id", f"{zone.id} is used twice")
            zones[zone.id] = zone
        except _FieldError as error:
            problems.append(Problem(number, error.field, str(error)))
    if problems:
        raise InvalidMapError(problems)
    return [zones[zone_id] for zone_id in sorted(zones)]


def coverage_warnings(zones: Collection[Zone]) -> list[str]:
    """List overlaps and gaps between zones; a gap may be right (Baarle, or land across the border)."""
    listed = sorted(zones, key=lambda zone: zone.id)
    areas = [project(zone.outline) for zone in listed]
    warnings = []
    for left, right in shapely.STRtree(areas).query(areas, predicate="intersects").T.tolist():
        if left < right:
            shared = shapely.area(shapely.intersection(areas[left], areas[right]))
            if shared > _OVERLAP_M2:
                names = f"{listed[left].id} and {listed[right].id}"
                warnings.append(f"{names} overlap by {shared / 1e6:.2f} km2")
    for part in shapely.get_parts(shapely.union_all(areas)):
        for ring in shapely.get_rings(part)[1:]:
            gap = shapely.Polygon(ring)
            if gap.area > _GAP_M2:
                lat, lon = gap.centroid.y / METRES_PER_LAT, gap.centroid.x / METRES_PER_LON
                warnings.append(f"gap of {gap.area / 1e6:.4f} km2 at {lat:.5f}, {lon:.5f}")
    return warnings


def _control_room(entry: object) -> ControlRoom:
    if not isinstance(entry, Mapping):
        raise _FieldError("", "is not an object")
    neighbours = entry.get("neighbours", [])
    if not isinstance(neighbours, list) or not all(isinstance(n, str) for n in neighbours):
        raise _FieldError("neighbours", "is not a list of ids")
    return ControlRoom(
        id=_text(entry, "id"),
        names=_names(entry),
        province=_optional_text(entry, "province"),
        seat=_seat(entry.get("seat")),
        neighbours=tuple(neighbours),
    )


def _seat(value: object) -> Point:
    if not isinstance(value, Mapping):
        raise _FieldError("seat", "lat and lon are needed")
    try:
        lat, lon = float(value["lat"]), float(value["lon"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _FieldError("seat", "lat and lon are needed, as numbers") from error
    _check_inside(np.array([[lon, lat]]), "seat")
    return Point(lat, lon)


def _zone(feature: object, known_control_rooms: Collection[str]) -> Zone:
    if not isinstance(feature, Mapping) or not isinstance(feature.get("properties"), Mapping):
        raise _FieldError("properties", "is not an object")
    properties = feature["properties"]
    control_room_id = _text(properties, "cic")
    if control_room_id not in known_control_rooms:
        raise _FieldError("cic", f"{control_room_id} is not a known control room")
    return Zone(
        id=_text({"id": feature.get("id"), **properties}, "id"),
        names=_names(properties),
        control_room_id=control_room_id,
        province=_optional_text(properties, "province"),
        # A map that does not say that it is the real one is not taken for it.
        stand_in=properties.get("stand_in") is not False,
        source=_optional_text(properties, "source"),
        outline=_outline(feature.get("geometry")),
    )


def _text(holder: Mapping[str, object], field: str) -> str:
    value = holder.get(field)
    if not isinstance(value, str) or not value.strip():
        raise _FieldError(field, "is missing" if value is None else "is not a text")
    return value


def _optional_text(holder: Mapping[str, object], field: str) -> str | None:
    return None if holder.get(field) is None else _text(holder, field)


def _names(holder: Mapping[str, object]) -> Names:
    given = holder.get("names")
    if not isinstance(given, Mapping):
        raise _FieldError("names", "nl, fr or de is needed")
    found = {lang: given[lang] for lang in ("nl", "fr", "de") if given.get(lang)}
    if not found or not all(isinstance(name, str) for name in found.values()):
        raise _FieldError("names", "nl, fr or de is needed, as text")
    fallback = next(iter(found.values()))
    return Names(*(found.get(lang, fallback) for lang in ("nl", "fr", "de")))


def _outline(geometry: object) -> shapely.Polygon | shapely.MultiPolygon:
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if not isinstance(geometry, Mapping) or kind not in ("Polygon", "MultiPolygon"):
        raise _FieldError("geometry", f"is {kind or 'missing'}, not a Polygon or MultiPolygon")
    try:
        outline = shapely.force_2d(shape(dict(geometry)))
    except _UNREADABLE as error:
        raise _FieldError("geometry", f"coordinates cannot be read: {error}") from error
    if not isinstance(outline, shapely.Polygon | shapely.MultiPolygon) or outline.is_empty:
        raise _FieldError("geometry", "is empty")
    _check_inside(shapely.get_coordinates(outline), "geometry")
    if not outline.is_valid:
        raise _FieldError("geometry", f"crosses itself: {shapely.is_valid_reason(outline)}")
    return outline


def _check_inside(lonlat: npt.NDArray[np.float64], field: str) -> None:
    if not np.isfinite(lonlat).all():
        raise _FieldError(field, "has a coordinate that is not a finite number")
    if _within_belgium(lonlat):
        return
    if _within_belgium(lonlat[:, ::-1]):
        raise _FieldError(field, "has latitude and longitude swapped: GeoJSON wants lon, lat")
    if np.abs(lonlat).max() > 360:
        raise _FieldError(field, "is in metres, not in degrees: reproject it to WGS 84")
    raise _FieldError(field, "lies outside Belgium")


def _within_belgium(lonlat: npt.NDArray[np.float64]) -> bool:
    south, west, north, east = BELGIUM
    low = np.array([west, south]) - _MARGIN_DEG
    high = np.array([east, north]) + _MARGIN_DEG
    return bool((lonlat >= low).all() and (lonlat <= high).all())
