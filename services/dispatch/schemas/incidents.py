"""Incidents as a control room sees them, and how people close them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.common import MARKING, Lane, Outcome
from contracts.policy import Group, Personal
from contracts.registry import Card
from contracts.values import Incoming
from services.dispatch.domain.routing import SearchBasis
from services.dispatch.schemas.common import LOCATION, VICTIM, Id, Kept, LocationView, Note
from services.dispatch.schemas.orders import OrderSummary


class SearchPlace(BaseModel):
    """Where units are looked for: degrees WGS84, and what of hers that is."""

    lat: float
    lon: float
    basis: SearchBasis


class UnverifiedGroup(BaseModel):
    """Open unverified alarms or took, alike in place, time and source; its view stands for all.

    `presses`: how many each has; `until`: whatever is pressed later is another group.
    """

    count: int
    incident_ids: list[UUID]
    presses: dict[UUID, int]
    first_raised_at: datetime
    last_raised_at: datetime
    until: datetime


class IncidentView(Kept):
    """An incident as a control room sees it; card and location only while it is open."""

    incident_id: UUID
    marking: Literal["STALKINGALARM"] = MARKING
    control_room_id: str
    also_control_room_ids: list[str]
    zone_id: str | None
    border_zones: list[str]
    state: Literal["open", "closed"]
    urgency: int
    presses: int
    lane: Lane
    flags: list[str]
    basis: str
    raised_at: datetime
    deadline_at: datetime
    routed_at: datetime
    displayed_at: datetime | None
    acknowledged_at: datetime | None
    escalation: str | None
    cancel: Annotated[Literal["requested", "duress"] | None, VICTIM]
    location: Annotated[LocationView | None, LOCATION]
    # What "nearest first" is measured from; without a fix her registered address or the middle of her zone.
    search: Annotated[SearchPlace | None, LOCATION] = None
    last_known_address: Annotated[str | None, VICTIM]
    linked_incidents: Annotated[list[UUID], Personal(Group.PERPETRATOR)]
    orders: list[OrderSummary]
    card: Card | None
    outcome: Outcome | None
    traceparent: str | None
    revision: int
    # What those of a flood share, of one room and zone; None for what always stands for itself.
    alike: str | None = None
    # In lists only.
    group: UnverifiedGroup | None = None


class SendIn(Incoming):
    """Which unit to send; None: the proposed one."""

    unit_id: Id | None = None


class IncidentCloseIn(Incoming):
    """How it ended, said by a supervisor, with the reason for closing from a distance."""

    outcome: Outcome
    reason: Note


class UnverifiedCloseIn(IncidentCloseIn):
    """The same for many unverified alarms: the ids of a group, and how many presses of each were seen.

    One where nothing is said. What was pressed again meanwhile stays open.
    """

    incident_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    presses: Annotated[dict[UUID, int], Field(max_length=1000)] = Field(default_factory=dict)


class UnverifiedClosed(BaseModel):
    """Which were closed; `left`: verified, taken or pressed again meanwhile, or another room's."""

    closed: list[UUID]
    left: list[UUID]
