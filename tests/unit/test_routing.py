import math
import random
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.dispatch.domain.fix_quality import Quality, quality
from services.dispatch.domain.geography import BELGIUM, ControlRoom, Point, Zone, project, to_metres
from services.dispatch.domain.map_reading import load_map
from services.dispatch.domain.routing import Basis, Defaults, Flag, Route, Router
from tools.bench.routing import MAP, ZONES, random_points, split_to
from tools.simulation.tracks import (
    CROSSES_ROOM,
    CROSSES_ZONE,
    NEAR_ROOM_BORDER,
    NEAR_ZONE_BORDER,
    PLACES,
    Crossing,
    Place,
    Track,
)

SOUTH, WEST, NORTH, EAST = BELGIUM
GENT = Point(51.0546, 3.7219)
EUPEN = Point(50.6279, 6.0366)
AROUND = st.builds(Point, st.floats(SOUTH - 0.1, NORTH + 0.1), st.floats(WEST - 0.1, EAST + 0.1))
ANY_POINT = st.builds(Point, st.floats(), st.floats())
SLOW = settings(max_examples=300, deadline=None)


@cache
def the_map() -> tuple[list[Zone], list[ControlRoom]]:
    return load_map(MAP)


def shifted(zones: list[Zone]) -> list[Zone]:
    """A bad map: every third zone moved 800 m, so that zones overlap and gaps open."""
    moved = [
        replace(zone, outline=shapely.transform(zone.outline, lambda xy: np.add(xy, [0.008, 0.005])))
        for zone in zones[::3]
    ]
    return [*moved, *zones[1::3], *zones[2::3]]


class PlainWay:
    """Measures every whole outline, without squares, trees or pieces."""

    def __init__(self, zones: list[Zone], margin: float) -> None:
        self.zones = sorted(zones, key=lambda zone: zone.id)
        self.areas = np.array([project(zone.outline) for zone in self.zones])
        shapely.prepare(self.areas)
        self.margin = margin

    def answer(self, point: Point) -> tuple[str, float, list[tuple[str, float]]]:
        spot = shapely.points(*to_metres(point.lat, point.lon))
        ranked = sorted(
            (float(away), zone.id)
            for away, zone in zip(shapely.distance(self.areas, spot), self.zones, strict=True)
        )
        (away, chosen), *others = ranked
        return chosen, away, [(zone, m) for m, zone in others if m <= self.margin]


@cache
def both_ways(kind: str, margin: float) -> tuple[Router, PlainWay]:
    zones, rooms = the_map()
    used = {"real": zones, "split": split_to(zones, ZONES), "bad": shifted(zones)}[kind]
    return Router(used, rooms, Defaults("cic-brussel", border_margin_m=margin)), PlainWay(used, margin)


def router() -> Router:
    return both_ways("real", 1_000.0)[0]


def vertex_points(kind: str) -> list[Point]:
    zones = both_ways(kind, 1_000.0)[1].zones
    corners = shapely.get_coordinates([zone.outline for zone in zones])
    picked = random.Random(7).sample(range(len(corners)), 60)
    return [Point(float(corners[i][1]), float(corners[i][0])) for i in picked]


@SLOW
@given(st.sampled_from(["real", "split", "bad"]), st.sampled_from([0.0, 400.0, 1_000.0]), AROUND)
def test_squares_give_the_plain_answer(kind: str, margin: float, point: Point) -> None:
    fast, plain = both_ways(kind, margin)
    route = fast.route(point)
    answer = (route.zone, route.metres, [(n.zone, n.metres) for n in route.neighbours])
    assert answer == plain.answer(point)
    assert (Flag.BORDER in route.flags) == bool(route.neighbours)
    assert (Flag.ABROAD in route.flags) == (route.metres > 0)


@pytest.mark.parametrize("kind", ["real", "bad"])
def test_points_on_a_shared_border_give_the_plain_answer(kind: str) -> None:
    fast, plain = both_ways(kind, 1_000.0)
    for point in vertex_points(kind):
        route = fast.route(point)
        neighbours = [(n.zone, n.metres) for n in route.neighbours]
        assert (route.zone, route.metres, neighbours) == plain.answer(point)


@SLOW
@given(AROUND)
def test_every_point_of_belgium_has_exactly_one_zone(point: Point) -> None:
    _, plain = both_ways("real", 1_000.0)
    spot = shapely.points(*to_metres(point.lat, point.lon))
    holding = [i for i, area in enumerate(plain.areas) if area.intersects(spot)]
    assume(holding)
    # Only a point on the line itself touches several; it still gets one zone, the first.
    assert len(holding) == 1 or all(plain.areas[i].touches(spot) for i in holding)
    route = router().route(point)
    assert route.zone == plain.zones[holding[0]].id
    assert (route.basis, route.metres, route.point) == (Basis.CURRENT_FIX, 0.0, point)


@given(ANY_POINT | st.none(), st.text() | st.none(), ANY_POINT | st.none())
@example(Point(math.nan, 3.7), None, Point(1e308, -1e308))
@example(Point(90.0, 180.0), "gent-1", None)
@example(Point(-math.inf, math.inf), "gent-1", None)
@settings(deadline=None)
def test_no_float_makes_it_raise(fix: Point | None, home: str | None, last: Point | None) -> None:
    route = router().route(fix, home, last)
    assert route.control_room_id
    assert route.metres >= 0
    if route.basis in (Basis.HOME_ZONE, Basis.DEFAULT):
        assert route.point is None
    else:
        assert route.point is not None
        assert (route.point.lat, route.point.lon) != (0, 0)


@given(AROUND, st.sampled_from(["gent-1", "arlon", "unknown"]), AROUND)
@settings(deadline=None)
def test_a_fix_decides_whatever_the_home_zone(fix: Point, home: str, last: Point) -> None:
    assert router().route(fix, home, last) == router().route(fix)


@pytest.mark.parametrize(
    ("fix", "complaint"),
    [
        (None, None),
        (Point(0.0, 0.0), Flag.NULL_ISLAND),
        (Point(-0.0, 0.0001), Flag.NULL_ISLAND),
        (Point(math.nan, 3.7), Flag.INVALID_COORDINATES),
        (Point(51.0, 181.0), Flag.INVALID_COORDINATES),
        (Point(-90.1, 3.7), Flag.INVALID_COORDINATES),
    ],
)
def test_without_a_fix_the_next_best_decides(fix: Point | None, complaint: Flag | None) -> None:
    flags = {Flag.NO_LOCATION} | ({complaint} if complaint else set())
    null = Point(0.0, 0.0)

    def decided(route: Route) -> tuple[str, str | None, str]:
        assert flags <= route.flags
        return route.basis, route.zone, route.control_room_id

    assert decided(router().route(fix, "gent-1", EUPEN)) == (
        "last_known",
        "eupen-sankt-vith-1",
        "cic-liege",
    )
    assert decided(router().route(fix, "gent-1", null)) == (
        "home_zone",
        "gent-1",
        "cic-oost-vlaanderen",
    )
    assert decided(router().route(fix, "unknown", None)) == ("default", None, "cic-brussel")


@settings(deadline=None)
@given(st.sampled_from(list(PLACES.values())))
def test_swapped_coordinates_are_turned_and_flagged(place: Place) -> None:
    route = router().route(Point(place.lon, place.lat))
    assert route.control_room_id == place.control_room_id
    assert route.point == Point(place.lat, place.lon)
    assert Flag.SWAPPED_COORDINATES in route.flags
    assert not route.flags & {Flag.ABROAD, Flag.FAR}


@pytest.mark.parametrize(
    ("point", "control_room_id", "far", "km"),
    [
        (Point(50.6292, 3.0573), "cic-hainaut", False, (5, 20)),  # Lille
        (Point(49.6117, 6.1319), "cic-luxembourg", False, (10, 25)),  # Luxembourg City
        (Point(51.4433, 4.9294), "cic-antwerpen", False, (0, 2)),  # Baarle-Nassau
        (Point(40.4168, -3.7038), "cic-hainaut", True, (900, 1_500)),  # Madrid
        (Point(4.35, 5.0), None, True, (4_000, 6_000)),  # neither way in Belgium
    ],
)
def test_abroad_the_nearest_zone_answers(
    point: Point, control_room_id: str | None, far: bool, km: tuple[int, int]
) -> None:
    route = router().route(point, home_zone="arlon")
    assert route.basis is Basis.CURRENT_FIX
    assert Flag.ABROAD in route.flags
    assert (Flag.FAR in route.flags) == far
    assert km[0] <= route.metres / 1e3 <= km[1]
    assert Flag.SWAPPED_COORDINATES not in route.flags
    assert control_room_id in (None, route.control_room_id)


@pytest.mark.parametrize("away_deg", [0.005, 0.2])
def test_between_two_equally_near_zones_the_first_id_answers(away_deg: float) -> None:
    zones, rooms = the_map()
    left = replace(zones[0], id="b", outline=shapely.box(4.3, 50.8, 4.4, 50.9))
    right = replace(zones[0], id="a", outline=shapely.box(4.4, 50.8, 4.5, 50.9))
    route = Router([left, right], rooms, Defaults(rooms[0].id)).route(Point(50.8 - away_deg, 4.4))
    assert route.zone == "a"
    assert Flag.ABROAD in route.flags


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_every_simulated_place_lies_where_it_says(place: Place) -> None:
    route = router().route(Point(place.lat, place.lon))
    assert (route.control_room_id, route.metres) == (place.control_room_id, 0.0)


def test_near_a_border_both_zones_are_told() -> None:
    zone = router().route(Point(NEAR_ZONE_BORDER.lat, NEAR_ZONE_BORDER.lon))
    assert Flag.BORDER in zone.flags
    assert (zone.zone, zone.neighbours[0].zone) == ("gent-5", "gent-4")
    room = router().route(Point(NEAR_ROOM_BORDER.lat, NEAR_ROOM_BORDER.lon))
    assert (room.control_room_id, room.neighbours[0].control_room_id) == ("cic-brussel", "cic-vlaams-brabant")
    assert 0 < room.neighbours[0].metres < 50


@pytest.mark.parametrize("crossing", [CROSSES_ZONE, CROSSES_ROOM])
def test_the_crossing_tracks_cross_once(crossing: Crossing) -> None:
    track = crossing.track
    steps = np.arange(0, track.metres / track.speed_mps + 1, 5 / track.speed_mps)
    routes = [router().route(Point(*track.at(float(second)))) for second in steps]
    changes = [(a.zone, b.zone) for a, b in pairwise(routes) if a.zone != b.zone]
    assert changes == [crossing.zones]
    if crossing is CROSSES_ROOM:
        assert (routes[0].control_room_id, routes[-1].control_room_id) == ("cic-brussel", "cic-vlaams-brabant")


def test_a_track_starts_at_a_and_stays_at_b() -> None:
    track = Track(PLACES["Gent Korenmarkt"], PLACES["Gent Dampoort"], 2.0)
    assert track.metres == pytest.approx(1_338, abs=5)
    assert track.at(-5) == track.at(0) == (track.a.lat, track.a.lon)
    assert track.at(1e9) == pytest.approx((track.b.lat, track.b.lon))
    assert track.at(track.metres / 4)[0] == pytest.approx((track.a.lat + track.b.lat) / 2)
    assert Track(track.a, track.a, 2.0).at(3) == (track.a.lat, track.a.lon)


@pytest.mark.parametrize(
    ("age_s", "radius_m", "expected"),
    [
        (0, 0, Quality.GREEN),
        (30, 50, Quality.GREEN),
        (30.1, 50, Quality.AMBER),
        (30, 50.1, Quality.AMBER),
        (120, 500, Quality.AMBER),
        (120.1, 1, Quality.RED),
        (1, 500.1, Quality.RED),
        (-20, 10, Quality.GREEN),
        (-3600, 10, Quality.RED),
        (None, 10, Quality.RED),
        (10, None, Quality.RED),
        (10, -1, Quality.RED),
        (math.nan, 10, Quality.RED),
        (10, math.nan, Quality.RED),
        (math.inf, math.inf, Quality.RED),
    ],
)
def test_quality(age_s: float | None, radius_m: float | None, expected: Quality) -> None:
    assert quality(age_s, radius_m) is expected


def test_a_map_that_contradicts_itself_is_refused() -> None:
    zones, rooms = the_map()
    room = rooms[0].id
    for some_zones, some_rooms, defaults, says in (
        ([], rooms, Defaults(room), "at least one"),
        (zones, rooms, Defaults("cic-x"), "defaults.control_room_id"),
        (zones, rooms, Defaults(room, "nowhere"), "defaults.zone"),
        (zones, rooms[:3], Defaults(room), "known control room"),
    ):
        with pytest.raises(ValueError, match=says):
            Router(some_zones, some_rooms, defaults)


def test_the_load_of_the_benchmark_is_what_it_says() -> None:
    zones = split_to(the_map()[0], ZONES)
    assert len({zone.id for zone in zones}) == ZONES
    points = random_points(zones, 200, random.Random(3))
    fast, _ = both_ways("split", 1_000.0)
    assert all(fast.route(point).metres == 0 for point in points)
