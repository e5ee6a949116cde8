"""What dispatch says and is told over HTTP."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from chassis.database.damaged_rows import RowOut
from contracts.common import MARKING, NO_NUL, Lane, Outcome
from contracts.dispatch import OrderState
from contracts.policy import Group, Personal
from contracts.registry import Card
from contracts.values import Incoming, Seen, see_all
from services.dispatch.routing import SearchBasis

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._:-]+$")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=NO_NUL), Seen
]

# Of a body that is about the whole country at once: its zones as GeoJSON, its patrols.
MOST_BYTES = 32 * 1024 * 1024

_VICTIM, _LOCATION = Personal(Group.VICTIM), Personal(Group.LOCATION)


class LocationView(BaseModel):
    """Where: degrees WGS84, 95 % radius in metres, age in seconds when this view was made."""

    lat: float
    lon: float
    radius_m: float | None
    at: datetime | None
    age_s: float | None
    quality: Literal["green", "amber", "red"]


class SearchPlace(BaseModel):
    """Where units are looked for: degrees WGS84, and what of hers that is."""

    lat: float
    lon: float
    basis: SearchBasis


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
    distance_m: Annotated[float | None, _LOCATION]
    # What the distance is measured from: her last fix, her registered address, her zone or its middle.
    search_basis: SearchBasis | None = None
    sent_at: datetime | None
    # An operator heard the crew say so.
    by_radio: bool = False
    at: datetime
    # Why it is no longer this unit's, in the words of its crew.
    reason: Annotated[str | None, _VICTIM]


class _Kept(BaseModel):
    """What is kept back, and from whom; see `disclosures.shown`.

    `tied`: the caller has a tie to a party, so that somebody else must take it. `kept_from`: told to a control
    room's own software only, which has to keep it from these persons (subjects of tokens) too.
    """

    withheld: list[str] = Field(default_factory=list, examples=[["card", "location"]])
    tied: bool = False
    kept_from: list[str] = Field(default_factory=list)


class UnprovedGroup(BaseModel):
    """Open alarms that nobody proved or took, alike in place, time and source; its view stands for all.

    `presses`: how many each has; `until`: whatever is pressed later is another group.
    """

    count: int
    incident_ids: list[UUID]
    presses: dict[UUID, int]
    first_raised_at: datetime
    last_raised_at: datetime
    until: datetime


class IncidentView(_Kept):
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
    cancel: Annotated[Literal["requested", "duress"] | None, _VICTIM]
    location: Annotated[LocationView | None, _LOCATION]
    # What "nearest first" is measured from; without a fix her registered address or the middle of her zone.
    search: Annotated[SearchPlace | None, _LOCATION] = None
    last_known_address: Annotated[str | None, _VICTIM]
    linked_incidents: Annotated[list[UUID], Personal(Group.PERPETRATOR)]
    orders: list[OrderSummary]
    card: Card | None
    outcome: Outcome | None
    traceparent: str | None
    revision: int
    # What those of a flood share, of one room and zone; None for what always stands for itself.
    alike: str | None = None
    # In lists only.
    group: UnprovedGroup | None = None


class OtherUnit(BaseModel):
    """Another unit on the way to the same alarm."""

    unit_id: str
    callsign: str
    state: OrderState


class OrderView(_Kept):
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
    location: Annotated[LocationView | None, _LOCATION]
    # "duress": she was forced to cancel, her perpetrator is beside her. "requested": somebody asks to cancel.
    cancel: Annotated[Literal["requested", "duress"] | None, _VICTIM] = None
    # Open alarms about the same perpetrator.
    linked_incidents: Annotated[list[UUID], Personal(Group.PERPETRATOR)] = Field(default_factory=list)
    other_units: list[OtherUnit] = Field(default_factory=list)
    # Why this unit: nearest to her last fix, to her registered address, in her zone, or nearest to its middle.
    search_basis: SearchBasis | None = None
    last_known_address: Annotated[str | None, _VICTIM]
    card: Card | None
    traceparent: str | None
    revision: int


def _webhook_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("must be whsec_ and base64 of 24 to 64 bytes")
    return value


# As Standard Webhooks has it.
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]


class ControlRoomIn(Incoming):
    """How a control room wants its alarms.

    A webhook is proposed only; `null` proposes none, where there is one. What is not said stays as it is.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "automatic", "amqp": True}]})

    policy: Literal["automatic", "proposed"]
    amqp: bool = False
    # As it was written: what a parser would make of it is no longer what somebody meant.
    webhook_url: Annotated[str, StringConstraints(max_length=500)] | None = None
    webhook_secret: WebhookSecret | None = None


class WebhookProposed(BaseModel):
    """A webhook that waits for a supervisor of the room; `webhook_url` None: none any more."""

    proposal_id: UUID
    webhook_url: str | None
    proposed_by: str
    proposed_at: datetime


class WebhookOut(BaseModel):
    """The webhook in force, and the one that is proposed."""

    webhook_url: str | None
    proposed: WebhookProposed | None


class RoomWebhook(WebhookOut):
    """The webhook of one room as people look after it. Never its secret.

    `state`: of the one in force; `undelivered`: how many failed and are tried again, or were parked.
    """

    control_room_id: str
    state: Literal["none", "proposed", "confirmed", "failing", "parked"]
    undelivered: int
    delivered_at: datetime | None


class WebhookAnswerIn(Incoming):
    """Which proposal is meant: another one may have come meanwhile."""

    proposal_id: UUID


class ControlRoomOut(BaseModel):
    """A control room with its seat (degrees) and the rooms that take over from it."""

    id: str
    names: dict[str, str]
    policy: str
    amqp: bool
    webhook: bool
    neighbours: list[str]
    lat: float
    lon: float


class UnitIn(Incoming):
    """A unit as the control room's software registers it."""

    unit_id: Id
    callsign: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=NO_NUL)]
    zone_id: Id
    control_room_id: Id
    lat: Latitude | None = None
    lon: Longitude | None = None
    available: bool = True


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


class UnitOut(RowOut):
    """A unit; `order_id` while it holds an order.

    `withheld`: it serves an alarm that is kept from the caller, to whom it is just not free. `kept_from`: see
    `IncidentView`.
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
    kept_from: list[str] = Field(default_factory=list)


class SendIn(Incoming):
    """Which unit to send; None: the proposed one."""

    unit_id: Id | None = None


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


class IncidentCloseIn(Incoming):
    """How it ended, said by a supervisor, with the reason for closing from a distance."""

    outcome: Outcome
    reason: Note


class UnprovedCloseIn(IncidentCloseIn):
    """The same for many alarms that nobody proved: the ids of a group, and how many presses of each were seen.

    One where nothing is said. What was pressed again meanwhile stays open.
    """

    incident_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)]
    presses: Annotated[dict[UUID, int], Field(max_length=1000)] = Field(default_factory=dict)


class UnprovedClosed(BaseModel):
    """Which were closed; `left`: proved, taken or pressed again meanwhile, or another room's."""

    closed: list[UUID]
    left: list[UUID]


class SessionIn(Incoming):
    """A bearer token to be kept as the console's session cookie."""

    token: SecretStr


Geojson = Annotated[dict[str, Any], AfterValidator(see_all)]
