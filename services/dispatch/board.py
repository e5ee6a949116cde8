"""What a process of dispatch keeps in memory to decide without asking anyone: map, rooms, free units."""

import logging
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from chassis.sql import Statement, send
from contracts.common import Fix
from services.dispatch.geography import Point, load_map, parse_zones
from services.dispatch.models import MapRow
from services.dispatch.routing import Defaults, Route, Router
from services.dispatch.settings import DispatchSettings
from services.dispatch.unit_index import UnitIndex

log = logging.getLogger(__name__)

# Read again what changed a little earlier than last seen: commits become visible out of order, and every
# so many times much earlier, for a transaction that took long.
_LOOK_BACK = timedelta(seconds=2)
_LOOK_FAR_BACK, _FAR_EVERY = timedelta(seconds=15), 20
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_ROOMS = b"SELECT id, policy, amqp, webhook_url FROM control_rooms"
_UNITS = (
    b"SELECT id, callsign, lat, lon, zone_id, cic_id, available, order_id, changed_at FROM units "
    b"WHERE (changed_at, id) > (%(since)s, %(last)s) ORDER BY changed_at, id LIMIT %(page)s"
)
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
        self.callsigns: dict[str, str] = {}
        self.rooms: dict[str, Room] = {
            room.id: Room(room.id, "proposed", False, False, room.neighbours) for room in rooms
        }
        self.control_rooms = {room.id: room for room in rooms}
        self._seen: datetime | None = None
        self._refreshed = 0

    def refresh(self, session: Session) -> None:
        """Take over what other processes changed; cheap when little did."""
        self._refresh_map(session)
        back = _LOOK_FAR_BACK if self._refreshed % _FAR_EVERY == 0 else _LOOK_BACK
        self._refreshed += 1
        since = self._seen - back if self._seen else _ALWAYS
        [rooms] = send(session, Statement(_ROOMS, {}))
        for row in rooms:
            known = self.rooms.get(row.id)
            if known is not None:
                self.rooms[row.id] = Room(row.id, row.policy, row.amqp, bool(row.webhook_url), known.neighbours)
        self._refresh_units(session, since)

    def _refresh_units(self, session: Session, since: datetime) -> None:
        """Page by page: presses must not wait while ten thousand units move."""
        last = ""
        while True:
            [units] = send(session, Statement(_UNITS, {"since": since, "last": last, "page": _PAGE}))
            for unit in units:
                free = unit.available and unit.order_id is None
                self.callsigns[unit.id] = unit.callsign
                self.units.upsert(unit.id, unit.lat, unit.lon, unit.zone_id, unit.cic_id, free)
            if units:
                since, last = units[-1].changed_at, units[-1].id
                self._seen = max(self._seen or since, since)
            if len(units) < _PAGE:
                return
            sleep(0)  # lets other threads and greenlets run

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


def _point(fix: Fix | None) -> Point | None:
    return Point(fix.lat, fix.lon) if fix is not None else None


def import_map(session: Session, geojson: dict[str, Any], by: str, at: datetime, rooms: set[str]) -> int:
    """Store real zones after checking them; raises geography.InvalidMapError naming feature and field."""
    zones = parse_zones(geojson, rooms)
    session.add(MapRow(geojson=geojson, imported_at=at, imported_by=by))
    return len(zones)
