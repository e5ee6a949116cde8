"""What a process of dispatch keeps in memory to decide without asking anyone: map, rooms, free units."""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from chassis import clock
from chassis.sql import Statement, send
from contracts.common import Fix
from services.dispatch.geography import Point, Zone, load_map, parse_zones
from services.dispatch.models import MapRow
from services.dispatch.routing import Defaults, Route, Router
from services.dispatch.settings import DispatchSettings
from services.dispatch.unit_index import UnitIndex

log = logging.getLogger(__name__)

# Read again what changed a little earlier than last seen: commits become visible out of order. Every so many
# times all of it: no clock that ran ahead, and no transaction that took long, may hide a unit that is free.
_LOOK_BACK, _WHOLE_EVERY = timedelta(seconds=2), 5
# What other clocks may be ahead of this one.
_AHEAD = timedelta(seconds=2)
_ROOMS = b"SELECT id, policy, amqp, webhook_url FROM control_rooms"
_UNITS = b"SELECT id, callsign, lat, lon, zone_id, cic_id, available, order_id, changed_at FROM units "
_CHANGED = _UNITS + (
    b"WHERE (changed_at, id) > (%(since)s, %(last)s) AND changed_at <= %(until)s "
    b"ORDER BY changed_at, id LIMIT %(page)s"
)
_ALL = _UNITS + b"WHERE id > %(last)s ORDER BY id LIMIT %(page)s"
_PAGE = 200
_MAP_ID = text("SELECT max(id) FROM maps")


@dataclass(frozen=True, slots=True)
class Room:
    """A control room as routing needs it."""

    id: str
    policy: str
    amqp: bool
    webhook: bool
    neighbours: tuple[str, ...]


class KnownUnit(NamedTuple):
    """What is shown of a unit beside where it is."""

    callsign: str
    cic_id: str


class Board:
    """Rebuilt from the database; `refresh` reads what changed. Never the last word: the database is."""

    def __init__(self, settings: DispatchSettings) -> None:
        self._settings = settings
        zones, rooms = load_map(settings.map_path)
        self._map_rooms = rooms
        self._defaults = Defaults(settings.default_control_room, border_margin_m=settings.border_margin_m)
        self.router = Router(zones, rooms, self._defaults)
        self.zones = zones
        self.map_id: int | None = None
        self.units = UnitIndex()
        self.known: dict[str, KnownUnit] = {}
        self.rooms: dict[str, Room] = {
            room.id: Room(room.id, "proposed", False, False, room.neighbours) for room in rooms
        }
        self.control_rooms = {room.id: room for room in rooms}
        self._seen: datetime | None = None
        self._refreshed = 0

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

    def _take_over(self, units: Sequence[Any]) -> None:
        for unit in units:
            free = unit.available and unit.order_id is None
            self.known[unit.id] = KnownUnit(unit.callsign, unit.cic_id)
            self.units.upsert(unit.id, unit.lat, unit.lon, unit.zone_id, unit.cic_id, free)

    def _refresh_map(self, session: Session) -> None:
        newest = session.execute(_MAP_ID).scalar_one()
        if newest is None or newest == self.map_id:
            return
        row = session.get_one(MapRow, newest)
        self.zones = parse_zones(row.geojson, set(self.rooms))
        self.router = Router(self.zones, self._map_rooms, self._defaults)
        self.map_id = newest
        log.info("map %s in force: %d zones", newest, len(self.zones))

    def route(self, fix: Fix | None, home_zone: str | None, last_known: Fix | None = None) -> Route:
        """Zone and control room of a fix; without one, of the last known place, then of the home zone."""
        return self.router.route(_point(fix), home_zone, _point(last_known))

    def candidates(
        self, route: Route, exclude: frozenset[str] = frozenset(), k: int = 6
    ) -> list[tuple[str, float | None]]:
        """The `k` nearest free units with their distance (metres): own control room first, then neighbours."""
        place = route.point or Point(math.nan, math.nan)
        cics = {route.cic, *(n.cic for n in route.neighbours)}
        found = self.units.nearest(place, k, cic=cics, exclude=exclude)
        if not found:
            found = self.units.nearest(place, k, cic=set(self.rooms[route.cic].neighbours), exclude=exclude)
        return [(unit, metres if math.isfinite(metres) else None) for unit, metres in found]


def _pages(session: Session, query: bytes, **given: Any) -> Iterator[Sequence[Any]]:
    """Page by page: presses must not wait while ten thousand units move."""
    given |= {"last": "", "page": _PAGE}
    while True:
        [units] = send(session, Statement(query, given))
        if units:
            given |= {"since": units[-1].changed_at, "last": units[-1].id}
            yield units
        if len(units) < _PAGE:
            return
        sleep(0)  # lets other threads and greenlets run


def _point(fix: Fix | None) -> Point | None:
    return Point(fix.lat, fix.lon) if fix is not None else None


def import_map(session: Session, geojson: dict[str, Any], by: str, at: datetime, rooms: set[str]) -> list[Zone]:
    """Store real zones after checking them; raises geography.InvalidMapError naming feature and field."""
    zones = parse_zones(geojson, rooms)
    session.add(MapRow(geojson=geojson, imported_at=at, imported_by=by))
    return zones
