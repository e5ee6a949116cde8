"""Watching over devices and over the path itself."""

import logging

import httpx

from chassis.database.database import Database
from chassis.database.isolation import apart
from chassis.runtime import clock
from chassis.security.service_token import ServiceToken
from chassis.telemetry.metrics import Reading
from contracts.alarm import DeviceAttention
from contracts.telemetry import DEVICE_ATTENTION
from services.alarm import domain
from services.alarm.settings import AlarmSettings
from services.alarm.store import devices, following

log = logging.getLogger(__name__)


def limits_of(settings: AlarmSettings) -> domain.Limits:
    """The limits that the settings give."""
    return domain.Limits(**{name: getattr(settings, name) for name in domain.Limits.__slots__})


def watch_devices(database: Database, limits: domain.Limits) -> None:
    """Tell of every condition once, and forget those that are over."""
    now = clock.now()
    with database.read() as session:
        healths = devices.live_health(session)
    found = list[domain.Condition]()
    for health in healths:
        with apart("device", health.device_id):
            found += domain.conditions(health, limits, now)
    with database.transaction() as transaction:
        for each in sorted(found, key=lambda c: (c.device_id, c.kind, c.level)):
            if devices.attend(transaction.session, each):
                transaction.publish(
                    DeviceAttention(
                        device_id=each.device_id,
                        enrolment_id=each.enrolment_id,
                        kind=each.kind,
                        level=each.level,
                        since=each.since,
                        detail=dict(each.detail),
                    )
                )
        devices.relieve(transaction.session, {(c.device_id, c.kind, c.level) for c in found})


def attention(database: Database) -> list[Reading]:
    """How many devices are in each condition that a person has been told of."""
    with database.read() as session:
        found = dict(devices.attended(session))
    return [(found.get(kind, 0), {"kind": kind}) for kind in DEVICE_ATTENTION.attributes["kind"]]


def send_canaries(database: Database, settings: AlarmSettings, token: ServiceToken) -> None:
    """Send the canaries that are due through our own API; one that fails shows by its absence."""
    if not token.at_hand:
        return
    with database.transaction() as transaction:
        due = following.due_canaries(transaction.session, settings.canary_every_s)
    if not due:
        return
    with httpx.Client(base_url=settings.alarm_url, auth=token, timeout=3) as http:
        for canary in due:
            with apart("canary of", canary["control_room_id"]):
                http.post("/v1/canaries", json=canary).raise_for_status()
