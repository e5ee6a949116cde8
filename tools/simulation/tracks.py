"""Real Belgian places, and straight tracks between them for simulated phones and units."""

import math
from dataclasses import dataclass

WALKING_MPS = 1.4
DRIVING_MPS = 14.0  # about 50 km/h

_EARTH_RADIUS_M = 6_371_009.0


@dataclass(frozen=True, slots=True)
class Place:
    """A place in degrees, WGS 84, and the control room whose territory holds it."""

    name: str
    lat: float
    lon: float
    control_room_id: str


@dataclass(frozen=True, slots=True)
class Track:
    """A straight way from a to b at constant speed (metres a second)."""

    a: Place
    b: Place
    speed_mps: float

    @property
    def metres(self) -> float:
        """Length over the Earth's surface."""
        return distance_m((self.a.lat, self.a.lon), (self.b.lat, self.b.lon))

    def at(self, seconds: float) -> tuple[float, float]:
        """Give latitude and longitude after so many seconds; stays at a before and at b after."""
        travelled = max(0.0, seconds * self.speed_mps)
        share = 1.0 if travelled >= self.metres else travelled / self.metres
        return (
            self.a.lat + (self.b.lat - self.a.lat) * share,
            self.a.lon + (self.b.lon - self.a.lon) * share,
        )


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Measure the great-circle metres between two (lat, lon)."""
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(half))


_BY_CONTROL_ROOM: dict[str, tuple[tuple[str, float, float], ...]] = {
    "cic-oost-vlaanderen": (
        ("Gent Korenmarkt", 51.0546, 3.7219),
        ("Gent-Sint-Pieters", 51.0357, 3.7106),
        ("Gent Dampoort", 51.0565, 3.7408),
        ("Gent Ledeberg", 51.0372, 3.7442),
        ("Gent Mariakerke", 51.0726, 3.6773),
        ("Gent Gentbrugge", 51.0369, 3.7650),
        ("Gent Wondelgem", 51.0889, 3.7130),
        ("Merelbeke", 50.9944, 3.7460),
        ("Aalst", 50.9378, 4.0410),
        ("Dendermonde", 51.0282, 4.1010),
        ("Sint-Niklaas", 51.1651, 4.1437),
        ("Oudenaarde", 50.8443, 3.6060),
        ("Ronse", 50.7457, 3.6000),
        ("Eeklo", 51.1851, 3.5563),
        ("Lokeren", 51.1037, 3.9935),
        ("Deinze", 50.9819, 3.5310),
    ),
    "cic-west-vlaanderen": (
        ("Brugge", 51.2089, 3.2242),
        ("Oostende", 51.2254, 2.9190),
        ("De Panne", 51.0979, 2.5930),
        ("Kortrijk", 50.8277, 3.2649),
        ("Roeselare", 50.9446, 3.1257),
        ("Ieper", 50.8514, 2.8857),
        ("Knokke", 51.3410, 3.2870),
    ),
    "cic-antwerpen": (
        ("Antwerpen Grote Markt", 51.2211, 4.3997),
        ("Antwerpen-Centraal", 51.2172, 4.4211),
        ("Antwerpen Deurne", 51.2208, 4.4660),
        ("Antwerpen Merksem", 51.2460, 4.4440),
        ("Antwerpen Hoboken", 51.1760, 4.3480),
        ("Mechelen", 51.0281, 4.4803),
        ("Turnhout", 51.3226, 4.9447),
        ("Geel", 51.1622, 4.9911),
    ),
    "cic-brussel": (
        ("Brussel Grote Markt", 50.8467, 4.3525),
        ("Brussel-Zuid", 50.8357, 4.3363),
        ("Schaarbeek", 50.8676, 4.3737),
        ("Anderlecht", 50.8366, 4.3096),
        ("Elsene", 50.8333, 4.3667),
        ("Ukkel", 50.8022, 4.3378),
        ("Sint-Jans-Molenbeek", 50.8561, 4.3290),
    ),
    "cic-vlaams-brabant": (
        ("Leuven", 50.8796, 4.7009),
        ("Vilvoorde", 50.9281, 4.4245),
        ("Halle", 50.7339, 4.2348),
        ("Tienen", 50.8075, 4.9378),
        ("Asse", 50.9101, 4.1984),
    ),
    "cic-brabant-wallon": (
        ("Wavre", 50.7172, 4.6014),
        ("Nivelles", 50.5976, 4.3285),
        ("Waterloo", 50.7147, 4.3991),
    ),
    "cic-liege": (
        ("Liège Saint-Lambert", 50.6453, 5.5734),
        ("Liège-Guillemins", 50.6245, 5.5669),
        ("Seraing", 50.6109, 5.5103),
        ("Herstal", 50.6636, 5.6300),
        ("Verviers", 50.5910, 5.8650),
        ("Huy", 50.5190, 5.2400),
        ("Eupen", 50.6279, 6.0366),
        ("Sankt Vith", 50.2800, 6.1270),
    ),
    "cic-limburg": (
        ("Hasselt", 50.9307, 5.3325),
        ("Genk", 50.9650, 5.5000),
        ("Tongeren", 50.7805, 5.4648),
    ),
    "cic-hainaut": (
        ("Mons", 50.4542, 3.9523),
        ("Charleroi", 50.4108, 4.4446),
        ("Tournai", 50.6056, 3.3880),
        ("La Louvière", 50.4790, 4.1870),
    ),
    "cic-namur": (
        ("Namur", 50.4650, 4.8670),
        ("Dinant", 50.2606, 4.9122),
    ),
    "cic-luxembourg": (
        ("Arlon", 49.6833, 5.8167),
        ("Bastogne", 50.0003, 5.7150),
        ("Marche-en-Famenne", 50.2270, 5.3440),
    ),
}

PLACES: dict[str, Place] = {
    name: Place(name, lat, lon, room) for room, rows in _BY_CONTROL_ROOM.items() for name, lat, lon in rows
}

# On the map of stand-in zones; tests/unit/test_routing.py holds both to the geometry.
NEAR_ZONE_BORDER = PLACES["Gent Dampoort"]
NEAR_ROOM_BORDER = Place("Anderlecht, 24 m from Halle", 50.80883, 4.28937, "cic-brussel")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A track that leaves one zone for another, once; `zones` before and after."""

    track: Track
    zones: tuple[str, str]


CROSSES_ZONE = Crossing(
    Track(PLACES["Gent Korenmarkt"], PLACES["Gent Ledeberg"], WALKING_MPS), ("gent-1", "gent-5")
)
CROSSES_ROOM = Crossing(Track(NEAR_ROOM_BORDER, PLACES["Halle"], DRIVING_MPS), ("anderlecht-2", "halle"))
