"""What a process of dispatch keeps in memory to decide without asking anyone: map, rooms, free units."""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep
from typing import NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from chassis.database.database import Database
from chassis.database.isolation import apart
from chassis.database.sql import Statement, send
from chassis.runtime import clock
from contracts.common import Fix
from services.dispatch.domain.geography import Point, Zone, to_metres
from services.dispatch.domain.map_reading import load_map, parse_zones
from services.dispatch.domain.routing import Defaults, Flag, Route, Router, SearchBasis, usable_unit_place
from services.dispatch.domain.unit_index import UnitIndex
from services.dispatch.models import MapRow
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.rows import KnownUnitRow

log = logging.getLogger(__name__)

# Read again what changed a little earlier than last seen: commits become visible out of order. Every so many
# times all of it: no clock that ran ahead, and no transaction that took long, may hide a unit that is free.
_LOOK_BACK, _WHOLE_EVERY = timedelta(seconds=2), 5
# What other clocks may be ahead of this one.
_AHEAD = timedelta(seconds=2)
_ROOMS = b"SELECT id, policy, amqp, webhook_url FROM control_rooms"
_UNITS = (
    b"SELECT id, callsign, lat, lon, zone_id, control_room_id, lent_to, available, seen_at, order_id, "
    b"changed_at FROM units "
)
_CHANGED = _UNITS + (
    b"WHERE (changed_at, id) > (%(since)s, %(last)s) AND changed_at <= %(until)s "
    b"ORDER BY changed_at, id LIMIT %(page)s"
)
_ALL = _UNITS + b"WHERE id > %(last)s ORDER BY id LIMIT %(page)s"
_PAGE = 200
# Without a place of hers: among so many that are nearest to the middle of her zone those that stand in it.
_LOOK_AT = 64
_MAP_ID = text("SELECT max(id) FROM maps")


@dataclass(frozen=True, slots=True)
class Room:
    """A control room as routing needs it."""

    id: str
    policy: str
    amqp: bool
    webhook: bool
    neighbours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Where a unit is looked for. `zone`: those that stand in it come first."""

    point: Point
    basis: SearchBasis
    zone: str | None = None


class Candidate(NamedTuple):
    """A free unit, how far it is from where one looks (metres; None: unknown), and what that rests on.

    `silent`: it gave no sign of life for long, but nobody else did either.
    """

    unit_id: str
    metres: float | None
    basis: SearchBasis
    silent: bool = False


class KnownUnit(NamedTuple):
    """What is shown of a unit beside where it is."""

    callsign: str
    control_room_id: str
    zone_id: str
    seen_at: datetime | None
    # East and north in metres; also while it is not free.
    place: tuple[float, float] | None = None


class Situation:
    """Rebuilt from the database; `refresh` reads what changed. Never the last word: the database is."""

    def __init__(self, settings: DispatchSettings) -> None:
        self._settings = settings
        zones, rooms = load_map(settings.map_path)
        self._map_rooms = rooms
        self._defaults = Defaults(settings.default_control_room, border_margin_m=settings.border_margin_m)
        self.router = Router(zones, rooms, self._defaults)
        self.zones = zones
        self._middles: dict[str, Point | None] = {}
        self.map_id: int | None = None
        self._refused_map: int | None = None
        self.units = UnitIndex()
        self.known: dict[str, KnownUnit] = {}
        self.rooms: dict[str, Room] = {
            room.id: Room(room.id, "proposed", False, False, room.neighbours) for room in rooms
        }
        self.control_rooms = {room.id: room for room in rooms}
        self._seen: datetime | None = None
        self._refreshed = 0

    def room(self, room_id: str) -> Room:
        """Give a control room; one that no map has any more proposes, and its neighbour is the default one."""
        known = self.rooms.get(room_id)
        return known or Room(room_id, "proposed", False, False, (self._defaults.control_room_id,))

    def refresh_from(self, database: Database) -> None:
        """Take over what changed in the database; raises SQLAlchemy's errors."""
        with database.read() as session:
            self.refresh(session)

    def refresh(self, session: Session) -> None:
        """Take over what other processes changed; cheap when little did."""
        self._refresh_map(session)
        [rooms] = send(session, Statement(_ROOMS, {}))
        for row in rooms:
            known = self.rooms.get(row.id)
            if known is not None:
                self.rooms[row.id] = Room(row.id, row.policy, row.amqp, bool(row.webhook_url), known.neighbours)
        now = clock.now()
        if self._seen is None or self._refreshed % _WHOLE_EVERY == 0:
            self._read_all_units(session)
        else:
            # By the clock of this process, not by the newest change: that may come from one that ran ahead.
            self._read_changed_units(session, min(self._seen, now) - _LOOK_BACK, now + _AHEAD)
        self._seen = now
        self._refreshed += 1

    def _read_changed_units(self, session: Session, since: datetime, until: datetime) -> None:
        for units in _pages(session, _CHANGED, since=since, until=until):
            self._take_over(units)

    def _read_all_units(self, session: Session) -> None:
        found = set[str]()
        for units in _pages(session, _ALL):
            self._take_over(units)
            found.update(unit.id for unit in units)
        for gone in self.known.keys() - found:
            self.units.remove(gone)
            del self.known[gone]

    def _take_over(self, units: Sequence[KnownUnitRow]) -> None:
        for unit in units:
            with apart("unit", unit.id):
                self._take_over_one(unit)

    def _take_over_one(self, unit: KnownUnitRow) -> None:
        free = unit.available and unit.order_id is None
        lat, lon = (unit.lat, unit.lon) if usable_unit_place(unit.lat, unit.lon) else (None, None)
        place = to_metres(lat, lon) if lat is not None and lon is not None else None
        self.known[unit.id] = KnownUnit(unit.callsign, unit.control_room_id, unit.zone_id, unit.seen_at, place)
        # While it is lent it is the other room's to propose.
        works_for = unit.lent_to or unit.control_room_id
        guess = self.middle(unit.zone_id) if lat is None else None
        self.units.upsert(unit.id, lat, lon, unit.zone_id, works_for, free, guess, _seconds(unit.seen_at))

    def _refresh_map(self, session: Session) -> None:
        newest = session.execute(_MAP_ID).scalar_one()
        if newest is None or newest in (self.map_id, self._refused_map):
            return
        row = session.get_one(MapRow, newest)
        self._refused_map = newest
        with apart("map", newest):
            zones = parse_zones(row.geojson, set(self.rooms))
            router = Router(zones, self._map_rooms, self._defaults)
            self._refused_map = None
        if self._refused_map is not None:
            # The one before is better than none, and units move on it.
            return
        self.zones, self.router, self._middles = zones, router, {}
        self.map_id = newest
        log.info("map %s in force: %d zones", newest, len(self.zones))

    def route(self, fix: Fix | None, home_zone: str | None, last_known: Fix | None = None) -> Route:
        """Choose zone and control room by a fix, else by the last known place, else by the home zone."""
        return self.router.route(_point(fix), home_zone, _point(last_known))

    def middle(self, zone_id: str) -> Point | None:
        """Give the middle of a zone of the map in force; None for any other."""
        if zone_id not in self._middles:
            known = any(zone.id == zone_id for zone in self.zones)
            self._middles[zone_id] = self.router.middle(zone_id) if known else None
        return self._middles[zone_id]

    def zone_of(self, lat: float | None, lon: float | None, registered: str) -> str | None:
        """Find the zone that a unit stands in; where its position is unknown, the one it is registered in."""
        if lat is None or lon is None or not usable_unit_place(lat, lon):
            return registered
        return self.router.zone_at(*to_metres(lat, lon))

    def search(self, route: Route, home: Point | None) -> Search:
        """Choose where to look for a unit: at her place, else her registered address, else about the zone."""
        if route.point is not None:
            return Search(route.point, SearchBasis.FIX)
        at_home = self.router.route(home)
        if at_home.point is not None and Flag.FAR not in at_home.flags:
            return Search(at_home.point, SearchBasis.REGISTERED_ADDRESS)
        middle = self.middle(route.zone) if route.zone is not None else None
        if middle is not None:
            return Search(middle, SearchBasis.ZONE, route.zone)
        return Search(self.control_rooms[route.control_room_id].seat, SearchBasis.CONTROL_ROOM)

    def candidates(
        self, route: Route, search: Search, exclude: frozenset[str] = frozenset(), k: int = 6
    ) -> list[Candidate]:
        """Find the `k` nearest free units: own control room first, then neighbours.

        Those that gave a sign of life lately; only where there is none of these, those that are silent.
        """
        rooms = (
            {route.control_room_id, *(n.control_room_id for n in route.neighbours)},
            set(self.room(route.control_room_id).neighbours),
        )
        for since in (self._fresh_since(), -math.inf):
            for control_room_ids in rooms:
                if found := self._nearest(search, control_room_ids, exclude, k, since):
                    return [each._replace(silent=not math.isfinite(since)) for each in found]
        return []

    def is_fresh(self, seen_at: datetime | None) -> bool:
        """Say whether a sign of life is young enough to count on a unit."""
        return _seconds(seen_at) >= self._fresh_since()

    def _fresh_since(self) -> float:
        return clock.now().timestamp() - self._settings.unit_fresh_s

    def _nearest(
        self, search: Search, control_room_ids: set[str], exclude: frozenset[str], k: int, since: float
    ) -> list[Candidate]:
        look_at = k if search.zone is None else max(k, _LOOK_AT)
        found = [
            Candidate(unit_id, metres if math.isfinite(metres) else None, search.basis)
            for unit_id, metres in self.units.nearest(
                search.point, look_at, control_room_id=control_room_ids, exclude=exclude, seen_since=since
            )
        ]
        if search.zone is None:
            return found
        inside = [each for each in found if self._stands_in(each.unit_id, search.zone)]
        outside = [each._replace(basis=SearchBasis.ZONE_MIDDLE) for each in found if each not in inside]
        return (inside + outside)[:k]

    def measure(self, unit_id: str, search: Search) -> Candidate:
        """Measure how far away a chosen unit is, as for one that was looked for."""
        known, basis = self.known.get(unit_id), search.basis
        place = known.place if known is not None else None
        if search.zone is not None and not self._stands_in(unit_id, search.zone):
            basis = SearchBasis.ZONE_MIDDLE
        metres = math.dist(place, to_metres(search.point.lat, search.point.lon)) if place else None
        return Candidate(unit_id, metres, basis)

    def _stands_in(self, unit_id: str, zone_id: str) -> bool:
        """Say whether a unit is in a zone; where its position is unknown, whether it is registered there."""
        known = self.known.get(unit_id)
        if known is None or known.place is None:
            return known is not None and known.zone_id == zone_id
        return self.router.zone_at(*known.place) == zone_id


def _pages(session: Session, query: bytes, **given: object) -> Iterator[Sequence[KnownUnitRow]]:
    """Read units page by page: presses must not wait while ten thousand of them move."""
    given |= {"last": "", "page": _PAGE}
    while True:
        units: list[KnownUnitRow]
        [units] = send(session, Statement(query, given))
        if units:
            given |= {"since": units[-1].changed_at, "last": units[-1].id}
            yield units
        if len(units) < _PAGE:
            return
        sleep(0)  # lets other threads and greenlets run


def _seconds(seen_at: datetime | None) -> float:
    """Say when a unit was seen; never, where that lies in the future: nobody knows then how long ago it was."""
    if seen_at is None or seen_at > clock.now() + _AHEAD:
        return -math.inf
    return seen_at.timestamp()


def _point(fix: Fix | None) -> Point | None:
    return Point(fix.lat, fix.lon) if fix is not None else None


def import_map(
    session: Session, geojson: dict[str, object], by: str, at: datetime, rooms: set[str]
) -> list[Zone]:
    """Store real zones after checking them; raises map_reading.InvalidMapError naming feature and field."""
    zones = parse_zones(geojson, rooms)
    session.add(MapRow(geojson=geojson, imported_at=at, imported_by=by))
    return zones
