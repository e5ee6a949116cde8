"""Events that come in from others, turned into rows of our own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import Session

from chassis.database.database import Transaction
from chassis.errors import Invalid
from chassis.security.vault import Vault
from contracts import dispatch, registry
from contracts.alarm import AlarmRaised
from contracts.envelope import Event, Payload
from contracts.press import read_press
from services.alarm.store import alarm_progress, control_rooms, devices
from services.alarm.usecases.renamed_presses import keep

P = TypeVar("P", bound=Payload)

# How the moves of an order look to the device; the other moves are none of its business.
_MOVING = {"en_route": "unit_moving", "on_scene": "on_scene"}


def read(kind: type[P], event: Event) -> P:
    """The data of an event; raises `Invalid` naming the field, so that the message is parked."""
    try:
        return kind.model_validate(event.data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Invalid(f"{event.type}: {first['msg']}", field=".".join(map(str, first["loc"]))) from None


def raised(event: Event) -> AlarmRaised:
    """A press, as far as it can be read; raises `Invalid` for an event of another type."""
    if event.type != AlarmRaised.TYPE:
        raise Invalid("only presses are recorded", field="type")
    return read_press(event)


def from_registry(session: Session, event: Event) -> None:
    """Keep devices and enrolments; anything else of the registry is ignored."""
    if event.type == registry.DeviceChanged.TYPE:
        devices.put_device(session, read(registry.DeviceChanged, event))
    elif event.type == registry.EnrolmentChanged.TYPE:
        devices.put_enrolment(session, read(registry.EnrolmentChanged, event))


@dataclass(slots=True)
class Climb:
    """What a batch of dispatch's events says of the ladder: incidents of alarms, first times of stages."""

    joined: dict[tuple[UUID, str | None], UUID] = field(default_factory=dict)
    kept_as: list[dispatch.PressRouted] = field(default_factory=list)
    reached: dict[tuple[UUID, str], datetime] = field(default_factory=dict)

    def reach(self, incident_id: UUID, stage: str, at: datetime) -> None:
        """An incident reached a stage; the earliest time counts."""
        self.reached[incident_id, stage] = min(at, self.reached.get((incident_id, stage), at))


def from_dispatch(tx: Transaction, batch: Sequence[Event], vault: Vault) -> None:
    """Move the receipt ladder, note passed tests and control rooms; the rest is ignored."""
    climb = Climb()
    for event in batch:
        _climb(climb, event)
        if event.type == dispatch.TestRouted.TYPE:
            tested = read(dispatch.TestRouted, event)
            devices.note_tested(tx.session, tested.device_id, tested.routed_at)
        elif event.type == dispatch.ControlRoomRegistered.TYPE:
            control_rooms.put_control_room(tx.session, read(dispatch.ControlRoomRegistered, event))
    if climb.joined or climb.reached:
        tx.write(*alarm_progress.climbed(climb.joined, climb.reached))
    if climb.kept_as:
        keep(tx, climb.kept_as, vault)


def _climb(climb: Climb, event: Event) -> None:
    if event.type == dispatch.PressRouted.TYPE:
        routed = read(dispatch.PressRouted, event)
        # Not None: what an old dispatch tells is of any press that has the id.
        digest = routed.digest or ""
        climb.joined[routed.alarm_id, digest] = routed.incident_id
        if routed.came_as not in (None, routed.alarm_id):
            climb.kept_as.append(routed)
            if dispatch.AFTER_THE_END not in routed.flags:
                climb.joined[routed.came_as, digest] = routed.incident_id
        climb.reach(routed.incident_id, "routed", routed.routed_at)
    elif event.type in (dispatch.IncidentDisplayed.TYPE, dispatch.IncidentAcknowledged.TYPE):
        shown = read(dispatch.IncidentDisplayed, event)
        climb.reach(shown.incident_id, "seen", shown.at)
    elif event.type == dispatch.OrderMoved.TYPE:
        moved = read(dispatch.OrderMoved, event)
        if moved.state in _MOVING:
            climb.reach(moved.incident_id, _MOVING[moved.state], moved.at)
    elif event.type == dispatch.IncidentClosed.TYPE:
        closed = read(dispatch.IncidentClosed, event)
        climb.reach(closed.incident_id, "closed", closed.at)
