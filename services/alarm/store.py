"""The SQL of the alarm service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis import clock
from contracts.alarm import AlarmRaised


@dataclass(slots=True)
class NewPress:
    """A press on its way into the database. `event`: the encoded event, for the outbox.

    `confirmed`: the broker already holds the event, so that the outbox need not.
    """

    raised: AlarmRaised
    content: str
    evidence: bytes
    event: bytes
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database held under this alarm id before: None for a new press."""

    content: str | None
    received_at: datetime
    deadline_at: datetime


# Unnested arrays: one statement, prepared once, whatever the size of the batch. The select sees the
# table as it was before, so it finds exactly the presses that were there already. The recorder may have
# been faster: then only the signed body is added.
_PUT = text(
    "WITH new AS (SELECT * FROM unnest(CAST(:alarm_id AS uuid[]), CAST(:device_id AS text[]), "
    "CAST(:counter AS bigint[]), CAST(:lane AS text[]), CAST(:channel AS text[]), "
    "CAST(:pressed_at AS timestamptz[]), CAST(:received_at AS timestamptz[]), "
    "CAST(:deadline_at AS timestamptz[]), CAST(:flags AS text[]), CAST(:content AS text[]), "
    "CAST(:evidence AS bytea[])) AS n(alarm_id, device_id, counter, lane, channel, pressed_at, received_at, "
    "deadline_at, flags, content, evidence)), "
    "put AS (INSERT INTO presses (alarm_id, device_id, counter, lane, channel, pressed_at, received_at, "
    "deadline_at, stored_at, flags, content, evidence, whole) "
    "SELECT alarm_id, device_id, counter, lane, channel, pressed_at, received_at, deadline_at, :now, "
    "CAST(flags AS jsonb), content, evidence, true FROM new "
    "ON CONFLICT (alarm_id) DO UPDATE SET evidence = EXCLUDED.evidence, whole = true "
    "WHERE NOT presses.whole AND presses.content IS NOT DISTINCT FROM EXCLUDED.content) "
    "SELECT old.alarm_id, old.content, old.received_at, old.deadline_at "
    "FROM presses old JOIN new USING (alarm_id)"
)
_OUTBOX = text(
    "INSERT INTO outbox (id, exchange, routing_key, body, created_at) "
    "SELECT id, :exchange, routing_key, body, :now FROM unnest(CAST(:id AS uuid[]), "
    "CAST(:routing_key AS text[]), CAST(:body AS bytea[])) AS n(id, routing_key, body) ON CONFLICT DO NOTHING"
)


def put_presses(session: Session, presses: Sequence[NewPress]) -> dict[UUID, Stored]:
    """Store presses and their events; returns what was there before. Each alarm id at most once, sorted."""
    at = clock.now()
    raised = [press.raised for press in presses]
    parameters: dict[str, Any] = {
        name: [getattr(each, name) for each in raised]
        for name in (
            "alarm_id",
            "device_id",
            "counter",
            "lane",
            "channel",
            "pressed_at",
            "received_at",
            "deadline_at",
        )
    }
    parameters |= {
        "flags": [flags_text(each.flags) for each in raised],
        "content": [press.content for press in presses],
        "evidence": [press.evidence for press in presses],
        "now": at,
    }
    before = {
        row.alarm_id: Stored(row.content, row.received_at, row.deadline_at)
        for row in session.execute(_PUT, parameters)
    }
    unsent = [press for press in presses if not press.confirmed and press.raised.alarm_id not in before]
    if unsent:
        session.execute(
            _OUTBOX,
            {
                "id": [press.raised.alarm_id for press in unsent],
                "exchange": AlarmRaised.EXCHANGE,
                "routing_key": [press.raised.routing_key for press in unsent],
                "body": [press.event for press in unsent],
                "now": at,
            },
        )
    return before


def flags_text(flags: Sequence[str]) -> str:
    """Flags as JSON; they are words of our own, so nothing needs escaping."""
    return "[" + ",".join(f'"{flag}"' for flag in flags) + "]"


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


def devices_changed_since(session: Session, since: datetime) -> list[DeviceRecord]:
    """Devices that changed at or after `since` (this database's clock), oldest first."""
    return [DeviceRecord(*row) for row in session.execute(_CHANGED, {"since": since})]


def device(session: Session, device_id: UUID) -> DeviceRecord | None:
    """One device, or None."""
    row = session.execute(_ONE, {"device_id": device_id}).one_or_none()
    return DeviceRecord(*row) if row else None


_STAGES = text(
    "SELECT 'stored' AS stage, stored_at AS at FROM presses WHERE alarm_id = :alarm_id UNION ALL "
    "SELECT s.stage, s.at FROM alarm_incidents a JOIN stages s USING (incident_id) WHERE a.alarm_id = :alarm_id"
)
_OWNER = text("SELECT device_id FROM presses WHERE alarm_id = :alarm_id")


def stages(session: Session, alarm_id: UUID) -> dict[str, datetime]:
    """The stages that an alarm has reached."""
    return {row.stage: row.at for row in session.execute(_STAGES, {"alarm_id": alarm_id})}


def owner(session: Session, alarm_id: UUID) -> str | None:
    """The device that raised an alarm."""
    owner_id: str | None = session.execute(_OWNER, {"alarm_id": alarm_id}).scalar_one_or_none()
    return owner_id


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
