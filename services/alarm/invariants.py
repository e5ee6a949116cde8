"""Statements that must return no row, ever."""

INVARIANTS: dict[str, str] = {
    # The recorder reads every press from the broker, where the outbox brings it within seconds.
    "press_never_reported": (
        "SELECT alarm_id FROM presses WHERE reported_at IS NULL AND stored_at < now() - interval '60 seconds'"
    ),
    "event_never_sent": "SELECT id FROM outbox WHERE created_at < now() - interval '60 seconds'",
    "deadline_before_receipt": "SELECT alarm_id FROM presses WHERE deadline_at <= received_at",
    "stage_without_routing": (
        "SELECT incident_id FROM stages s WHERE at < now() - interval '60 seconds' AND NOT EXISTS "
        "(SELECT 1 FROM stages r WHERE r.incident_id = s.incident_id AND r.stage = 'routed')"
    ),
    "press_stored_twice": (
        "SELECT device_id, counter FROM presses WHERE lane = 'verified' AND counter IS NOT NULL "
        # Without content: under a second id, because dispatch keeps it under that.
        "AND content IS NOT NULL GROUP BY device_id, counter, content HAVING count(*) > 1"
    ),
}
