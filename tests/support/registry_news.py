"""What the registry tells zones of, and what others told it."""

from datetime import UTC, datetime
from typing import Any

from contracts.dispatch import NamedZone, ZonesPublished
from contracts.envelope import Event, wrap
from tests.support.desks import Desk, Who
from tests.support.registry import GHENT


def told(number: int, *named: tuple[str, str, str]) -> Event:
    zones_now = [NamedZone(zone_id=zone, nl=nl, fr=fr, de=nl) for zone, nl, fr in named]
    news = ZonesPublished(number=number, zones=tuple(zones_now), published_at=datetime.now(UTC))
    return wrap(news, source="/services/dispatch")


def open_reminders(registry: Desk, path: str, who: Who = GHENT) -> dict[str, dict[str, Any]]:
    found = registry.call("GET", "/v1/reminders?limit=500", **who)
    return {each["kind"]: each for each in found if each["enrolment_id"] == path.rpartition("/")[2]}
