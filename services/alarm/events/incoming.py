"""Events that come in from others, as values; an event that breaks its contract raises `Invalid`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.errors import Invalid
from chassis.messaging.payload import read_payload
from contracts import dispatch, registry
from contracts.alarm import AlarmRaised
from contracts.envelope import Event
from contracts.press import read_press
from services.alarm.domain.receipt_ladder import Stage

# How the moves of an order look to the device; the other moves are none of its business.
_MOVING = {"en_route": Stage.UNIT_MOVING, "on_scene": Stage.ON_SCENE}


def raised(event: Event) -> AlarmRaised:
    """Read a press, as far as it can be read; raises `Invalid` for an event of another type."""
    if event.type != AlarmRaised.TYPE:
        raise Invalid("only presses are recorded", field="type")
    return read_press(event)


def from_registry(event: Event) -> registry.DeviceChanged | registry.EnrolmentChanged | None:
    """Read a change of a device or an enrolment; None for anything else of the registry."""
    if event.type == registry.DeviceChanged.TYPE:
        return read_payload(registry.DeviceChanged, event)
    if event.type == registry.EnrolmentChanged.TYPE:
        return read_payload(registry.EnrolmentChanged, event)
    return None


@dataclass(slots=True)
class Progress:
    """What a batch of dispatch's events says of alarms (their incidents, first times of stages), and more."""

    joined: dict[tuple[UUID, str | None], UUID] = field(default_factory=dict)
    kept_as: list[dispatch.PressRouted] = field(default_factory=list)
    tested: list[dispatch.TestRouted] = field(default_factory=list)
    control_rooms: list[dispatch.ControlRoomRegistered] = field(default_factory=list)
    reached: dict[tuple[UUID, Stage], datetime] = field(default_factory=dict)

    def reach(self, incident_id: UUID, stage: Stage, at: datetime) -> None:
        """Note that an incident reached a stage; the earliest time counts."""
        self.reached[incident_id, stage] = min(at, self.reached.get((incident_id, stage), at))


def from_dispatch(batch: Sequence[Event]) -> Progress:
    """Read how far alarms have come, which tests passed and which control rooms there are; ignore the rest."""
    progress = Progress()
    for event in batch:
        _climb(progress, event)
        if event.type == dispatch.TestRouted.TYPE:
            progress.tested.append(read_payload(dispatch.TestRouted, event))
        elif event.type == dispatch.ControlRoomRegistered.TYPE:
            progress.control_rooms.append(read_payload(dispatch.ControlRoomRegistered, event))
    return progress


def _climb(progress: Progress, event: Event) -> None:
    if event.type == dispatch.PressRouted.TYPE:
        routed = read_payload(dispatch.PressRouted, event)
        # Not None: what an old dispatch tells is of any press that has the id.
        digest = routed.digest or ""
        progress.joined[routed.alarm_id, digest] = routed.incident_id
        if routed.came_as not in (None, routed.alarm_id):
            progress.kept_as.append(routed)
            if dispatch.AFTER_THE_END not in routed.flags:
                progress.joined[routed.came_as, digest] = routed.incident_id
        progress.reach(routed.incident_id, Stage.ROUTED, routed.routed_at)
    elif event.type in (dispatch.IncidentDisplayed.TYPE, dispatch.IncidentAcknowledged.TYPE):
        displayed = read_payload(dispatch.IncidentDisplayed, event)
        progress.reach(displayed.incident_id, Stage.SEEN, displayed.at)
    elif event.type == dispatch.OrderMoved.TYPE:
        moved = read_payload(dispatch.OrderMoved, event)
        if moved.state in _MOVING:
            progress.reach(moved.incident_id, _MOVING[moved.state], moved.at)
    elif event.type == dispatch.IncidentClosed.TYPE:
        closed = read_payload(dispatch.IncidentClosed, event)
        progress.reach(closed.incident_id, Stage.CLOSED, closed.at)
