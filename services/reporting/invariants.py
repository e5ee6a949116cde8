"""Queries that must return nothing; what they return is a gap in the ledger.

Parameter `before`: rows first seen later than this are given time to complete. Columns: alarm_id, kind.
"""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

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
# An incident that was closed has an outcome.
NO_OUTCOME = "SELECT incident_id, 'no_outcome' FROM incident WHERE closed_at IS NOT NULL AND outcome IS NULL"

GAPS = " UNION ".join((NO_INCIDENT, TWO_INCIDENTS, NO_PRESS, NO_ORDER))


def broken(session: Session, before: datetime) -> list[tuple[str, str]]:
    """Every broken invariant as (id, kind); empty when the books are right."""
    rows = session.execute(text(f"{GAPS} UNION {NO_OUTCOME} ORDER BY 1, 2"), {"before": before})
    return [(str(row[0]), str(row[1])) for row in rows]
