"""Control rooms and zones as everybody sees them."""

import json
from collections.abc import Sequence

import shapely

from services.dispatch.domain.geography import Zone
from services.dispatch.schemas.control_rooms import ControlRoomOut
from services.dispatch.usecases.context import Context


def present_control_rooms(context: Context) -> list[ControlRoomOut]:
    """List all control rooms of the map, with what each wants."""
    situation = context.situation
    return [
        ControlRoomOut(
            id=room.id,
            names={"nl": room.names.nl, "fr": room.names.fr, "de": room.names.de},
            policy=situation.rooms[room.id].policy,
            amqp=situation.rooms[room.id].amqp,
            webhook=situation.rooms[room.id].webhook,
            neighbours=list(room.neighbours),
            lat=room.seat.lat,
            lon=room.seat.lon,
        )
        for room in situation.control_rooms.values()
    ]


class ZonesJson:
    """Zones as GeoJSON text, coordinates to about a metre; made once for each map, for it takes a second."""

    def __init__(self) -> None:
        self._made: tuple[Sequence[Zone], bytes] | None = None

    def text_of(self, zones: Sequence[Zone]) -> bytes:
        """Give the text of the map in force."""
        if self._made is None or self._made[0] is not zones:
            self._made = (zones, json.dumps(_collection(zones), separators=(",", ":")).encode())
        return self._made[1]


def _collection(zones: Sequence[Zone]) -> dict[str, object]:
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": zone.id,
                "properties": {
                    "id": zone.id,
                    "names": {"nl": zone.names.nl, "fr": zone.names.fr, "de": zone.names.de},
                    "cic": zone.control_room_id,
                    "stand_in": zone.stand_in,
                },
                "geometry": shapely.geometry.mapping(shapely.set_precision(zone.outline, 1e-5)),
            }
            for zone in zones
        ],
    }
