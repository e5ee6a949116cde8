"""What the ledger holds of each section that services are reconciled by."""

from contracts.reconciliation import Section

# What reporting knows by events. An incident counts from the press that opened it.
OWN: dict[Section, str] = {
    "presses": "SELECT alarm_id AS id, alarm_id, received_at FROM presses",
    "incidents": "SELECT incident_id AS id, incident_id AS alarm_id, opened_at AS received_at FROM incidents",
    "orders": (
        "SELECT o.order_id AS id, o.incident_id AS alarm_id, i.opened_at AS received_at "
        "FROM orders o LEFT JOIN incidents i ON i.incident_id = o.incident_id"
    ),
}
