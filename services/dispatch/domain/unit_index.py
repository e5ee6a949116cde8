"""Where the available units are, and which are nearest: a dictionary of squares."""

import math
import threading
from collections.abc import Callable, Collection, Iterator
from heapq import nsmallest
from itertools import count

from services.dispatch.domain.geography import Point, to_metres, usable

_CELL_M = 2_500.0
_ROUNDING_M = 0.001

_Square = tuple[int, int]
# East and north in metres, zone, control room, and when it gave its last sign of life.
_Unit = tuple[float, float, str, str, float]
_Rank = tuple[float, float, str]  # metres (infinite where unknown), metres as far as one can guess, id


class UnitIndex:
    """Nearest available units, in straight-line metres (their error: see geography).

    A unit whose position is unknown can still be sent: it ranks last, at infinite distance, by its `guess`.
    """

    def __init__(self) -> None:
        self._squares: dict[_Square | None, dict[str, _Unit]] = {}
        self._square_of: dict[str, _Square | None] = {}
        # An API looks for units in one thread and takes over where they are in another.
        self._one_at_a_time = threading.RLock()

    def __len__(self) -> int:
        """Count the available units."""
        return len(self._square_of)

    def upsert(
        self,
        unit_id: str,
        lat: float | None,
        lon: float | None,
        zone: str,
        control_room_id: str,
        available: bool,
        guess: Point | None = None,
        seen: float = math.inf,
    ) -> None:
        """Add or move a unit (degrees, WGS 84); one that is not available leaves the index.

        `guess`: where it may be if its position is unknown; `seen`: its last sign of life, seconds.
        """
        square, east, north = None, math.inf, math.inf
        if lat is not None and lon is not None and usable(Point(lat, lon)):
            east, north = to_metres(lat, lon)
            square = _square(east, north)
        elif guess is not None:
            east, north = to_metres(guess.lat, guess.lon)
        with self._one_at_a_time:
            self.remove(unit_id)
            if available:
                self._square_of[unit_id] = square
                self._squares.setdefault(square, {})[unit_id] = (east, north, zone, control_room_id, seen)

    def remove(self, unit_id: str) -> None:
        """Forget a unit; an unknown one is no error."""
        with self._one_at_a_time:
            if unit_id not in self._square_of:
                return
            square = self._square_of.pop(unit_id)
            units = self._squares[square]
            del units[unit_id]
            if not units:
                del self._squares[square]

    def nearest(
        self,
        point: Point,
        k: int,
        control_room_id: str | Collection[str] | None = None,
        exclude: Collection[str] = (),
        zone: str | Collection[str] | None = None,
        seen_since: float = -math.inf,
    ) -> list[tuple[str, float]]:
        """Find the k nearest available units with their distance in metres (infinite where unknown).

        `control_room_id` and `zone` keep only units of those, `seen_since` (seconds) those that
        gave a sign of life since then. An unusable point puts all units at infinity.
        Who is as far comes in the order of the ids.
        """
        control_room_ids = {control_room_id} if isinstance(control_room_id, str) else control_room_id
        zones = {zone} if isinstance(zone, str) else zone
        east, north = to_metres(point.lat, point.lon) if usable(point) else (-math.inf, -math.inf)
        with self._one_at_a_time:
            found = self._found(
                east,
                north,
                k,
                lambda unit_id, of_zone, of_room, seen: (
                    seen >= seen_since
                    and (control_room_ids is None or of_room in control_room_ids)
                    and (zones is None or of_zone in zones)
                    and unit_id not in exclude
                ),
            )
        return [(unit_id, metres) for metres, _, unit_id in found]

    def _found(
        self, east: float, north: float, k: int, wanted: Callable[[str, str, str, float], bool]
    ) -> list[_Rank]:
        found: list[_Rank] = []
        for squares, seen_up_to in self._rings(east, north):
            for square in squares:
                for unit_id, (x, y, of_zone, of_room, seen) in self._squares[square].items():
                    if wanted(unit_id, of_zone, of_room, seen):
                        away = math.hypot(x - east, y - north)
                        found.append((away if square is not None else math.inf, away, unit_id))
            found = nsmallest(k, found)
            if len(found) >= k > 0 and found[k - 1][0] < seen_up_to:
                break
        return found

    def _rings(self, east: float, north: float) -> Iterator[tuple[list[_Square | None], float]]:
        """Yield occupied squares ring by ring, each with the distance within which all were seen.

        The last is infinity: as soon as rings cost more than a look at every square, the rest
        comes at once.
        """
        if not math.isfinite(east):
            yield list(self._squares), math.inf
            return
        column, row = _square(east, north)
        offset_x, offset_y = east - column * _CELL_M, north - row * _CELL_M
        to_rim = min(offset_x, _CELL_M - offset_x, offset_y, _CELL_M - offset_y)
        done: set[_Square | None] = set()
        for ring in count():
            if (2 * ring + 1) ** 2 > len(self._squares):
                break
            squares = [s for s in _ring(column, row, ring) if s in self._squares]
            done.update(squares)
            yield squares, ring * _CELL_M + to_rim - _ROUNDING_M
        yield [square for square in self._squares if square not in done], math.inf


def _square(east: float, north: float) -> _Square:
    return math.floor(east / _CELL_M), math.floor(north / _CELL_M)


def _ring(column: int, row: int, ring: int) -> list[_Square | None]:
    if ring == 0:
        return [(column, row)]
    left, right, low, high = column - ring, column + ring, row - ring, row + ring
    flat: list[_Square | None] = [(x, y) for x in range(left, right + 1) for y in (low, high)]
    return flat + [(x, y) for y in range(low + 1, high) for x in (left, right)]
