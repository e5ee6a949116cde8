"""Queries that must return nothing when everything is at rest (columns: alarm_id, kind)."""

from services.reporting.store import gaps

INVARIANTS = {
    name: query.replace(":before", "now()")
    for name, query in {
        "no_incident": gaps.NO_INCIDENT,
        "two_incidents": gaps.TWO_INCIDENTS,
        "no_press": gaps.NO_PRESS,
        "no_order": gaps.NO_ORDER,
        "no_outcome": "SELECT incident_id, 'no_outcome' FROM incidents "
        "WHERE closed_at IS NOT NULL AND outcome IS NULL",
    }.items()
}
