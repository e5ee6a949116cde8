"""All event types by publisher: the source of the JSON Schemas, of AsyncAPI and of the event table."""

from contracts import alarm, committee, dispatch, registry, reporting
from contracts.audit import sealed_for
from contracts.common import parked_for
from contracts.envelope import Payload
from contracts.topology import SERVICES

PUBLISHED: dict[str, tuple[type[Payload], ...]] = {
    "registry": registry.EVENTS,
    "alarm": alarm.EVENTS,
    "dispatch": dispatch.EVENTS,
    "committee": committee.EVENTS,
    "reporting": reporting.EVENTS,
}

# Events that every service publishes on its own exchange.
PARKED = {service: parked_for(service) for service in SERVICES}
AUDIT_SEALED = {service: sealed_for(service) for service in SERVICES}
