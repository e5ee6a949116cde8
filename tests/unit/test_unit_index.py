import math

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.dispatch.domain.geography import Point, to_metres, usable
from services.dispatch.domain.unit_index import UnitIndex

# Few places, so that conflicts of interest and shared squares are common; any float besides.
PLACES = st.sampled_from([50.0, 50.2, 50.5, 51.0]) | st.floats(49.0, 52.0) | st.floats()
LONGITUDES = st.sampled_from([3.0, 3.7, 4.4, 6.0]) | st.floats(2.0, 7.0) | st.floats()
UNITS = st.sampled_from([f"u{n}" for n in range(30)])
CONTROL_ROOMS = st.sampled_from(["north", "south", "east"])
ZONES = st.sampled_from(["z1", "z2"])


def metres(point: Point, lat: float | None, lon: float | None) -> float:
    if lat is None or lon is None or not usable(Point(lat, lon)) or not usable(point):
        return math.inf
    ax, ay = to_metres(point.lat, point.lon)
    bx, by = to_metres(lat, lon)
    return math.hypot(bx - ax, by - ay)


class IndexMachine(RuleBasedStateMachine):
    """The index beside a plain dictionary that measures every unit."""

    def __init__(self) -> None:
        super().__init__()
        self.index = UnitIndex()
        self.plain: dict[str, tuple[float | None, float | None, str, str]] = {}

    @rule(
        unit=UNITS,
        lat=PLACES | st.none(),
        lon=LONGITUDES | st.none(),
        zone=ZONES,
        control_room_id=CONTROL_ROOMS,
        available=st.sampled_from([True, True, True, False]),
    )
    def upsert(
        self, unit: str, lat: float | None, lon: float | None, zone: str, control_room_id: str, available: bool
    ) -> None:
        self.index.upsert(unit, lat, lon, zone, control_room_id, available)
        self.plain.pop(unit, None)
        if available:
            self.plain[unit] = (lat, lon, zone, control_room_id)

    @rule(unit=UNITS)
    def remove(self, unit: str) -> None:
        self.index.remove(unit)
        self.plain.pop(unit, None)

    @rule(
        lat=PLACES,
        lon=LONGITUDES,
        k=st.integers(-1, 35),
        control_room_ids=st.none() | CONTROL_ROOMS | st.sets(CONTROL_ROOMS),
        zones=st.none() | ZONES,
        exclude=st.sets(UNITS, max_size=5),
    )
    def nearest(
        self,
        lat: float,
        lon: float,
        k: int,
        control_room_ids: str | set[str] | None,
        zones: str | None,
        exclude: set[str],
    ) -> None:
        point = Point(lat, lon)
        wanted = {control_room_ids} if isinstance(control_room_ids, str) else control_room_ids
        ranked = sorted(
            (metres(point, at, on), unit)
            for unit, (at, on, zone, control_room_id) in self.plain.items()
            if (wanted is None or control_room_id in wanted)
            and (zones is None or zone == zones)
            and unit not in exclude
        )
        expected = [(unit, away) for away, unit in ranked[: max(k, 0)]]
        assert (
            self.index.nearest(point, k, control_room_id=control_room_ids, exclude=exclude, zone=zones)
            == expected
        )

    @invariant()
    def counts(self) -> None:
        assert len(self.index) == len(self.plain)


TestIndex = IndexMachine.TestCase
TestIndex.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.lists(st.tuples(st.floats(50.0, 50.3), st.floats(4.0, 4.4)), min_size=200, max_size=200))
@settings(max_examples=20, deadline=None)
def test_a_dense_town_is_searched_square_by_square(spots: list[tuple[float, float]]) -> None:
    index = UnitIndex()
    for number, (lat, lon) in enumerate(spots):
        index.upsert(f"u{number:03}", lat, lon, "z", "c", available=True)
    for lat, lon in spots[:10]:
        point = Point(lat, lon)
        ranked = sorted((metres(point, *spot), f"u{n:03}") for n, spot in enumerate(spots))
        assert index.nearest(point, 5) == [(unit, away) for away, unit in ranked[:5]]


def test_ties_are_told_apart_by_id_and_the_unplaced_come_last() -> None:
    index = UnitIndex()
    for unit in ("c", "a", "b"):
        index.upsert(unit, 51.0, 3.7, "z", "c", available=True)
    index.upsert("0", None, None, "z", "c", available=True)
    found = index.nearest(Point(51.0, 3.7), 4)
    assert found == [("a", 0.0), ("b", 0.0), ("c", 0.0), ("0", math.inf)]


def test_a_moved_unit_is_found_only_where_it_is() -> None:
    index = UnitIndex()
    index.upsert("u", 51.0, 3.7, "z", "c", available=True)
    index.upsert("u", 50.5, 5.5, "z", "c", available=True)
    assert len(index) == 1
    assert index.nearest(Point(50.5, 5.5), 5) == [("u", 0.0)]
    index.upsert("u", 50.5, 5.5, "z", "c", available=False)
    assert index.nearest(Point(50.5, 5.5), 5) == []
