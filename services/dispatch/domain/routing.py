"""Which police zone and control room answer an alarm: decided by where the victim is now."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

import numpy as np
import shapely

from services.dispatch.domain.geography import ControlRoom, Point, Zone, project, to_metres, usable


class Basis(StrEnum):
    """What the decision rests on."""

    CURRENT_FIX = "current_fix"
    LAST_KNOWN = "last_known"
    HOME_ZONE = "home_zone"
    DEFAULT = "default"


class SearchBasis(StrEnum):
    """Where a unit is looked for: the best that is known of where she is."""

    FIX = "fix"
    REGISTERED_ADDRESS = "registered_address"
    # A unit that stands in her zone, or the one that is nearest to the middle of it.
    ZONE = "zone"
    ZONE_MIDDLE = "zone_middle"
    CONTROL_ROOM = "control_room"


class Flag(StrEnum):
    """What the control room must know about a decision."""

    BORDER = "border"
    ABROAD = "abroad"
    FAR = "far"
    NO_LOCATION = "no_location"
    NULL_ISLAND = "null_island"
    INVALID_COORDINATES = "invalid_coordinates"
    SWAPPED_COORDINATES = "swapped_coordinates"


@dataclass(frozen=True, slots=True)
class Defaults:
    """Where an alarm goes when nothing tells, and the distances (metres) of a decision."""

    control_room_id: str
    zone: str | None = None
    border_margin_m: float = 1_000.0
    far_m: float = 50_000.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A zone within the border margin, and how far away it is (metres)."""

    zone: str
    control_room_id: str
    metres: float


@dataclass(frozen=True, slots=True)
class Route:
    """One decision. `point` is the place it rests on (the only one that may be plotted).

    `metres` is the distance to `zone`: 0 inside it; beyond `far_m` only an order of magnitude.
    """

    zone: str | None
    control_room_id: str
    basis: Basis
    point: Point | None
    metres: float
    neighbours: tuple[Neighbour, ...]
    flags: frozenset[Flag]


_CELL_M = 1_000.0
_PIECE_VERTICES = 8
_NULL_ISLAND_DEG = 0.01  # devices without a fix also send 0.0001 and the like
_NO_FLAGS: frozenset[Flag] = frozenset()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a point lies: its zone (by index), the distance to it, and the zones nearby."""

    zone: int
    metres: float
    nearby: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    """What matters to points in one square: zones that may hold them, borders in reach."""

    holders: tuple[int, ...]
    nearby: tuple[int, ...]
    borders: "np.ndarray[tuple[int], np.dtype[np.object_]]"  # one MultiLineString a nearby zone


class Router:
    """Decides by geometry, in memory: no look-up elsewhere, and no float makes it raise.

    Squares are worked out at their first visit. A square out of reach of any border has one
    answer; in the others only the borders in reach are measured, which are the same segments
    that measuring the whole outline would find.
    """

    def __init__(self, zones: Iterable[Zone], control_rooms: Iterable[ControlRoom], defaults: Defaults) -> None:
        """Index the zones; raises ValueError when a zone or a default names an unknown control room or zone."""
        self._zones = sorted(zones, key=lambda zone: zone.id)
        self._by_id = {zone.id: zone for zone in self._zones}
        self._defaults = defaults
        _check_references(self._by_id.values(), {room.id for room in control_rooms}, defaults)
        self._areas = np.array([project(zone.outline) for zone in self._zones])
        shapely.prepare(self._areas)
        self._area_tree = shapely.STRtree(self._areas)
        pieces = [_pieces(area) for area in self._areas]
        self._pieces = np.concatenate(pieces)
        self._piece_zone = np.repeat(np.arange(len(pieces)), [len(p) for p in pieces])
        self._piece_tree = shapely.STRtree(self._pieces)
        self._cells: dict[tuple[int, int], _Place | _Cell] = {}
        self._one_at_a_time = Lock()
        west, south, east, north = shapely.total_bounds(self._areas)
        margin = defaults.border_margin_m
        # Only squares in this box are kept, so that fixes from anywhere cannot fill the memory.
        self._box = (west - margin, south - margin, east + margin, north + margin)

    def route(self, fix: Point | None, home_zone: str | None = None, last_known: Point | None = None) -> Route:
        """Choose zone and control room by the fix, else the last known place, home zone, default."""
        complaint = _complaint(fix)
        if fix is not None and complaint is None:
            return self._route_point(fix, Basis.CURRENT_FIX, _NO_FLAGS)
        flags = frozenset({Flag.NO_LOCATION} | ({complaint} if complaint else set()))
        if last_known is not None and _complaint(last_known) is None:
            return self._route_point(last_known, Basis.LAST_KNOWN, flags)
        home = self._by_id.get(home_zone) if home_zone is not None else None
        if home is not None:
            return Route(home.id, home.control_room_id, Basis.HOME_ZONE, None, 0.0, (), flags)
        defaults = self._defaults
        return Route(defaults.zone, defaults.control_room_id, Basis.DEFAULT, None, 0.0, (), flags)

    def zone_at(self, east: float, north: float) -> str | None:
        """Find the zone that holds a place (metres)."""
        place = self._locate(east, north)
        return self._zones[place.zone].id if place.metres == 0 else None

    def middle(self, zone_id: str) -> Point:
        """Give the middle of a zone, somewhere inside it."""
        outline = self._by_id[zone_id].outline
        middle = outline.centroid if outline.contains(outline.centroid) else outline.representative_point()
        return Point(middle.y, middle.x)

    def _route_point(self, point: Point, basis: Basis, flags: frozenset[Flag]) -> Route:
        place = self._locate(*to_metres(point.lat, point.lon))
        if place.metres > self._defaults.far_m:
            swapped = Point(point.lon, point.lat)
            if _complaint(swapped) is None:
                mirrored = self._locate(*to_metres(swapped.lat, swapped.lon))
                if mirrored.metres == 0:
                    place, point, flags = mirrored, swapped, flags | {Flag.SWAPPED_COORDINATES}
        if place.metres > 0:
            flags |= {Flag.ABROAD}
            if place.metres > self._defaults.far_m:
                flags |= {Flag.FAR}
        zone = self._zones[place.zone]
        neighbours: tuple[Neighbour, ...] = ()
        if place.nearby:
            flags |= {Flag.BORDER}
            neighbours = tuple(
                Neighbour(self._zones[i].id, self._zones[i].control_room_id, metres)
                for i, metres in place.nearby
            )
        return Route(zone.id, zone.control_room_id, basis, point, place.metres, neighbours, flags)

    def _locate(self, x: float, y: float) -> _Place:
        # GEOS builds its indexes at first use, without the interpreter's lock, and is not made for two threads
        # that do so: an API may end with a segmentation fault.
        with self._one_at_a_time:
            return self._located(x, y)

    def _located(self, x: float, y: float) -> _Place:
        west, south, east, north = self._box
        if not (west <= x <= east and south <= y <= north):
            return self._nearest(x, y)
        key = (math.floor(x / _CELL_M), math.floor(y / _CELL_M))
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = self._work_out(*key)
        return cell if isinstance(cell, _Place) else self._locate_near_border(x, y, cell)

    def _locate_near_border(self, x: float, y: float, cell: _Cell) -> _Place:
        distances = shapely.distance(cell.borders, shapely.points(x, y)).tolist()
        metres_to = dict(zip(cell.nearby, distances, strict=True))
        for i in cell.holders:
            if shapely.intersects_xy(self._areas[i], x, y):
                metres_to[i] = 0.0
        margin = self._defaults.border_margin_m
        in_reach = sorted((metres, i) for i, metres in metres_to.items() if metres <= margin)
        if not in_reach:
            return self._nearest(x, y)
        # On a shared border (or where zones overlap) the first id wins: always the same one.
        (metres, zone), *others = in_reach
        return _Place(zone, metres, tuple((i, away) for away, i in others))

    def _nearest(self, x: float, y: float) -> _Place:
        """Find the nearest border, which decides for points in no zone and out of reach of all."""
        found, distances = self._piece_tree.query_nearest(
            shapely.points(x, y), return_distance=True, all_matches=True
        )
        return _Place(int(self._piece_zone[found].min()), float(distances[0]), ())

    def _work_out(self, column: int, row: int) -> _Place | _Cell:
        west, south = column * _CELL_M, row * _CELL_M
        square = shapely.box(west, south, west + _CELL_M, south + _CELL_M)
        holders = sorted(self._area_tree.query(square, predicate="intersects").tolist())
        # One metre more than needed, against rounding at the rim of the square.
        reach = self._defaults.border_margin_m + 1.0
        pieces = self._piece_tree.query(square, predicate="dwithin", distance=reach)
        if len(pieces) == 0 and len(holders) == 1:
            return _Place(holders[0], 0.0, ())
        owners = self._piece_zone[pieces]
        nearby = sorted(set(owners.tolist()))
        borders = [shapely.multilinestrings(self._pieces[pieces[owners == i]]) for i in nearby]
        return _Cell(tuple(holders), tuple(nearby), np.array(borders, dtype=np.object_))


def usable_unit_place(lat: float | None, lon: float | None) -> bool:
    """Say whether a unit can be where it says: one without a fix of its own also says 0,0."""
    return lat is not None and lon is not None and _complaint(Point(lat, lon)) is None


def _complaint(point: Point | None) -> Flag | None:
    """Say why a point cannot be used; None for a good point and for no point at all."""
    if point is None:
        return None
    if not usable(point):
        return Flag.INVALID_COORDINATES
    if abs(point.lat) < _NULL_ISLAND_DEG and abs(point.lon) < _NULL_ISLAND_DEG:
        return Flag.NULL_ISLAND
    return None


def is_place(point: Point) -> bool:
    """Say whether a point can be routed by as it is."""
    return _complaint(point) is None


def _pieces(area: shapely.Geometry) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Cut the outline at vertices into short lines: the same segments, quick to select."""
    lines = [
        shapely.linestrings(xy[start : start + _PIECE_VERTICES + 1])
        for xy in map(shapely.get_coordinates, shapely.get_rings(shapely.get_parts(area)))
        for start in range(0, len(xy) - 1, _PIECE_VERTICES)
    ]
    return np.array(lines, dtype=np.object_)


def _check_references(zones: Collection[Zone], rooms: set[str], defaults: Defaults) -> None:
    if not zones:
        raise ValueError("zones: at least one is needed")
    if defaults.control_room_id not in rooms:
        raise ValueError(f"defaults.control_room_id: {defaults.control_room_id} is not a known control room")
    if defaults.zone is not None and defaults.zone not in {zone.id for zone in zones}:
        raise ValueError(f"defaults.zone: {defaults.zone} is not a known zone")
    for zone in zones:
        if zone.control_room_id not in rooms:
            raise ValueError(f"zone {zone.id}: {zone.control_room_id} is not a known control room")
