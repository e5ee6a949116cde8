"""Tell people of devices that are silent, weak or untested."""

import logging

from chassis.database.database import Session, Transaction
from chassis.database.isolation import apart
from chassis.runtime import clock
from chassis.telemetry.metrics import Reading
from contracts.telemetry import DEVICE_ATTENTION
from services.alarm.domain.device_health import Condition, Limits, conditions
from services.alarm.events.outgoing import device_attention
from services.alarm.settings import AlarmSettings
from services.alarm.store import devices

log = logging.getLogger(__name__)


def limits_of(settings: AlarmSettings) -> Limits:
    """Take the limits from the settings."""
    return Limits(**{name: getattr(settings, name) for name in Limits.__slots__})


def watch_devices(tx: Transaction, limits: Limits) -> None:
    """Tell of every condition once, and forget those that are over."""
    now = clock.now()
    found = list[Condition]()
    for health in devices.live_health(tx.session):
        with apart("device", health.device_id):
            found += conditions(health, limits, now)
    for each in sorted(found, key=lambda c: (c.device_id, c.kind, c.level)):
        if devices.attend(tx.session, each):
            tx.publish(device_attention(each))
    devices.relieve(tx.session, {(c.device_id, c.kind, c.level) for c in found})


def attention(session: Session) -> list[Reading]:
    """Say how many devices are in each condition that a person has been told of."""
    found = dict(devices.attended(session))
    return [(found.get(kind, 0), {"kind": kind}) for kind in DEVICE_ATTENTION.attributes["kind"]]
