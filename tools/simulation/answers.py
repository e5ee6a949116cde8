"""What the services answer, as far as simulated people look at it."""

from typing import Any, NotRequired, TypedDict


class Receipt(TypedDict):
    """What the alarm service answers to a press."""

    alarm_id: str
    deadline_at: str
    stored_in: list[str]


class Stage(TypedDict):
    """One rung of the ladder, and when it was reached."""

    stage: str
    at: str


class Ladder(TypedDict):
    """How far an alarm has come."""

    alarm_id: str
    stage: str | None
    stages: list[Stage]


class OrderSummary(TypedDict):
    """One order of an incident, as its control room sees it."""

    order_id: str
    unit_id: str
    state: str


class SentToUnit(TypedDict):
    """An order on the stream of its unit."""

    order_id: str
    incident_id: str
    traceparent: NotRequired[str | None]


class IncidentView(TypedDict):
    """An incident as its control room sees it."""

    incident_id: str
    control_room_id: str
    also_control_room_ids: list[str]
    zone_id: str | None
    border_zones: list[str]
    state: str
    urgency: int
    presses: int
    lane: str
    marking: str
    flags: list[str]
    cancel: str | None
    location: dict[str, float] | None
    last_known_address: str | None
    linked_incidents: list[str]
    orders: list[OrderSummary]
    # As the desk typed it in.
    card: dict[str, Any] | None
    revision: int
    traceparent: NotRequired[str | None]


class UnitEntry(TypedDict):
    """A unit as its control room registers it; degrees WGS84, where its place is known."""

    unit_id: str
    callsign: str
    zone_id: str
    control_room_id: str
    lat: NotRequired[float]
    lon: NotRequired[float]
    available: NotRequired[bool]


class SentOrder(TypedDict):
    """An order in the ledger; `sent_at` is None until it reached a unit."""

    sent_at: str | None


class LedgerEntry(TypedDict, total=False):
    """A press in the ledger."""

    incident_ids: list[str]
    dispatch_orders: list[SentOrder]


class Review(TypedDict):
    """A review of a measure that is due."""

    id: str
    enrolment_id: str
    cause: str
    due_at: str
