"""Rows and decisions to payloads: what dispatch publishes."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from contracts.alarm import AlarmRaised, CanaryRaised, TestRaised
from contracts.common import Outcome
from contracts.dispatch import (
    CanaryRouted,
    ControlRoomRegistered,
    IncidentAcknowledged,
    IncidentClosed,
    IncidentDisplayed,
    IncidentEscalated,
    IncidentRelocated,
    NamedZone,
    OrderMoved,
    OrderSent,
    PressRouted,
    TestRouted,
    UnitOnTheWay,
    ZonesPublished,
)
from contracts.envelope import Payload
from contracts.topology import DISPATCH_LIVE
from services.dispatch.domain.fix_quality import quality
from services.dispatch.domain.geography import ControlRoom, Zone
from services.dispatch.domain.locations import fix_time, measured_at
from services.dispatch.domain.orders import NewOrder
from services.dispatch.domain.routing import Route
from services.dispatch.models import IncidentRow, OrderRow
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.rows import JoinedIncidentRow, OwnerRow


class DecidedPress(Protocol):
    """A press with all that is decided about it, as far as others are told; see `RaisedPress`."""

    alarm: AlarmRaised
    enrolment_id: UUID | None
    route: Route
    flags: list[str]
    owner: OwnerRow | None
    incident: JoinedIncidentRow
    opened: bool
    order: NewOrder | None


class IncidentChanged(Payload):
    """An incident changed. Within dispatch only; not in the catalogue, stored nowhere.

    `encrypted`: its view, when it was opened just now; only dispatch has the key. Without it one must look.
    """

    TYPE = "incident.changed.v1"
    EXCHANGE = DISPATCH_LIVE

    incident_id: UUID
    encrypted: str | None = None

    @property
    def subject(self) -> str:
        """Give the id of the incident."""
        return str(self.incident_id)


def order_moved(
    order: OrderRow | NewOrder, now: datetime, deadline_at: datetime, reason: str | None = None
) -> OrderMoved:
    """Tell of an order's present state."""
    return OrderMoved(
        incident_id=order.incident_id,
        at=now,
        order_id=order.id,
        unit_id=order.unit_id,
        control_room_id=order.control_room_id,
        state=order.state,
        automatic=order.automatic,
        late=now > deadline_at,
        reason=reason or order.reason,
        by_radio=order.by_radio,
    )


def press_routed(press: DecidedPress, now: datetime) -> PressRouted:
    """Say where a press belongs, and which incident it opened or joined."""
    alarm, route, incident = press.alarm, press.route, press.incident
    return PressRouted(
        alarm_id=alarm.alarm_id,
        incident_id=incident.id,
        opened=press.opened,
        device_id=alarm.device_id,
        enrolment_id=press.enrolment_id,
        counter=alarm.counter,
        lane=alarm.lane,
        control_room_id=incident.control_room_id,
        zone_id=route.zone,
        border_zone_ids=tuple(n.zone for n in route.neighbours),
        basis=route.basis,
        urgency=incident.urgency,
        flags=tuple(press.flags),
        received_at=alarm.received_at,
        routed_at=now,
        deadline_at=alarm.deadline_at,
        came_as=alarm.came_as,
        digest=alarm.digest,
        hops={**alarm.hops, "routed": now},
    )


def order_sent(press: DecidedPress, room: str, settings: DispatchSettings, now: datetime) -> OrderSent:
    """Tell the software of a room what it has to know of the incident that a press opened."""
    alarm, order, fix = press.alarm, press.order, press.alarm.fix
    age = None
    if fix and (at := measured_at(fix, fix_time(fix, alarm.received_at), settings.clock_skew_s)):
        age = (now - at).total_seconds()
    return OrderSent(
        order_id=order.id if order else alarm.alarm_id,
        incident_id=press.incident.id,
        control_room_id=room,
        zone_id=press.route.zone,
        unit_id=order.unit_id if order else None,
        state=order.state if order else "unassigned",
        urgency=press.incident.urgency,
        presses=press.incident.presses,
        flags=tuple(press.flags),
        raised_at=alarm.received_at,
        deadline_at=alarm.deadline_at,
        sent_at=now,
        location=fix,
        location_age_s=age,
        location_quality=quality(age, fix.radius_m if fix else None).value,
        card_url=f"{settings.public_url}/v1/incidents/{press.incident.id}",
        search_basis=order.search_basis if order else None,
        linked_incident_ids=tuple(sorted(press.owner.linked)) if press.owner else (),
        units=(UnitOnTheWay(unit_id=order.unit_id, state="sent"),) if order and order.automatic else (),
        withheld_from=tuple(sorted(press.owner.conflicted)) if press.owner else (),
    )


def incident_displayed(incident: IncidentRow, now: datetime) -> IncidentDisplayed:
    """Say that an alarm stands on an operator's screen."""
    return IncidentDisplayed(incident_id=incident.id, at=now, control_room_id=incident.control_room_id)


def incident_acknowledged(incident: IncidentRow, now: datetime) -> IncidentAcknowledged:
    """Say that the room that answers for an alarm took it."""
    return IncidentAcknowledged(incident_id=incident.id, at=now, control_room_id=incident.control_room_id)


def incident_escalated(
    incident: IncidentRow, now: datetime, level: str, target_control_room_id: str | None = None
) -> IncidentEscalated:
    """Say who is told now that nobody did in time what had to be done."""
    return IncidentEscalated.model_validate(
        {
            "incident_id": incident.id,
            "at": now,
            "control_room_id": incident.control_room_id,
            "level": level,
            "target_control_room_id": target_control_room_id,
        }
    )


def incident_relocated(
    incident: IncidentRow, now: datetime, control_room_id: str, zone_id: str, previous_zone_id: str | None
) -> IncidentRelocated:
    """Say that an alarm came into another zone, which is this control room's."""
    return IncidentRelocated(
        incident_id=incident.id,
        at=now,
        control_room_id=control_room_id,
        zone_id=zone_id,
        previous_zone_id=previous_zone_id,
    )


def incident_closed(
    incident: IncidentRow,
    now: datetime,
    outcome: Outcome,
    closed_by: Literal["unit", "supervisor"],
    *,
    by_radio: bool,
) -> IncidentClosed:
    """Say that people ended an alarm; never what they wrote about it."""
    return IncidentClosed(
        incident_id=incident.id,
        at=now,
        control_room_id=incident.control_room_id,
        enrolment_id=incident.enrolment_id,
        outcome=outcome,
        closed_by=closed_by,
        reason=None,
        raised_at=incident.raised_at,
        by_radio=by_radio,
    )


def test_routed(test: TestRaised, owner: OwnerRow | None, control_room_id: str, now: datetime) -> TestRouted:
    """Answer a test press with the control room that would have got it."""
    return TestRouted(
        test_id=test.test_id,
        device_id=test.device_id,
        enrolment_id=owner.enrolment_id if owner else None,
        control_room_id=control_room_id,
        received_at=test.received_at,
        routed_at=now,
    )


def canary_routed(canary: CanaryRaised, control_room_id: str, now: datetime) -> CanaryRouted:
    """Answer a canary, and whether it came to the control room that it is for."""
    return CanaryRouted(
        canary_id=canary.canary_id,
        control_room_id=canary.control_room_id,
        expected=control_room_id == canary.control_room_id,
        raised_at=canary.raised_at,
        routed_at=now,
    )


def control_room_registered(room: ControlRoom) -> ControlRoomRegistered:
    """Say that a control room is on the map, and where its canaries are."""
    return ControlRoomRegistered(
        control_room_id=room.id, name=room.names.nl, canary_lat=room.seat.lat, canary_lon=room.seat.lon
    )


def zones_published(number: int, zones: Iterable[Zone], now: datetime) -> ZonesPublished:
    """Name all zones in force."""
    named = tuple(NamedZone(zone_id=zone.id, **asdict(zone.names)) for zone in zones)
    return ZonesPublished(number=number, zones=named, published_at=now)
