"""Devices: what the registry says of them, and what they say of themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from contracts.registry import DeviceChanged, EnrolmentChanged
from services.alarm.domain import Condition, Health


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A device as the registry last told."""

    device_id: UUID
    enrolment_id: UUID
    public_key: str
    status: str
    version: int
    changed_at: datetime


_DEVICES = "SELECT device_id, enrolment_id, public_key, status, version, changed_at FROM devices "
_CHANGED = text(_DEVICES + "WHERE changed_at >= :since ORDER BY changed_at")
_ONE = text(_DEVICES + "WHERE device_id = :device_id")


def database_time(session: Session) -> datetime:
    """The database's clock."""
    at: datetime = session.execute(text("SELECT now()")).scalar_one()
    return at


def devices_changed_since(session: Session, since: datetime) -> list[DeviceRecord]:
    """Devices that changed at or after `since` (this database's clock), oldest first."""
    return [DeviceRecord(*row) for row in session.execute(_CHANGED, {"since": since})]


def device(session: Session, device_id: UUID) -> DeviceRecord | None:
    """One device, or None."""
    row = session.execute(_ONE, {"device_id": device_id}).one_or_none()
    return DeviceRecord(*row) if row else None


# The read model's own clock: the API asks for what changed since it last looked.
_PUT_DEVICE = text(
    "INSERT INTO devices (device_id, enrolment_id, public_key, status, version, changed_at) "
    "VALUES (:device_id, :enrolment_id, :public_key, :status, :version, clock_timestamp()) "
    "ON CONFLICT (device_id) DO UPDATE SET enrolment_id = EXCLUDED.enrolment_id, "
    "public_key = EXCLUDED.public_key, status = EXCLUDED.status, version = EXCLUDED.version, "
    "changed_at = EXCLUDED.changed_at WHERE devices.version < EXCLUDED.version"
)
_FIRST_HEALTH = text(
    "INSERT INTO health (device_id, contact_at) VALUES (:device_id, :at) ON CONFLICT DO NOTHING"
)
_PUT_ENROLMENT = text(
    "INSERT INTO enrolments (enrolment_id, status, changed_at) VALUES (:enrolment_id, :status, :changed_at) "
    "ON CONFLICT (enrolment_id) DO UPDATE SET status = EXCLUDED.status, changed_at = EXCLUDED.changed_at "
    "WHERE enrolments.changed_at < EXCLUDED.changed_at"
)
_ENROLMENTS = text("SELECT device_id, enrolment_id FROM devices WHERE device_id = ANY(:ids)")


def put_device(session: Session, changed: DeviceChanged) -> None:
    """Keep the newest version; silence counts from the day that the device is known."""
    session.execute(_PUT_DEVICE, changed.model_dump(exclude={"changed_at"}))
    session.execute(_FIRST_HEALTH, {"device_id": changed.device_id, "at": changed.changed_at})


def put_enrolment(session: Session, changed: EnrolmentChanged) -> None:
    """Keep the newest status."""
    session.execute(_PUT_ENROLMENT, changed.model_dump())


def enrolments_of(session: Session, device_ids: Sequence[UUID]) -> dict[UUID | None, UUID]:
    """The enrolments of those devices that are known."""
    return {row.device_id: row.enrolment_id for row in session.execute(_ENROLMENTS, {"ids": list(device_ids)})}


_PUT_TEST = text(
    "INSERT INTO tests (test_id, device_id, counter, received_at) VALUES (:test_id, :device_id, :counter, :at) "
    "ON CONFLICT (test_id) DO NOTHING RETURNING test_id"
)


def put_test(session: Session, test_id: UUID, device_id: UUID, counter: int, at: datetime) -> bool:
    """Store a test press; False when it was there already."""
    given = {"test_id": test_id, "device_id": device_id, "counter": counter, "at": at}
    return session.execute(_PUT_TEST, given).first() is not None


_CONTACT = text(
    "INSERT INTO health (device_id, contact_at) SELECT * FROM unnest(CAST(:ids AS uuid[]), "
    "CAST(:at AS timestamptz[])) AS n(device_id, at) ORDER BY device_id "
    "ON CONFLICT (device_id) DO UPDATE SET contact_at = GREATEST(health.contact_at, EXCLUDED.contact_at)"
)
_HEALTH = text(
    "INSERT INTO health (device_id, contact_at, reported_at, phone_battery, button_battery, bluetooth, "
    "bluetooth_lost_at, location_permission, app_version) VALUES (:device_id, :received_at, :received_at, "
    ":phone_battery, :button_battery, :bluetooth, CASE WHEN :bluetooth IS FALSE THEN :received_at END, "
    ":location_permission, :app_version) ON CONFLICT (device_id) DO UPDATE SET "
    "contact_at = GREATEST(health.contact_at, EXCLUDED.contact_at), reported_at = EXCLUDED.reported_at, "
    "phone_battery = COALESCE(EXCLUDED.phone_battery, health.phone_battery), "
    "button_battery = COALESCE(EXCLUDED.button_battery, health.button_battery), "
    "bluetooth = COALESCE(EXCLUDED.bluetooth, health.bluetooth), "
    "bluetooth_lost_at = CASE WHEN EXCLUDED.bluetooth THEN NULL "
    "ELSE COALESCE(health.bluetooth_lost_at, EXCLUDED.bluetooth_lost_at) END, "
    "location_permission = COALESCE(EXCLUDED.location_permission, health.location_permission), "
    "app_version = COALESCE(EXCLUDED.app_version, health.app_version) "
    "WHERE health.reported_at IS NULL OR health.reported_at <= EXCLUDED.reported_at"
)


def note_contact(session: Session, device_ids: Sequence[UUID], at: Sequence[datetime]) -> None:
    """Remember that devices were heard of. Each id at most once."""
    if device_ids:
        session.execute(_CONTACT, {"ids": list(device_ids), "at": list(at)})


def put_health(session: Session, reports: Sequence[dict[str, Any]]) -> None:
    """Store what devices say of themselves; what one does not say stays as it was."""
    session.execute(_HEALTH, list(reports))


_TESTED = text(
    "INSERT INTO health (device_id, contact_at, tested_at) VALUES (:device_id, :at, :at) "
    "ON CONFLICT (device_id) DO UPDATE SET tested_at = GREATEST(health.tested_at, EXCLUDED.tested_at)"
)
_LIVE = text(
    "SELECT h.device_id, d.enrolment_id, h.contact_at, h.reported_at, h.phone_battery, h.button_battery, "
    "h.bluetooth_lost_at, COALESCE(h.tested_at, d.changed_at) AS tested_at "
    "FROM health h JOIN devices d USING (device_id) WHERE d.status = 'active'"
)
_ATTEND = text(
    "INSERT INTO attentions (device_id, kind, level, since) VALUES (:device_id, :kind, :level, :since) "
    "ON CONFLICT DO NOTHING RETURNING device_id"
)
_ATTENTIONS = text("SELECT device_id, kind, level FROM attentions")
_RELIEVE = text("DELETE FROM attentions WHERE device_id = :device_id AND kind = :kind AND level = :level")


def note_tested(session: Session, device_id: UUID, at: datetime) -> None:
    """A test press went all the way."""
    session.execute(_TESTED, {"device_id": device_id, "at": at})


def live_health(session: Session) -> list[Health]:
    """What is known of every device in use."""
    return [Health(**row._mapping) for row in session.execute(_LIVE)]


def attend(session: Session, condition: Condition) -> bool:
    """Note a condition; False when it was noted before."""
    given = {
        "device_id": condition.device_id,
        "kind": condition.kind,
        "level": condition.level,
        "since": condition.since,
    }
    return session.execute(_ATTEND, given).first() is not None


def relieve(session: Session, still: set[tuple[UUID, str, str]]) -> None:
    """Forget conditions that are over, so that they are told anew when they come back."""
    over = {(row.device_id, row.kind, row.level) for row in session.execute(_ATTENTIONS)} - still
    for device_id, kind, level in sorted(over):
        session.execute(_RELIEVE, {"device_id": device_id, "kind": kind, "level": level})
