"""A flood of presses that nobody proved is one group on the screen: what is alike in place and time. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.dispatch.domain import PENDING
from services.dispatch.models import IncidentRow

# Fewer than these stand for themselves: one of them may be real.
GROUP_FROM = 4
# One group lasts so long at most; who presses later is seen anew.
_LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on the screen: an incident, and the others that it stands for (itself too)."""

    shown: IncidentRow
    alike: tuple[UUID, ...] = ()
    last_raised_at: datetime | None = None


def is_untouched(incident: IncidentRow) -> bool:
    """Whether nobody proved it, it waits for no proof, and nobody took it."""
    pending = PENDING in incident.flags
    return incident.lane == "unverified" and not pending and incident.acknowledged_at is None


def grouped(incidents: Sequence[IncidentRow]) -> list[Line]:
    """The open incidents of a room as they stand on the screen, in the same order; proved ones each alone."""
    groups = _groups(each for each in incidents if is_untouched(each))
    group_of = {each.id: group for group in groups if len(group) >= GROUP_FROM for each in group}
    lines = []
    for incident in incidents:
        group = group_of.get(incident.id)
        if group is None:
            lines.append(Line(incident))
        elif group[0] is incident:
            lines.append(Line(incident, tuple(each.id for each in group), group[-1].raised_at))
    return lines


def _groups(incidents: Iterable[IncidentRow]) -> list[list[IncidentRow]]:
    """Those of one room and zone that came soon after the first of them; the oldest stands for all."""
    found: list[list[IncidentRow]] = []
    newest: dict[tuple[str, str | None], list[IncidentRow]] = {}
    for incident in sorted(incidents, key=lambda each: (each.raised_at, str(each.id))):
        key = (incident.cic_id, incident.zone_id)
        group = newest.get(key)
        if group is None or incident.raised_at - group[0].raised_at > _LASTS:
            group = newest[key] = []
            found.append(group)
        group.append(incident)
    return found
