"""Orders as their units see them, and what is reported of them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.common import MARKING, Outcome
from contracts.dispatch import OrderState
from contracts.policy import Group, Personal
from contracts.registry import Card
from contracts.values import Incoming
from services.dispatch.domain.routing import SearchBasis
from services.dispatch.schemas.common import LOCATION, VICTIM, Kept, LocationView, Note


class OrderSummary(BaseModel):
    """One unit of an incident; `distance_m` in a straight line when it was chosen."""

    order_id: UUID
    unit_id: str
    # Whose unit it is: its own room's gateway is told of the order.
    unit_control_room_id: str
    # Its last sign of life: a position, a report, its terminal connected, or its room said that it is there.
    unit_seen_at: datetime | None = None
    callsign: str
    state: OrderState
    # With the place of the unit it tells where she is.
    distance_m: Annotated[float | None, LOCATION]
    # What the distance is measured from: her last fix, her registered address, her zone or its middle.
    search_basis: SearchBasis | None = None
    sent_at: datetime | None
    # An operator heard the crew say so.
    by_radio: bool = False
    at: datetime
    # Why it is no longer this unit's, in the words of its crew.
    reason: Annotated[str | None, VICTIM]


class OtherUnit(BaseModel):
    """Another unit on the way to the same alarm."""

    unit_id: str
    callsign: str
    state: OrderState


class OrderView(Kept):
    """An order as its unit sees it."""

    order_id: UUID
    incident_id: UUID
    unit_id: str
    marking: Literal["STALKINGALARM"] = MARKING
    state: OrderState
    urgency: int
    presses: int
    flags: list[str]
    raised_at: datetime
    deadline_at: datetime
    sent_at: datetime | None
    zone_id: str | None
    location: Annotated[LocationView | None, LOCATION]
    # "duress": she was forced to cancel, her perpetrator is beside her. "requested": somebody asks to cancel.
    cancel: Annotated[Literal["requested", "duress"] | None, VICTIM] = None
    # Open alarms about the same perpetrator.
    linked_incidents: Annotated[list[UUID], Personal(Group.PERPETRATOR)] = Field(default_factory=list)
    other_units: list[OtherUnit] = Field(default_factory=list)
    # Why this unit: nearest to her last fix, to her registered address, in her zone, or nearest to its middle.
    search_basis: SearchBasis | None = None
    last_known_address: Annotated[str | None, VICTIM]
    card: Card | None
    traceparent: str | None
    revision: int


class DeclineIn(Incoming):
    """Why a unit cannot go."""

    reason: Note


class RadioIn(BaseModel):
    """What a crew said by radio; `outcome` where it sees the victim safe, which ends the alarm."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "en_route"}]})

    state: Literal["acknowledged", "en_route", "on_scene", "victim_safe"]
    outcome: Outcome | None = None
    reason: Note | None = None


class RecallIn(BaseModel):
    """Why a unit is called back."""

    reason: Note


class OrderCloseIn(Incoming):
    """How it ended, said by the unit that sees the victim safe."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "genuine"}]})

    outcome: Outcome
