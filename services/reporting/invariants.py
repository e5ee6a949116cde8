"""Queries that must return nothing; what they return is a gap in the ledger.

Columns: alarm_id, kind. In `GAPS` rows first seen after `:before` are given time to complete; `INVARIANTS`
give none: ask them when everything is at rest.
"""

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


INVARIANTS = {
    name: query.replace(":before", "now()")
    for name, query in {
        "no_incident": NO_INCIDENT,
        "two_incidents": TWO_INCIDENTS,
        "no_press": NO_PRESS,
        "no_order": NO_ORDER,
        "no_outcome": NO_OUTCOME,
    }.items()
}
