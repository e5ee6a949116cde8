"""Statements that must return no row, ever."""

INVARIANTS: dict[str, str] = {
    "active_device_of_inactive_file": (
        "SELECT d.id FROM issued_devices d JOIN enrolment_files e ON e.id = d.enrolment_id "
        "WHERE d.status = 'active' AND e.status <> 'active'"
    ),
    "active_file_never_granted": (
        "SELECT e.id FROM enrolment_files e WHERE e.status = 'active' AND NOT EXISTS "
        "(SELECT 1 FROM received_decisions g WHERE g.enrolment_id = e.id AND g.granted)"
    ),
    "ended_with_a_device_in_hand": (
        "SELECT d.id FROM issued_devices d JOIN enrolment_files e ON e.id = d.enrolment_id "
        "WHERE e.status = 'ended' AND d.status IN ('matched', 'active', 'suspended')"
    ),
    # Granted again after it ended, somebody is told that a new file is needed.
    "ended_against_the_committee": (
        "SELECT e.id FROM enrolment_files e WHERE e.status = 'ended' AND e.activated_at IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM received_decisions g WHERE g.enrolment_id = e.id AND g.to_end) "
        "AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.enrolment_id = e.id AND r.kind = 'granted')"
    ),
    "granted_and_nobody_told": (
        "SELECT e.id FROM enrolment_files e JOIN received_decisions g ON g.enrolment_id = e.id "
        "WHERE e.status = 'open' AND g.granted AND NOT g.to_end AND NOT EXISTS (SELECT 1 FROM reminders r "
        "WHERE r.enrolment_id = e.id AND r.kind = 'activate' AND r.settled_at IS NULL)"
    ),
    "unprotected_and_nobody_told": (
        "SELECT e.id FROM enrolment_files e WHERE e.status IN ('active', 'suspended') AND EXISTS "
        "(SELECT 1 FROM received_decisions g WHERE g.enrolment_id = e.id AND g.granted AND NOT g.to_end) "
        "AND NOT EXISTS (SELECT 1 FROM issued_devices d WHERE d.enrolment_id = e.id AND d.status = 'active') "
        "AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.enrolment_id = e.id AND r.kind = 'unprotected' "
        "AND r.settled_at IS NULL)"
    ),
    "stock_that_is_out": (
        "SELECT s.id FROM stock_items s JOIN issued_devices d ON s.id IN (d.button_item_id, d.phone_item_id) "
        "WHERE d.status <> 'returned' AND s.status <> 'issued'"
    ),
    "active_device_without_test": "SELECT id FROM issued_devices WHERE status = 'active' AND tested_at IS NULL",
}
