"""Who takes part in a scenario, and what was seen of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tools.demo.seed import Grant, Victim
from tools.simulation.answers import UnitEntry
from tools.simulation.device import Device, Press
from tools.simulation.tracks import PLACES, Place
from tools.simulation.unit import Conduct, Unit

GENT = "Gent Korenmarkt"


@dataclass(eq=False)
class VictimRole:
    """A victim to be enrolled for this scenario alone; `real` once that is done."""

    name: str
    home: Place
    position: tuple[float, float] | None
    perpetrator: dict[str, Any] | None = None
    enrolled: bool = True
    # How the committee comes to a grant; None: at once, by the magistrate on duty.
    grant: Grant | None = None
    real: Victim | None = None

    @property
    def device(self) -> Device:
        """The button and phone, once enrolled."""
        assert self.real is not None
        return self.real.device


@dataclass(eq=False)
class UnitRole:
    """A patrol of this scenario alone, `north_m` metres north of a place."""

    place: Place
    north_m: float = 200.0
    conduct: Conduct = field(default_factory=Conduct)
    available: bool = True
    unit_id: str = field(default_factory=lambda: f"s-{uuid4().hex[:12]}")
    real: Unit | None = None

    def registered(self, zone: str) -> UnitEntry:
        """As control room software registers it."""
        return {
            "unit_id": self.unit_id,
            "callsign": f"{self.place.name[:20]} {self.unit_id[-4:]}",
            "zone_id": zone,
            "control_room_id": self.place.control_room_id,
            "lat": self.place.lat + self.north_m / 111_200,
            "lon": self.place.lon,
            "available": self.available,
        }


@dataclass(eq=False)
class PressRole:
    """A press of the timeline; `made` once it happened."""

    by: VictimRole
    joins: "PressRole | None" = None
    verified: bool = True
    made: Press | None = None

    @property
    def alarm_id(self) -> str:
        """The alarm that it became."""
        assert self.made is not None
        return str(self.made.alarm_id)


@dataclass
class Seen:
    """One thing that came out of the system; `at`: seconds after the timeline's start."""

    kind: str
    at: float
    who: str
    data: Mapping[str, Any]
    wanted: bool = False

    def __str__(self) -> str:
        return f"{self.at:6.2f} s  {self.kind} at {self.who}: {self._gist()}"

    def _gist(self) -> dict[str, Any]:
        names = ("incident_id", "order_id", "level", "state", "flags", "zone_id", "reason", "type")
        return {name: self.data[name] for name in names if name in self.data}


@dataclass
class Want:
    """Something that must come, once, between two moments; `fits` looks at its data."""

    kind: str
    who: str
    between: tuple[float, float]
    told: str
    fits: Any = None

    def takes(self, seen: Seen) -> bool:
        """Whether this is it."""
        return (
            not seen.wanted
            and seen.kind == self.kind
            and self.who in ("", seen.who)
            and self.between[0] <= seen.at <= self.between[1]
            and (self.fits is None or bool(self.fits(seen.data)))
        )

    def __str__(self) -> str:
        return f"{self.told} between {self.between[0]:g} and {self.between[1]:g} s"


def place_of(name: str | Place) -> Place:
    """A place by name."""
    return name if isinstance(name, Place) else PLACES[name]
