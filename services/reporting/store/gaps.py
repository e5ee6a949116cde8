"""What in the ledger does not add up, and the list of what was found.

Parameter `before`: rows first seen later than this are given time to complete.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from services.reporting.domain import Row

# Alarm holds the press, dispatch never told of it.
NO_INCIDENT = """
SELECT alarm_id, 'no_incident' AS kind FROM press
WHERE seen_at < :before AND stored_at IS NOT NULL AND cardinality(incident_ids) = 0
"""
TWO_INCIDENTS = """
SELECT alarm_id, 'two_incidents' FROM press WHERE seen_at < :before AND cardinality(incident_ids) > 1
"""
# Dispatch tells of a press that alarm never stored, or of an incident that no press opened.
NO_PRESS = """
SELECT alarm_id, 'no_press' FROM press WHERE seen_at < :before AND stored_at IS NULL
UNION
SELECT incident_id, 'no_press' FROM incident i
WHERE seen_at < :before AND routed_at IS NULL AND closed_at IS NULL
"""
# People may close an incident before any order; until then somebody must have been told.
NO_ORDER = """
SELECT incident_id, 'no_order' FROM incident i
WHERE seen_at < :before AND closed_at IS NULL AND routed_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM dispatch_order o WHERE o.incident_id = i.incident_id)
  AND NOT EXISTS (SELECT FROM escalation e WHERE e.incident_id = i.incident_id)
"""
GAPS = " UNION ".join((NO_INCIDENT, TWO_INCIDENTS, NO_PRESS, NO_ORDER))


def listing(session: Session, *, since: datetime | None = None, until: datetime | None = None) -> list[Row]:
    """Gaps found in a period, or all that are open."""
    query = (
        "SELECT * FROM gap WHERE found_at >= :since AND found_at < :until ORDER BY found_at, alarm_id"
        if since
        else "SELECT * FROM gap WHERE healed_at IS NULL ORDER BY found_at, alarm_id"
    )
    rows = session.execute(text(query), {"since": since, "until": until} if since else {})
    return [dict(row._mapping) for row in rows]


def open_by_kind(session: Session) -> list[tuple[str, int]]:
    """How many gaps of each kind are open."""
    query = text("SELECT kind, count(*) AS gaps FROM gap WHERE healed_at IS NULL GROUP BY kind")
    return [(row.kind, row.gaps) for row in session.execute(query)]


def note(session: Session, before: datetime, now: datetime) -> tuple[list[Any], list[Any]]:
    """Bring the list of gaps up to date; the new ones and the ones that healed, as (alarm_id, kind)."""
    values = {"before": before, "now": now}
    found = session.execute(
        text(
            f"INSERT INTO gap (alarm_id, kind, found_at) SELECT alarm_id, kind, :now FROM ({GAPS}) AS g "  # noqa: S608
            "ON CONFLICT DO NOTHING RETURNING alarm_id, kind"
        ),
        values,
    )
    new = [tuple(row) for row in found]
    healed = session.execute(
        text(
            "UPDATE gap SET healed_at = :now "  # noqa: S608 - constants
            f"WHERE healed_at IS NULL AND (alarm_id, kind) NOT IN ({GAPS}) RETURNING alarm_id, kind"
        ),
        values,
    )
    return new, [tuple(row) for row in healed]
