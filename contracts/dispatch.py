"""Events of dispatch: which incident a press became, how its orders moved, how it ended. No location."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.common import MARKING, Fix, Lane, Outcome
from contracts.envelope import Payload
from contracts.policy import Group, Personal
from contracts.topology import DISPATCH_EVENTS, DISPATCH_ORDERS

# The flag of a copy of a press that came in after the alarm of the first was closed.
AFTER_THE_END = "copy_after_close"

OrderState = Literal[
    "proposed",
    "sent",
    "received",
    "acknowledged",
    "en_route",
    "on_scene",
    "closed",
    "declined",
    "withdrawn",
]


class _DispatchFact(Payload):
    EXCHANGE = DISPATCH_EVENTS


class PressRouted(_DispatchFact):
    """Dispatch holds the press: it opened an incident, or joined the open one of the same subject.

    `came_as`: the id under which it came, where another press had that already; `digest`: see
    `AlarmRaised.digest`. None from a dispatch that does not say it yet.
    """

    TYPE = "press.routed.v1"

    alarm_id: UUID
    incident_id: UUID
    opened: bool
    device_id: str
    enrolment_id: UUID | None = None
    counter: int | None = None
    lane: Lane
    control_room_id: str
    zone_id: str | None = None
    border_zone_ids: tuple[str, ...] = ()
    basis: str
    urgency: int
    flags: tuple[str, ...] = ()
    received_at: AwareDatetime
    routed_at: AwareDatetime
    deadline_at: AwareDatetime
    came_as: UUID | None = None
    digest: str | None = None
    hops: dict[str, AwareDatetime] = Field(default_factory=dict)

    @property
    def subject(self) -> str:
        """The alarm."""
        return str(self.alarm_id)


class _AboutIncident(_DispatchFact):
    incident_id: UUID
    at: AwareDatetime

    @property
    def subject(self) -> str:
        """The incident."""
        return str(self.incident_id)


class OrderMoved(_AboutIncident):
    """A dispatch order reached `state` at `at`; `late`: after the deadline of its alarm."""

    TYPE = "order.moved.v1"

    order_id: UUID
    unit_id: str
    control_room_id: str
    state: OrderState
    automatic: bool = False
    late: bool = False
    reason: str | None = None
    # An operator heard the crew say so; its terminal did not.
    by_radio: bool = False

    @property
    def routing_key(self) -> str:
        """By state, so that a reader gets only the moves that it tells of."""
        return f"{self.TYPE}.{self.state}"


class IncidentDisplayed(_AboutIncident):
    """The alarm stands on a position of the control room."""

    TYPE = "incident.displayed.v1"

    control_room_id: str


class IncidentAcknowledged(_AboutIncident):
    """An operator took the alarm."""

    TYPE = "incident.acknowledged.v1"

    control_room_id: str


class IncidentEscalated(_AboutIncident):
    """Nobody did in time what had to be done; `level` says who is told now."""

    TYPE = "incident.escalated.v1"

    control_room_id: str
    level: Literal["all_positions", "supervisor", "neighbour", "no_unit", "unit_silent", "duress"]
    target_control_room_id: str | None = None


class IncidentRelocated(_AboutIncident):
    """The location came into another zone or control room; hand-over needs its acceptance."""

    TYPE = "incident.relocated.v1"

    control_room_id: str
    zone_id: str
    previous_zone_id: str | None = None


class IncidentClosed(_AboutIncident):
    """People closed the incident with an outcome."""

    TYPE = "incident.closed.v1"

    control_room_id: str
    enrolment_id: UUID | None = None
    outcome: Outcome
    closed_by: Literal["unit", "supervisor"]
    reason: str | None = None
    # When the alarm came in; None from a dispatch that does not say it yet.
    raised_at: AwareDatetime | None = None
    # An operator heard the crew on scene say so.
    by_radio: bool = False


class TestRouted(_DispatchFact):
    """A test press reached dispatch and found its control room: the path works for that device."""

    TYPE = "test.routed.v1"
    __test__: ClassVar[bool] = False

    test_id: UUID
    device_id: UUID
    enrolment_id: UUID | None = None
    control_room_id: str
    received_at: AwareDatetime
    routed_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The device."""
        return str(self.device_id)


class CanaryRouted(_DispatchFact):
    """A canary came through to the control room it was meant for (`expected`) or to another."""

    TYPE = "canary.routed.v1"

    canary_id: UUID
    control_room_id: str
    expected: bool
    raised_at: AwareDatetime
    routed_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The control room."""
        return self.control_room_id


class ControlRoomRegistered(_DispatchFact):
    """A control room takes part; `canary_lat`/`canary_lon` is a public place in its area, degrees."""

    TYPE = "control_room.registered.v1"

    control_room_id: str
    name: str
    canary_lat: float
    canary_lon: float

    @property
    def subject(self) -> str:
        """The control room."""
        return self.control_room_id


class NamedZone(BaseModel):
    """A police zone by its name in the languages of the country."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    zone_id: str
    nl: str
    fr: str
    de: str


class ZonesPublished(_DispatchFact):
    """The police zones in force, all of them, whenever they change; of several the highest `number` counts."""

    TYPE = "zones.published.v1"

    number: int
    zones: tuple[NamedZone, ...]
    published_at: AwareDatetime

    @property
    def subject(self) -> str:
        """The map: there is one."""
        return "zones"


class UnitOnTheWay(BaseModel):
    """A unit that holds an order of an incident."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    unit_id: str
    state: OrderState


class OrderSent(Payload):
    """An order for the control room's own software: everything but the card, which is fetched at `card_url`.

    Sent again when other units go or a crew must know more; of several the highest `revision` counts. `units`:
    all that hold an order of it. `withheld_from`: subjects of tokens from whom the software has to keep what is
    personal.
    """

    TYPE = "order.sent.v1"
    EXCHANGE = DISPATCH_ORDERS

    marking: Literal["STALKINGALARM"] = MARKING
    order_id: UUID
    incident_id: UUID
    control_room_id: str
    zone_id: str | None
    unit_id: str | None
    state: OrderState | Literal["unassigned"]
    urgency: int
    presses: int
    flags: tuple[str, ...] = ()
    raised_at: AwareDatetime
    deadline_at: AwareDatetime
    sent_at: AwareDatetime
    location: Annotated[Fix | None, Personal(Group.LOCATION)] = None
    location_age_s: float | None = None
    location_quality: Literal["green", "amber", "red"] = "red"
    card_url: str
    revision: int = 1
    search_basis: str | None = None
    # Under duress her perpetrator stands beside her: the crew has to know.
    cancel: Annotated[Literal["requested", "duress"] | None, Personal(Group.VICTIM)] = None
    linked_incident_ids: Annotated[tuple[UUID, ...], Personal(Group.PERPETRATOR)] = ()
    units: tuple[UnitOnTheWay, ...] = ()
    withheld_from: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The incident."""
        return str(self.incident_id)

    @property
    def routing_key(self) -> str:
        """The queue of one control room takes only its own."""
        return f"{self.TYPE}.{self.control_room_id}"


EVENTS = (
    PressRouted,
    OrderMoved,
    IncidentDisplayed,
    IncidentAcknowledged,
    IncidentEscalated,
    IncidentRelocated,
    IncidentClosed,
    TestRouted,
    CanaryRouted,
    ControlRoomRegistered,
    ZonesPublished,
    OrderSent,
)
