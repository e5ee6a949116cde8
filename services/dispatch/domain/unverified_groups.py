"""A flood of unverified presses is one group on the screen: alike in place, time and source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from services.dispatch.domain.flags import PENDING

# Fewer than these stand for themselves: one of them may be real.
GROUP_FROM = 4
# One group lasts so long at most; who presses later is seen anew.
LASTS = timedelta(minutes=10)
# Of presses whose address says nothing: a gateway's, or a proxy's that does not tell for whom it asks.
_UNKNOWN = "unknown"


class Incident(Protocol):
    """What must be known of an incident to say what it is alike to."""

    id: UUID
    control_room_id: str
    zone_id: str | None
    lane: str
    flags: list[str]
    source: str | None
    known_device: bool
    raised_at: datetime
    acknowledged_at: datetime | None


Row = TypeVar("Row", bound=Incident)


@dataclass(frozen=True, slots=True)
class Line(Generic[Row]):
    """What stands on the screen: an incident, and all that it stands for (itself too), the oldest first."""

    representative: Row
    alike: tuple[Row, ...] = ()


def is_untouched(incident: Incident) -> bool:
    """Say whether it is unverified, waits for no proof, and nobody took it."""
    pending = PENDING in incident.flags
    return incident.lane == "unverified" and not pending and incident.acknowledged_at is None


def alike(incident: Incident) -> str | None:
    """Say what the presses of one flood share beside place and time: their source.

    None for what always stands for itself: verified, taken, or of a device that is a victim's. Such a press may
    be hers with a broken signature, whoever floods her room.
    """
    if not is_untouched(incident) or incident.known_device:
        return None
    return incident.source or _UNKNOWN


def grouped(incidents: Sequence[Row]) -> list[Line[Row]]:
    """Group the open incidents of a room as they stand on the screen, in the same order; verified alone."""
    groups = _groups(incidents)
    group_of = {each.id: group for group in groups if len(group) >= GROUP_FROM for each in group}
    lines = []
    for incident in incidents:
        group = group_of.get(incident.id)
        if group is None:
            lines.append(Line(incident))
        elif group[0] is incident:
            lines.append(Line(incident, tuple(group)))
    return lines


def _groups(incidents: Iterable[Row]) -> list[list[Row]]:
    """Group those of one room, zone and source that came soon after the first; the oldest stands for all."""
    found: list[list[Row]] = []
    newest: dict[tuple[str, str | None, str], list[Row]] = {}
    for incident in sorted(incidents, key=lambda each: (each.raised_at, str(each.id))):
        if (shared := alike(incident)) is None:
            continue
        key = (incident.control_room_id, incident.zone_id, shared)
        group = newest.get(key)
        if group is None or incident.raised_at - group[0].raised_at > LASTS:
            group = newest[key] = []
            found.append(group)
        group.append(incident)
    return found
