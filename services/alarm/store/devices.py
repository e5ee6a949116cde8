"""Devices: what the registry says of them, and what they say of themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.database.sql import Statement, as_json, send
from contracts.registry import DeviceChanged, EnrolmentChanged
from services.alarm.domain.device_health import Condition, Health


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
    """Give the database's clock."""
    at: datetime = session.execute(text("SELECT now()")).scalar_one()
    return at


def devices_changed_since(session: Session, since: datetime) -> list[DeviceRecord]:
    """Find devices that changed at or after `since` (this database's clock), oldest first."""
    return [DeviceRecord(*row) for row in session.execute(_CHANGED, {"since": since})]


def device(session: Session, device_id: UUID) -> DeviceRecord | None:
    """Find one device; None if there is none."""
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
    """Give the enrolments of those devices that are known."""
    return {row.device_id: row.enrolment_id for row in session.execute(_ENROLMENTS, {"ids": list(device_ids)})}


_PUT_TEST = text(
    "INSERT INTO tests (test_id, device_id, counter, received_at) VALUES (:test_id, :device_id, :counter, :at) "
    "ON CONFLICT (test_id) DO NOTHING RETURNING test_id"
)


def put_test(session: Session, test_id: UUID, device_id: UUID, counter: int, at: datetime) -> bool:
    """Store a test press; False when it was there already."""
    given = {"test_id": test_id, "device_id": device_id, "counter": counter, "at": at}
    return session.execute(_PUT_TEST, given).first() is not None


# News may come out of order. What is said to come yet (a clock was put back) is replaced by what is known.
_AHEAD = "interval '1 minute'"
_LATER = (
    f"CASE WHEN {{0}} > EXCLUDED.contact_at + {_AHEAD} THEN EXCLUDED.contact_at "
    "ELSE GREATEST({0}, EXCLUDED.contact_at) END"
)
_CONTACT = text(
    "INSERT INTO health (device_id, contact_at) SELECT * FROM unnest(CAST(:ids AS uuid[]), "  # noqa: S608
    "CAST(:at AS timestamptz[])) AS n(device_id, at) ORDER BY device_id "
    f"ON CONFLICT (device_id) DO UPDATE SET contact_at = {_LATER.format('health.contact_at')}"
)
_REPORTED = (
    "device_id uuid, received_at timestamptz, phone_battery integer, button_battery integer, "
    "bluetooth boolean, location_permission boolean, app_version text"
)
# What a device does not say stays as it was. A battery matters in steps of five percent.
_SAID = ("bluetooth", "location_permission", "app_version", "phone_battery", "button_battery")
_KEPT = ", ".join(f"{name} = COALESCE(EXCLUDED.{name}, h.{name})" for name in _SAID)
_WORTH_TELLING = " OR ".join(
    f"COALESCE(EXCLUDED.{name}, h.{name}){step} IS DISTINCT FROM h.{name}{step}"
    for name in _SAID
    for step in (" / 5" if "battery" in name else "",)
)
_HEALTH = (
    "INSERT INTO health AS h (device_id, contact_at, reported_at, notified_at, phone_battery, button_battery, "  # noqa: S608
    "bluetooth, bluetooth_lost_at, location_permission, app_version) "
    "SELECT device_id, received_at, received_at, received_at, phone_battery, button_battery, bluetooth, "
    "CASE WHEN bluetooth IS FALSE THEN received_at END, location_permission, app_version "
    f"FROM jsonb_to_recordset(%(rows)s::jsonb) AS n({_REPORTED}) ON CONFLICT (device_id) DO UPDATE SET "
    f"contact_at = {_LATER.format('h.contact_at')}, reported_at = EXCLUDED.reported_at, "
    "notified_at = CASE WHEN h.notified_at IS NULL "
    "OR h.notified_at <= EXCLUDED.reported_at - interval '1 hour' "
    f"OR {_WORTH_TELLING} THEN EXCLUDED.reported_at ELSE h.notified_at END, {_KEPT}, "
    "bluetooth_lost_at = CASE WHEN EXCLUDED.bluetooth THEN NULL "
    "ELSE COALESCE(h.bluetooth_lost_at, EXCLUDED.bluetooth_lost_at) END "
    "WHERE h.reported_at IS NULL OR h.reported_at <= EXCLUDED.reported_at "
    f"OR h.reported_at > EXCLUDED.reported_at + {_AHEAD} "
    "RETURNING h.device_id, h.notified_at = h.reported_at AS tell"
).encode()


def note_contact(session: Session, device_ids: Sequence[UUID], at: Sequence[datetime]) -> None:
    """Remember the last contact of devices. Each id at most once."""
    if device_ids:
        session.execute(_CONTACT, {"ids": list(device_ids), "at": list(at)})


def put_health(session: Session, reports: Sequence[Mapping[str, object]]) -> set[UUID]:
    """Store what devices say of themselves (each once, sorted); what one does not say stays as it was.

    Return those that the follow-up desk should hear of: an hour after the last time, or at a change.
    """
    [rows] = send(session, Statement(_HEALTH, {"rows": as_json(reports)}))
    return {row.device_id for row in rows if row.tell}


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
    """Note that a test press went all the way."""
    session.execute(_TESTED, {"device_id": device_id, "at": at})


def live_health(session: Session) -> list[Health]:
    """Say what is known of every device in use."""
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


def attended(session: Session) -> list[tuple[str, int]]:
    """Say how many devices are in each kind of condition that was told."""
    query = text("SELECT kind, count(DISTINCT device_id) AS devices FROM attentions GROUP BY kind")
    return [(row.kind, row.devices) for row in session.execute(query)]


def relieve(session: Session, still: set[tuple[UUID, str, str]]) -> None:
    """Forget conditions that are over, so that they are told anew when they come back."""
    over = {(row.device_id, row.kind, row.level) for row in session.execute(_ATTENTIONS)} - still
    for device_id, kind, level in sorted(over):
        session.execute(_RELIEVE, {"device_id": device_id, "kind": kind, "level": level})
