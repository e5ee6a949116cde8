"""Statements that must return no row, ever."""

INVARIANTS: dict[str, str] = {
    "active_device_of_inactive_file": (
        "SELECT d.id FROM issued_device d JOIN enrolment_file e ON e.id = d.enrolment_id "
        "WHERE d.status = 'active' AND e.status <> 'active'"
    ),
    "active_file_never_granted": (
        "SELECT e.id FROM enrolment_file e WHERE e.status = 'active' AND NOT EXISTS "
        "(SELECT 1 FROM received_decision g WHERE g.enrolment_id = e.id AND g.granted)"
    ),
    "active_device_without_test": "SELECT id FROM issued_device WHERE status = 'active' AND tested_at IS NULL",
}
