"""Events for the records of reporting, as the other services publish them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.alarm import DevicesReported, PressesRecorded, RecordedPress, alarm_id_of
from contracts.common import Outcome
from contracts.dispatch import (
    IncidentAcknowledged,
    IncidentClosed,
    IncidentDisplayed,
    IncidentEscalated,
    OrderMoved,
    OrderState,
    PressRouted,
)
from contracts.envelope import Event, Payload, wrap
from contracts.registry import DeviceChanged, EnrolmentChanged

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEVICE = UUID(int=7)
ENROLMENT = UUID(int=70)


def after(seconds: float, start: datetime = T0) -> datetime:
    return start + timedelta(seconds=seconds)


def events(*payloads: Payload) -> list[Event]:
    return [wrap(payload, source="/test") for payload in payloads]


def recorded(
    counter: int, at: datetime = T0, device: UUID = DEVICE, enrolment: UUID = ENROLMENT
) -> PressesRecorded:
    press = RecordedPress(
        alarm_id=alarm_id_of(device, counter),
        device_id=str(device),
        enrolment_id=enrolment,
        counter=counter,
        lane="verified",
        channel="data",
        pressed_at=at,
        received_at=at,
        stored_at=after(0.004, at),
        deadline_at=after(5, at),
        flags=("clock_skew",),
    )
    return PressesRecorded(presses=(press,))


def routed(counter: int, incident: int | None = None, at: datetime = T0, device: UUID = DEVICE) -> PressRouted:
    incident = incident or counter
    return PressRouted(
        alarm_id=alarm_id_of(device, counter),
        incident_id=alarm_id_of(device, incident),
        opened=incident == counter,
        device_id=str(device),
        enrolment_id=ENROLMENT,
        counter=counter,
        lane="verified",
        control_room_id="oost-vlaanderen",
        zone_id="gent",
        basis="location",
        urgency=1 if incident == counter else 2,
        flags=() if incident == counter else ("repeat",),
        received_at=at,
        routed_at=after(0.01, at),
        deadline_at=after(5, at),
    )


def moved(
    incident: int, state: OrderState, seconds: float, order: int = 1, device: UUID = DEVICE
) -> OrderMoved:
    return OrderMoved(
        incident_id=alarm_id_of(device, incident),
        at=after(seconds),
        order_id=UUID(int=1000 * incident + order),
        unit_id=f"unit-{order}",
        control_room_id="oost-vlaanderen",
        state=state,
    )


def story(device: UUID = DEVICE) -> list[Event]:
    """Three presses, two incidents: one with two orders and an escalation, closed; one open."""
    first, second = alarm_id_of(device, 1), alarm_id_of(device, 3)
    about = {"incident_id": first, "control_room_id": "oost-vlaanderen"}
    return events(
        recorded(1, device=device),
        routed(1, device=device),
        recorded(2, after(30), device=device),
        routed(2, 1, after(30), device=device),
        recorded(3, after(900), device=device),
        routed(3, at=after(900), device=device),
        IncidentDisplayed(**about, at=after(0.2)),
        IncidentDisplayed(**about, at=after(9)),
        IncidentAcknowledged(**about, at=after(6)),
        IncidentEscalated(**about, at=after(20), level="all_positions"),
        moved(1, "sent", 0.02, device=device),
        moved(1, "received", 0.03, device=device),
        moved(1, "declined", 8, device=device),
        moved(1, "sent", 9, order=2, device=device),
        moved(1, "received", 9.1, order=2, device=device),
        moved(1, "acknowledged", 12, order=2, device=device),
        moved(1, "en_route", 15, order=2, device=device),
        moved(1, "on_scene", 300, order=2, device=device),
        IncidentClosed(**about, at=after(800), outcome=Outcome.GENUINE, closed_by="unit"),
        IncidentEscalated(
            incident_id=second, control_room_id="oost-vlaanderen", at=after(901), level="no_unit"
        ),
    )


def enrolled(enrolment: UUID, at: datetime, status: str = "active", zone: str = "gent") -> EnrolmentChanged:
    return EnrolmentChanged.model_validate(
        {"enrolment_id": enrolment, "status": status, "managing_zone_id": zone, "changed_at": at}
    )


def issued(device: UUID, enrolment: UUID, at: datetime) -> DeviceChanged:
    return DeviceChanged(
        enrolment_id=enrolment, device_id=device, public_key="x", status="active", version=1, changed_at=at
    )


def heartbeat(device: UUID, enrolment: UUID | None, at: datetime, **values: object) -> DevicesReported:
    device_said = {"device_id": device, "enrolment_id": enrolment, "received_at": at, **values}
    return DevicesReported.model_validate({"devices": [device_said]})


def new_pair() -> tuple[UUID, UUID]:
    """A device and its enrolment that no other test uses."""
    return uuid4(), uuid4()
