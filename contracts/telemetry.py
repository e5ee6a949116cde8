"""Span names and the allow-list of span attributes: no name, coordinate, number or URL ever leaves."""

ALARM_ID = "stalkingalarm.alarm_id"
INCIDENT_ID = "stalkingalarm.incident_id"
ORDER_ID = "stalkingalarm.order_id"
LANE = "stalkingalarm.lane"
LATE_MS = "stalkingalarm.late_ms"
RECEIPT = "stalkingalarm.receipt"

ALLOWED_ATTRIBUTES = frozenset(
    {
        ALARM_ID,
        INCIDENT_ID,
        ORDER_ID,
        LANE,
        LATE_MS,
        RECEIPT,
        # OpenTelemetry semantic conventions, messaging
        "messaging.system",
        "messaging.destination.name",
        "messaging.operation.type",
        "messaging.operation.name",
        "messaging.message.id",
        "messaging.rabbitmq.destination.routing_key",
        "messaging.batch.message_count",
        # OpenTelemetry semantic conventions, HTTP
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "url.scheme",
        "error.type",
        # OpenTelemetry semantic conventions, database
        "db.system.name",
        "db.operation.name",
        "db.operation.batch.size",
    }
)
