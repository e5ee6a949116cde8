"""Statements that must return no row, ever."""

from services.dispatch.domain.orders import LIVE

_LIVE = ", ".join(f"'{state}'" for state in sorted(LIVE))

INVARIANTS: dict[str, str] = {
    "press_without_incident": (
        "SELECT alarm_id FROM presses p WHERE NOT EXISTS (SELECT 1 FROM incidents i WHERE i.id = p.incident_id)"
    ),
    "incident_without_its_press": (
        "SELECT id FROM incidents i WHERE NOT EXISTS "
        "(SELECT 1 FROM presses p WHERE p.alarm_id = i.id AND p.incident_id = i.id)"
    ),
    "two_open_incidents_of_one_subject": (
        "SELECT subject FROM incidents WHERE state = 'open' GROUP BY subject HAVING count(*) > 1"
    ),
    # Somebody has the alarm, or a timer sees to it that somebody will.
    "open_incident_left_alone": (
        "SELECT id FROM incidents i WHERE state = 'open' AND acknowledged_at IS NULL AND NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM orders o WHERE o.incident_id = i.id AND o.state IN ('proposed', {_LIVE})) "
        "AND NOT EXISTS (SELECT 1 FROM due d WHERE d.subject_id = i.id::text)"
    ),
    "unit_with_two_orders": (
        f"SELECT unit_id FROM orders WHERE state IN ({_LIVE}) GROUP BY unit_id HAVING count(*) > 1"  # noqa: S608
    ),
    "unit_held_by_an_order_that_is_over": (
        "SELECT u.id FROM units u WHERE u.order_id IS NOT NULL AND NOT EXISTS "  # noqa: S608
        f"(SELECT 1 FROM orders o WHERE o.id = u.order_id AND o.unit_id = u.id AND o.state IN ({_LIVE}))"
    ),
    "live_order_without_its_unit": (
        f"SELECT o.id FROM orders o JOIN units u ON u.id = o.unit_id WHERE o.state IN ({_LIVE}) "  # noqa: S608
        "AND u.order_id IS DISTINCT FROM o.id"
    ),
    "live_order_of_a_closed_incident": (
        "SELECT o.id FROM orders o JOIN incidents i ON i.id = o.incident_id "  # noqa: S608
        f"WHERE i.state = 'closed' AND o.state IN ({_LIVE})"
    ),
    "closed_incident_without_outcome": (
        "SELECT id FROM incidents WHERE state = 'closed' AND (outcome IS NULL OR closed_by IS NULL)"
    ),
    "closed_incident_with_a_location": "SELECT id FROM incidents WHERE state = 'closed' AND fix IS NOT NULL",
    "closed_incident_with_a_proof": (
        "SELECT p.alarm_id FROM presses p JOIN incidents i ON i.id = p.incident_id "
        "WHERE i.state = 'closed' AND p.proof IS NOT NULL"
    ),
    "times_go_backwards": (
        # The press was raised by another service's clock: a second of difference is no fault.
        "SELECT id FROM incidents WHERE routed_at < raised_at - interval '1 second' "
        "OR acknowledged_at < routed_at "
        "OR closed_at < routed_at UNION ALL SELECT id FROM orders WHERE sent_at < created_at "
        "OR received_at < sent_at OR acknowledged_at < sent_at OR en_route_at < sent_at "
        "OR on_scene_at < sent_at OR closed_at < sent_at"
    ),
    "event_never_sent": "SELECT id FROM outbox WHERE created_at < now() - interval '60 seconds'",
}
