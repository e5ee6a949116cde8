"""Units, and where they are."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from chassis.database.damaged_rows import RowOut
from contracts.common import NO_NUL
from contracts.values import Incoming
from services.dispatch.domain.units import NewUnit, Position
from services.dispatch.schemas.common import Id, Latitude, Longitude


class UnitIn(Incoming):
    """A unit as the control room's software registers it."""

    unit_id: Id
    callsign: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)]
    zone_id: Id
    control_room_id: Id
    lat: Latitude | None = None
    lon: Longitude | None = None
    available: bool = True

    def record(self) -> NewUnit:
        """Give what the use case is told."""
        return NewUnit(
            self.unit_id,
            self.callsign,
            self.zone_id,
            self.control_room_id,
            self.lat,
            self.lon,
            self.available,
        )


class OfferIn(BaseModel):
    """To which control room a unit is offered: for a time, or for good."""

    control_room_id: Id
    kind: Literal["loan", "transfer"] = "loan"


class PositionIn(Incoming):
    """Where a unit is now; `available` None: as it was."""

    unit_id: Id
    lat: Latitude
    lon: Longitude
    available: bool | None = None

    def record(self) -> Position:
        """Give what the use case is told."""
        return Position(self.unit_id, self.lat, self.lon, self.available)


class UnitOut(RowOut):
    """A unit; `order_id` while it holds an order.

    `withheld`: it serves an alarm that is withheld from the caller, to whom it is just not free.
    `withheld_from`: see `IncidentView`.
    """

    unit_id: str
    callsign: str
    zone_id: str
    # Where it stands now; where its position is unknown, its own.
    in_zone_id: str | None
    control_room_id: str
    lat: float | None
    lon: float | None
    available: bool
    # Its last sign of life, and whether that is young enough to count on it.
    seen_at: datetime | None
    fresh: bool
    # The room it works for meanwhile; the room it is offered to, and as what.
    lent_to: str | None
    offered_to: str | None
    offered_as: Literal["loan", "transfer"] | None
    order_id: UUID | None
    withheld: list[str] = Field(default_factory=list)
    withheld_from: list[str] = Field(default_factory=list)
