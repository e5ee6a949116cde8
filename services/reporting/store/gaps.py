"""What in the ledger does not add up, and the list of what was found.

Parameter `before`: what was first seen later than this is given time to complete.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.database.columns import table_of
from chassis.database.sql import Insert, send
from services.reporting.domain.gaps import RecentGap
from services.reporting.models import ComparedServiceRow, GapRow, MissingRow, ParkedRow
from services.reporting.store.row_mapping import record, records

# Alarm holds the press, dispatch never told of it.
NO_INCIDENT = """
SELECT alarm_id, 'no_incident' AS kind FROM presses
WHERE seen_at < :before AND stored_at IS NOT NULL AND cardinality(incident_ids) = 0
"""
TWO_INCIDENTS = """
SELECT alarm_id, 'two_incidents' FROM presses WHERE seen_at < :before AND cardinality(incident_ids) > 1
"""
# Dispatch tells of a press that alarm never stored, or of an incident that no press opened.
NO_PRESS = """
SELECT alarm_id, 'no_press' FROM presses WHERE seen_at < :before AND stored_at IS NULL
UNION
SELECT incident_id, 'no_press' FROM incidents i
WHERE seen_at < :before AND routed_at IS NULL AND closed_at IS NULL
"""
# People may close an incident before any order; until then somebody must have been told.
NO_ORDER = """
SELECT incident_id, 'no_order' FROM incidents i
WHERE seen_at < :before AND closed_at IS NULL AND routed_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM orders o WHERE o.incident_id = i.incident_id)
  AND NOT EXISTS (SELECT FROM escalations e WHERE e.incident_id = i.incident_id)
"""
# What some service lacks that another has; and messages of the alarm path that were set aside.
MISSING = "SELECT entry_id, kind, alarm_id FROM missing_entries WHERE seen_at < :before"
PARKED = "SELECT entry_id, 'parked', alarm_id FROM parked_messages"
_BY_ALARM = " UNION ".join((NO_INCIDENT, TWO_INCIDENTS, NO_PRESS, NO_ORDER))
GAPS = f"SELECT alarm_id AS entry_id, kind, alarm_id FROM ({_BY_ALARM}) AS e UNION {MISSING} UNION {PARKED}"  # noqa: S608
_STANDS = "healed_at IS NULL AND closed_at IS NULL"
# What a person closed comes back while its cause is there, unless it cannot be made good; after the same time
# that everything is given to complete.
_OPEN = text(
    "INSERT INTO gaps (entry_id, kind, alarm_id, found_at) "  # noqa: S608 - constants
    f"SELECT entry_id, kind, alarm_id, :now FROM ({GAPS}) AS f WHERE NOT EXISTS (SELECT FROM gaps g "
    "WHERE g.entry_id = f.entry_id AND g.kind = f.kind AND g.healed_at IS NULL "
    "AND (g.closed_at IS NULL OR g.irreparable OR g.closed_at >= :before)) "
    "ORDER BY entry_id, kind LIMIT :limit ON CONFLICT DO NOTHING RETURNING *"
)
_HEAL = text(
    "UPDATE gaps SET healed_at = :now "  # noqa: S608 - constants
    f"WHERE healed_at IS NULL AND (entry_id, kind) NOT IN (SELECT entry_id, kind FROM ({GAPS}) AS f) "
    "RETURNING *"
)
_CLOSE = text(
    "UPDATE gaps SET closed_at = :now, closed_by = :by, reason = :reason, irreparable = :irreparable "  # noqa: S608
    f"WHERE number = :number AND {_STANDS} RETURNING *"
)
# With what was open until an hour ago: whoever watches must see that it is not any more.
_RECENT = text(
    f"(SELECT number, kind, true AS open FROM gaps WHERE {_STANDS}) UNION ALL "  # noqa: S608 - constants
    "(SELECT number, kind, false FROM gaps WHERE greatest(healed_at, closed_at) > now() - interval '1 hour') "
    "ORDER BY number DESC LIMIT 10000"
)
# So many are opened in one go; the rest with the next.
_MOST = 500


def listing(
    session: Session, *, since: datetime | None = None, until: datetime | None = None, closed: bool = False
) -> list[GapRow]:
    """List open gaps, or those found in a period; with those that healed or were closed if `closed`."""
    query = (
        "SELECT * FROM gaps WHERE "  # noqa: S608 - constants
        "(CAST(:since AS timestamptz) IS NULL OR found_at >= CAST(:since AS timestamptz)) AND "
        "(CAST(:until AS timestamptz) IS NULL OR found_at < CAST(:until AS timestamptz)) "
        f"{'' if closed else f'AND {_STANDS}'} ORDER BY number"
    )
    return records(GapRow, session.execute(text(query), {"since": since, "until": until}))


def recent(session: Session) -> list[RecentGap]:
    """Give number and kind of each gap that is open (`open`) or was until an hour ago, the newest first."""
    return records(RecentGap, session.execute(_RECENT))


def note(session: Session, before: datetime, now: datetime) -> tuple[list[GapRow], list[GapRow]]:
    """Bring the list of gaps up to date; the new ones and the ones that healed."""
    values = {"before": before, "now": now}
    new = records(GapRow, session.execute(_OPEN, values | {"limit": _MOST}))
    return new, records(GapRow, session.execute(_HEAL, values))


def exists(session: Session, number: int) -> bool:
    """Say whether there ever was such a gap."""
    found = session.execute(text("SELECT EXISTS (SELECT FROM gaps WHERE number = :number)"), {"number": number})
    return bool(found.scalar_one())


def close(
    session: Session, number: int, by: str, reason: str, irreparable: bool, now: datetime
) -> GapRow | None:
    """Close an open gap, on a person's word; None when it is not open. What was parked is dealt with then."""
    values = {"number": number, "by": by, "reason": reason, "irreparable": irreparable, "now": now}
    row = record(GapRow, session.execute(_CLOSE, values))
    if row is not None and row.kind == "parked":
        session.execute(text("DELETE FROM parked_messages WHERE entry_id = :id"), {"id": row.entry_id})
    return row


_NOTE_PARKED = Insert(table_of(ParkedRow), tail="ON CONFLICT DO NOTHING")
_NOTE_MISSING = Insert(table_of(MissingRow), tail="ON CONFLICT DO NOTHING")
_FOUND_AGAIN = text(
    "DELETE FROM missing_entries WHERE service = :service AND section = :section AND entry_id = ANY(:ids)"
)


def note_parked(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Note messages of the alarm path that were set aside."""
    if rows:
        send(session, _NOTE_PARKED(rows))


def parked_presses(session: Session) -> list[UUID]:
    """Find the alarms of the presses that were parked."""
    query = text("SELECT alarm_id FROM parked_messages WHERE event_type = 'alarm.raised.v1' LIMIT 1000")
    return list(session.execute(query).scalars())


def unpark(session: Session, alarm_ids: Collection[UUID]) -> None:
    """Forget that these presses were parked: they are where they belong after all."""
    query = text("DELETE FROM parked_messages WHERE event_type = 'alarm.raised.v1' AND alarm_id = ANY(:ids)")
    session.execute(query, {"ids": list(alarm_ids)})


def note_missing(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Note what services lack; what was known to be missing keeps the time since when."""
    if rows:
        send(session, _NOTE_MISSING(rows))


def missing(session: Session, service: str) -> list[tuple[str, UUID]]:
    """Say what one service was found to lack: section and id, the oldest first."""
    query = text(
        "SELECT section, entry_id FROM missing_entries WHERE service = :service ORDER BY seen_at LIMIT 5000"
    )
    return [(row.section, row.entry_id) for row in session.execute(query, {"service": service})]


def found_again(session: Session, service: str, section: str, ids: Collection[UUID]) -> None:
    """Note that a service has these after all."""
    session.execute(_FOUND_AGAIN, {"service": service, "section": section, "ids": list(ids)})


def compared(session: Session) -> list[ComparedServiceRow]:
    """Say when each service was last compared whole, and what was in the way since."""
    return records(
        ComparedServiceRow, session.execute(text("SELECT * FROM compared_services ORDER BY service"))
    )
