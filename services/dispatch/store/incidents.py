"""The SQL of incidents: found, locked, changed."""

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, text, true
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from chassis.database.sql import Statement, send
from services.dispatch.domain.orders import LIVE
from services.dispatch.models import IncidentRow, OrderRow, UnitRow

log = logging.getLogger(__name__)

# No number of a row may keep a further press out.
MOST = 2**31 - 1

_NOW_KNOWN = text(
    "UPDATE incidents SET known_device = true, revision = revision + 1, changed_at = :now "
    "WHERE state = 'open' AND lane = 'unverified' AND device_id = :device AND NOT known_device"
)

_CHANGED = b"SELECT id, revision FROM incidents WHERE changed_at > %(since)s"

_UNACKNOWLEDGED = text(
    "SELECT control_room_id, count(*) AS incidents, "
    "extract(epoch FROM now() - greatest(least(min(raised_at), now()), timestamptz 'epoch')) AS oldest_s "
    "FROM incidents WHERE state = 'open' AND acknowledged_at IS NULL GROUP BY control_room_id"
)


def lock_incident(session: Session, incident_id: UUID) -> IncidentRow | None:
    """Lock the incident until the transaction ends, and read it anew. Always locked before its orders."""
    query = select(IncidentRow).where(col(IncidentRow.id) == incident_id).with_for_update()
    query = query.execution_options(populate_existing=True)
    incident = session.exec(query).one_or_none()
    return readable(incident) if incident is not None else None


# What each of these must be; else it is as if nothing stood there.
_LISTS = ("also_control_room_ids", "border_zones", "flags")


def readable(incident: IncidentRow) -> IncidentRow:
    """Give the row with lists where lists must be. Not noted as changes: who only reads writes nothing."""
    for name in _LISTS:
        value = getattr(incident, name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            log.error("incident %s: its %s is no list", incident.id, name)
            set_committed_value(incident, name, [])
    return incident


def load_incident(session: Session, incident_id: UUID) -> IncidentRow | None:
    """Load an incident; None where there is none."""
    incident = session.get(IncidentRow, incident_id)
    return readable(incident) if incident is not None else None


def note_known_device(session: Session, device_id: UUID, now: datetime) -> None:
    """Note that what names this device is of a victim: it stands for itself from now on."""
    session.execute(_NOW_KNOWN, {"device": str(device_id), "now": now})


def has_open_incident(session: Session, subject: str) -> bool:
    """Say whether an incident of this subject is open."""
    query = select(IncidentRow.id).where(col(IncidentRow.subject) == subject, col(IncidentRow.state) == "open")
    return session.exec(query).first() is not None


def touch_incident(session: Session, incident: IncidentRow, now: datetime, **changes: object) -> None:
    """Change an incident: whoever watches it sees a new revision."""
    for name, value in changes.items():
        setattr(incident, name, value)
    incident.revision = min(incident.revision + 1, MOST)
    incident.changed_at = now
    session.add(incident)


def incidents_by_id(session: Session, ids: Collection[UUID]) -> list[IncidentRow]:
    """Load incidents by id."""
    return [readable(row) for row in session.exec(select(IncidentRow).where(col(IncidentRow.id).in_(ids)))]


def load_open_incidents(session: Session, control_room_id: str | None = None) -> list[IncidentRow]:
    """Load open incidents of a control room (its own and those it was brought into), or all."""
    if control_room_id is None:
        return _open(session, true())
    brought_in = col(IncidentRow.also_control_room_ids).op("@>")([control_room_id])
    return _open(session, or_(col(IncidentRow.control_room_id) == control_room_id, brought_in))


def roomless_incidents(session: Session, rooms: Collection[str]) -> list[UUID]:
    """Find open incidents whose control room is none of these."""
    query = select(IncidentRow.id).where(
        col(IncidentRow.state) == "open", col(IncidentRow.control_room_id).not_in(rooms)
    )
    return list(session.exec(query))


def load_served_incidents(
    session: Session, unit_id: str | None = None, control_room_id: str | None = None
) -> list[IncidentRow]:
    """Load open incidents for which this unit, or any unit of this control room, holds an order."""
    live = select(OrderRow.incident_id).where(col(OrderRow.state).in_(LIVE))
    if unit_id is not None:
        live = live.where(col(OrderRow.unit_id) == unit_id)
    if control_room_id is not None:
        of_room = select(UnitRow.id).where(col(UnitRow.control_room_id) == control_room_id)
        live = live.where(col(OrderRow.unit_id).in_(of_room))
    return _open(session, col(IncidentRow.id).in_(live))


def _open(session: Session, which: ColumnElement[bool]) -> list[IncidentRow]:
    query = select(IncidentRow).where(col(IncidentRow.state) == "open", which)
    query = query.order_by(col(IncidentRow.urgency).desc(), col(IncidentRow.raised_at))
    return [readable(row) for row in session.exec(query)]


def unacknowledged(session: Session) -> list[tuple[str, int, float]]:
    """Count each control room's open incidents that nobody took.

    How many, and the age of the oldest in seconds.
    """
    found = session.execute(_UNACKNOWLEDGED)
    return [(row.control_room_id, row.incidents, float(row.oldest_s)) for row in found]


def changed_since(session: Session, since: datetime) -> dict[UUID, int]:
    """Find revisions of incidents that changed, by id; the stream's safety net when no notification came."""
    [rows] = send(session, Statement(_CHANGED, {"since": since}))
    return {row.id: row.revision for row in rows}


def lock_open_incidents(session: Session, enrolment_id: UUID) -> list[IncidentRow]:
    """Lock the open incidents of an enrolment until the transaction ends."""
    query = select(IncidentRow).where(
        col(IncidentRow.enrolment_id) == enrolment_id, col(IncidentRow.state) == "open"
    )
    return [readable(row) for row in session.exec(query.with_for_update())]
