import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatch.domain.geography import Point, project, to_metres, usable
from services.dispatch.domain.map_reading import (
    InvalidMapError,
    coverage_warnings,
    load_map,
    parse_control_rooms,
    parse_zones,
)
from tools.simulation.tracks import PLACES, distance_m

MAP = Path(__file__).parents[2] / "infra" / "geo" / "belgium.geojson"
ROOMS = {"cic-brussel"}


def square(west: float = 4.3, south: float = 50.8, side: float = 0.1) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(zone_id: str = "a", ring: Any = None, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"id": zone_id, "names": {"nl": "A"}, "cic": "cic-brussel", **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring if ring is not None else square()]},
    }


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def problem_of(geojson: Any) -> tuple[int | None, str, str]:
    with pytest.raises(InvalidMapError) as caught:
        parse_zones(geojson, ROOMS)
    (problem,) = caught.value.problems
    return problem.feature, problem.field, problem.detail


def without(field: str) -> dict[str, Any]:
    found = feature()
    del found["properties"][field]
    return found


BAD_FEATURES = [
    (without("id"), "id", "missing"),
    (feature(zone_id=7), "id", "not a text"),  # type: ignore[arg-type]
    (feature(zone_id=" "), "id", "not a text"),
    (without("names"), "names", "needed"),
    (feature(names={"nl": 3}), "names", "as text"),
    (without("cic"), "cic", "missing"),
    (feature(cic="cic-atlantis"), "cic", "not a known control room"),
    ({**feature(), "geometry": None}, "geometry", "missing"),
    ({**feature(), "geometry": {"type": "Point", "coordinates": [4, 50]}}, "geometry", "is Point"),
    (feature(ring=[[4.3, 50.8], [4.4, 50.8]]), "geometry", "cannot be read"),
    (feature(ring=[["x", "y"]] * 4), "geometry", "cannot be read"),
    (feature(ring=[[10**400, 50]] * 4), "geometry", "cannot be read"),
    (feature(ring=[[4.3, 50.8], [4.4, 50.9], [4.4, 50.8], [4.3, 50.9]]), "geometry", "crosses"),
    (feature(ring=[[y, x] for x, y in square()]), "geometry", "swapped"),
    (feature(ring=square(west=2.0, south=48.8)), "geometry", "outside Belgium"),
    (feature(ring=square(150_000.0, 170_000.0, 5_000.0)), "geometry", "metres"),
    (feature(ring=[*square()[:4], [math.nan, 50.8]]), "geometry", "finite"),
    ({"type": "Feature"}, "properties", "not an object"),
    (None, "properties", "not an object"),
]


@pytest.mark.parametrize(("bad", "field", "says"), BAD_FEATURES)
def test_an_error_names_feature_and_field(bad: Any, field: str, says: str) -> None:
    number, named, detail = problem_of(collection(feature(zone_id="good"), bad))
    assert (number, named) == (2, field)
    assert says in detail


def test_a_duplicate_id_is_refused() -> None:
    assert problem_of(collection(feature(), feature()))[:2] == (2, "id")


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidMapError) as caught:
        parse_zones(collection(without("id"), feature(), feature(cic="x")), ROOMS)
    assert [(p.feature, p.field) for p in caught.value.problems] == [(1, "id"), (3, "cic")]
    assert "feature 3, cic: x is not a known control room" in str(caught.value)


@pytest.mark.parametrize("broken", [None, [], "x", {}, {"features": {}}, {"features": []}])
def test_a_file_without_features_is_refused(broken: Any) -> None:
    assert problem_of(broken)[:2] == (None, "features")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(_JSON, st.sampled_from(["id", "names", "cic", "province", "source", "ring", "geometry"]))
def test_any_other_json_is_an_invalid_map_or_a_map(value: Any, field: str) -> None:
    bad = feature()
    if field == "ring":
        bad["geometry"]["coordinates"] = value
    elif field == "geometry":
        bad["geometry"] = value
    else:
        bad["properties"][field] = value
    try:
        parse_zones(collection(bad), ROOMS)
    except InvalidMapError as error:
        entries = [problem.feature for problem in error.problems]
    else:
        entries = [1]
    assert entries == [1]


def test_missing_names_fall_back_and_unlabelled_outlines_stay_stand_ins() -> None:
    zones = parse_zones(collection(feature(), feature("b", square(4.5), stand_in=False)), ROOMS)
    assert (zones[0].names.nl, zones[0].names.fr, zones[0].names.de) == ("A", "A", "A")
    assert [zone.stand_in for zone in zones] == [True, False]


def test_the_id_may_stand_on_the_feature_itself() -> None:
    assert parse_zones(collection({**without("id"), "id": "z"}), ROOMS)[0].id == "z"


def test_overlaps_and_gaps_are_warned_about() -> None:
    hole = square(4.33, 50.83, 0.02)
    holed = feature("holed")
    holed["geometry"]["coordinates"].append(hole)
    zones = parse_zones(collection(holed, feature("late", square(4.39))), ROOMS)
    overlap, gap = coverage_warnings(zones)
    assert overlap.startswith("holed and late overlap by")
    assert gap.startswith("gap of")
    assert gap.endswith("at 50.84000, 4.34000")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "control_rooms[0].id"),
        ({"seat": None}, "control_rooms[0].seat"),
        ({"seat": {"lat": 4.35, "lon": 50.85}}, "control_rooms[0].seat"),
        ({"seat": {"lat": "x", "lon": 4}}, "control_rooms[0].seat"),
        ({"neighbours": "cic-liege"}, "control_rooms[0].neighbours"),
        ({"neighbours": ["cic-atlantis"]}, "control_rooms.neighbours"),
        ({"id": "cic-liege"}, "control_rooms.id"),
    ],
)
def test_a_bad_control_room_is_named(change: dict[str, Any], field: str) -> None:
    rooms = copy.deepcopy(json.loads(MAP.read_text(encoding="utf-8"))["control_rooms"])
    rooms[0].update(change)
    with pytest.raises(InvalidMapError) as caught:
        parse_control_rooms({"control_rooms": rooms})
    assert caught.value.problems[0].field == field


def test_a_file_that_is_not_json_is_an_invalid_map(tmp_path: Path) -> None:
    path = tmp_path / "map.geojson"
    path.write_text('{"features": [', encoding="utf-8")
    with pytest.raises(InvalidMapError, match="file, json"):
        load_map(path)


def test_the_committed_map_is_labelled_and_covers_belgium_once() -> None:
    zones, rooms = load_map(MAP)
    assert len(zones) == 162
    assert len(rooms) == 11
    assert all(zone.stand_in and zone.source and "CC BY 4.0" in zone.source for zone in zones)
    assert {zone.control_room_id for zone in zones} == {room.id for room in rooms}
    assert shapely.coverage_is_valid([zone.outline for zone in zones])
    total = sum(shapely.area(project(zone.outline)) for zone in zones) / 1e6
    assert total == pytest.approx(30_689, rel=0.005)
    # Baarle and the land between the old Vennbahn and Germany are not Belgian.
    assert all("gap" in warning for warning in coverage_warnings(zones))


def test_every_control_room_has_two_neighbours_at_least() -> None:
    _, rooms = load_map(MAP)
    assert all(len(room.neighbours) >= 2 and room.id not in room.neighbours for room in rooms)
    brussels = next(room for room in rooms if room.id == "cic-brussel")
    assert brussels.neighbours[0] == "cic-vlaams-brabant"


@settings(deadline=None)
@given(st.sampled_from(list(PLACES.values())), st.sampled_from(list(PLACES.values())))
def test_flat_metres_are_within_the_stated_error(a: Any, b: Any) -> None:
    ax, ay = to_metres(a.lat, a.lon)
    bx, by = to_metres(b.lat, b.lon)
    true = distance_m((a.lat, a.lon), (b.lat, b.lon))
    assert math.hypot(ax - bx, ay - by) == pytest.approx(true, rel=0.025)


@settings(deadline=None)
@given(st.floats(), st.floats())
def test_usable_never_raises(lat: float, lon: float) -> None:
    assert usable(Point(lat, lon)) == (-90 <= lat <= 90 and -180 <= lon <= 180)
