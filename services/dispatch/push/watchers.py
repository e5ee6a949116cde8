"""Who watches: the frames of Server-Sent Events that each open stream is told."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal, Protocol, overload
from uuid import UUID

from pydantic import BaseModel

from chassis.database.isolation import apart
from chassis.runtime import clock
from services.dispatch.domain.orders import LIVE
from services.dispatch.presenters.order_view import order_view
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import OrderView

# Seconds of silence after which a comment keeps proxies and readers from giving up.
KEEP_ALIVE_S = 10.0
# A reader that is so far behind is dropped; it reconnects and starts from the present state.
QUEUE_LENGTH = 2000


class Withdrawn(BaseModel):
    """An order that is no longer this unit's: its card must go from the screen."""

    order_id: UUID
    incident_id: UUID
    unit_id: str
    state: str
    reason: str | None


class Show(Protocol):
    """What a caller may see of a view."""

    @overload
    def __call__(self, view: IncidentView) -> IncidentView: ...
    @overload
    def __call__(self, view: OrderView) -> OrderView: ...


@dataclass(slots=True, eq=False)
class Watcher:
    """One open stream: of a control room, of one unit, or of all units of a control room (its gateway)."""

    kind: Literal["room", "unit", "gateway"]
    key: str
    # What of a view the reader of this stream may see; it is noted.
    show: Show
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))
    # Rooms: the account of who watches, as accounts are compared; a machine's has none.
    person: str | None = None
    # Units: which orders were shown, so that a withdrawal is told to those that saw it.
    displayed: set[UUID] = field(default_factory=set)
    # When the token of its reader ends (seconds of the clock), and by what a sign-out knows it.
    until: float | None = None
    opened_by: frozenset[str] = frozenset()

    def left_s(self) -> float:
        """Count the seconds until the next sign of life is due, or the end; never positive once it is over."""
        return KEEP_ALIVE_S if self.until is None else min(KEEP_ALIVE_S, self.until - clock.now().timestamp())

    def frames(self, incident: IncidentView) -> list[bytes]:
        """Give the frames that tell this watcher of an incident's new state."""
        if self.kind == "room":
            if self.key != incident.control_room_id and self.key not in incident.also_control_room_ids:
                return []
            return [_frame("incident", self.show(incident))]
        return self._order_frames(incident)

    def _order_frames(self, incident: IncidentView) -> list[bytes]:
        frames = []
        for order in incident.orders:
            if self.kind == "unit" and order.unit_id != self.key:
                continue
            if (
                self.kind == "gateway"
                and order.unit_control_room_id != self.key
                and order.order_id not in self.displayed
            ):
                continue
            if order.state in LIVE and incident.state == "open":
                self.displayed.add(order.order_id)
                frames.append(_frame("order", self.show(order_view(incident, order))))
            elif order.order_id in self.displayed:
                self.displayed.discard(order.order_id)
                fields = order.model_dump(include={"order_id", "unit_id", "state", "reason"})
                gone = Withdrawn.model_validate({**fields, "incident_id": incident.incident_id})
                frames.append(_frame("withdrawn", gone))
        return frames


def frames_for(watcher: Watcher, incident: IncidentView) -> list[bytes]:
    """Give what a watcher is told; nothing where that cannot be put together: the others are told of theirs."""
    with apart("stream of incident", incident.incident_id):
        return watcher.frames(incident)
    return []


def _frame(event: str, data: BaseModel) -> bytes:
    return f"event: {event}\ndata: {data.model_dump_json()}\n\n".encode()
