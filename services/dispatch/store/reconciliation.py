"""What reporting sets against the records of the others (chassis/database/reconciliation.py)."""

from contracts.reconciliation import Section

# A press is held when it is in an incident that is there; an order when its incident is.
RECORDS: dict[Section, str] = {
    "presses": (
        "SELECT p.alarm_id AS id, p.alarm_id, p.received_at "
        "FROM presses p JOIN incidents i ON i.id = p.incident_id"
    ),
    "incidents": "SELECT id, id AS alarm_id, raised_at AS received_at FROM incidents",
    "orders": (
        "SELECT o.id, o.incident_id AS alarm_id, i.raised_at AS received_at "
        "FROM orders o JOIN incidents i ON i.id = o.incident_id"
    ),
}
