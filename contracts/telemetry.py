"""What leaves as telemetry: span attributes by allow-list, metrics as data; no name, coordinate or URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from contracts.reporting import GapKind
from contracts.topology import QUEUES, SERVICES, UNROUTABLE, parking, service_of

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

Kind = Literal["counter", "gauge", "histogram"]

# Values that nobody lists beforehand: control rooms come with the map, processes with the plan. Never people.
NAMED: tuple[str, ...] = ()
OTHER = "other"

_LANE = ("verified", "unverified")
_HELD_BY = (
    "database",
    "broker",
    "dispatch",
    "database+broker",
    "database+dispatch",
    "broker+dispatch",
    "database+broker+dispatch",
)
_LEFT = (UNROUTABLE, *map(parking, SERVICES))
_QUEUE = tuple(q.name for q in QUEUES if service_of(q.name) in SERVICES and q.name not in _LEFT)
_LEVEL = ("all_positions", "supervisor", "neighbour", "no_unit", "unit_silent", "duress")
_MESSAGE = ("fixes", "cancel", "heartbeat", "follow")
_NOT_COUNTED = ("other_device", "status", "signature", "unreadable", "type", "other_alarm", "stale")
_CONDITION = ("silent", "phone_battery", "button_battery", "bluetooth", "test_overdue")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `by`: the services that make it; `attributes`: by key, the values that may leave.

    Any other value becomes `other`; `NAMED` takes short names.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    by: tuple[str, ...] = SERVICES
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def prometheus(self) -> str:
        """The name in Prometheus, by the rules of OpenTelemetry; of a histogram without `_bucket` and so on."""
        unit = {"s": "_seconds", "1": "_ratio"}.get(self.unit, "")
        return self.name.replace(".", "_") + unit + ("_total" if self.kind == "counter" else "")


PRESS_ACCEPTED = Metric(
    "stalkingalarm.press.accepted",
    "counter",
    "{press}",
    "Presses that got a receipt, by lane and by who held them then.",
    ("alarm",),
    {
        "lane": _LANE,
        "stored_in": _HELD_BY,
    },
)
PRESS_JOINED = Metric(
    "stalkingalarm.press.joined",
    "counter",
    "{press}",
    "Presses of a device beyond its rate that got the receipt of a newer one which carries them.",
    ("alarm",),
)
PRESS_REFUSED = Metric(
    "stalkingalarm.press.refused",
    "counter",
    "{press}",
    "Presses answered with an error: nothing held them, or no device id could be read.",
    ("alarm",),
    {"reason": ("not_held", "unreadable")},
)
PRESS_ACCEPT_DURATION = Metric(
    "stalkingalarm.press.accept.duration",
    "histogram",
    "s",
    "From the press at the server to its receipt, refusals too.",
    ("alarm",),
    {"lane": _LANE},
)
PRESS_HANDED_OVER = Metric(
    "stalkingalarm.press.handed_over",
    "counter",
    "{press}",
    "Attempts to hand a press to dispatch by HTTP, because the broker did not bring it there in time.",
    ("alarm",),
    {"outcome": ("taken", "failed")},
)
DEVICE_MESSAGE_REFUSED = Metric(
    "stalkingalarm.device.message.refused",
    "counter",
    "{message}",
    "What devices sent besides presses and what did not count, by why.",
    ("alarm", "dispatch"),
    {"kind": _MESSAGE, "reason": _NOT_COUNTED},
)
DEVICE_MESSAGE_UNTYPED = Metric(
    "stalkingalarm.device.message.untyped",
    "counter",
    "{message}",
    "What old clients signed without saying what it is; taken while `TAKE_UNTYPED` says so.",
    ("alarm",),
    {"kind": ("press", *_MESSAGE)},
)
PRESS_PROOF = Metric(
    "stalkingalarm.press.proof",
    "counter",
    "{press}",
    "Presses of the verified lane, by what dispatch's own look at the signature said.",
    ("dispatch",),
    {"outcome": ("verified", "proof_pending", "proof_missing", "proof_broken")},
)
PRESS_ROUTE_DURATION = Metric(
    "stalkingalarm.press.route.duration",
    "histogram",
    "s",
    "From the press at the server to its incident in dispatch's database.",
    ("dispatch",),
    {"lane": _LANE},
)
PRESS_ORDER_DURATION = Metric(
    "stalkingalarm.press.order.duration",
    "histogram",
    "s",
    "From the press at the server to the order of a unit; what an operator sends waited for the operator.",
    ("dispatch",),
    {"sent_by": ("system", "operator")},
)
ORDER_LATE = Metric(
    "stalkingalarm.order.late",
    "counter",
    "{order}",
    "Orders sent after the deadline of their alarm.",
    ("dispatch",),
    {"sent_by": ("system", "operator")},
)
INCIDENT_ESCALATED = Metric(
    "stalkingalarm.incident.escalated",
    "counter",
    "{escalation}",
    "Steps of escalation, by who is told or why.",
    ("dispatch",),
    {"level": _LEVEL},
)
INCIDENT_UNACKNOWLEDGED = Metric(
    "stalkingalarm.incident.unacknowledged",
    "gauge",
    "{incident}",
    "Open incidents that no operator has taken.",
    ("dispatch",),
    {"control_room": NAMED},
)
INCIDENT_UNACKNOWLEDGED_AGE = Metric(
    "stalkingalarm.incident.unacknowledged.age",
    "gauge",
    "s",
    "Age of the oldest open incident that no operator has taken.",
    ("dispatch",),
    {"control_room": NAMED},
)
CANARY_AGE = Metric(
    "stalkingalarm.canary.age",
    "gauge",
    "s",
    "Since the last canary that came through to a control room, or since its registration.",
    ("reporting",),
    {"control_room": NAMED},
)
LEDGER_GAPS = Metric(
    "stalkingalarm.ledger.gaps",
    "gauge",
    "{gap}",
    "Open gaps of the ledger: what one service has and another lacks, or was set aside on the alarm path.",
    ("reporting",),
    {"kind": get_args(GapKind)},
)
LEDGER_GAP_OPEN = Metric(
    "stalkingalarm.ledger.gap.open",
    "gauge",
    "{gap}",
    "1 for each of the newest gaps that is open, 0 for an hour after it healed or was closed.",
    ("reporting",),
    {"kind": get_args(GapKind), "gap": NAMED},
)
LEDGER_COMPARED_AGE = Metric(
    "stalkingalarm.ledger.compared.age",
    "gauge",
    "s",
    "Since the records of another service were last compared whole with ours.",
    ("reporting",),
    {"service": SERVICES},
)
DEVICE_ATTENTION = Metric(
    "stalkingalarm.device.attention",
    "gauge",
    "{device}",
    "Devices that need a person: silence, battery, Bluetooth, an overdue test.",
    ("alarm",),
    {"kind": _CONDITION},
)
MESSAGE_SETTLED = Metric(
    "stalkingalarm.message.settled",
    "counter",
    "{message}",
    "Messages that a reader is done with: handled, put off for a retry, or parked.",
    attributes={"queue": _QUEUE, "outcome": ("handled", "retried", "parked")},
)
QUEUE_RECEIVED_AGE = Metric(
    "stalkingalarm.queue.received.age",
    "gauge",
    "s",
    "Since this process last took anything from the queue, its own canary included.",
    attributes={"queue": _QUEUE},
)
QUEUE_LEFT = Metric(
    "stalkingalarm.queue.left",
    "gauge",
    "{message}",
    "Messages in the queues that must stay empty: parked, or taken by no queue.",
    ("reporting",),
    {"queue": _LEFT},
)
OUTBOX_WAITING = Metric(
    "stalkingalarm.outbox.waiting",
    "gauge",
    "{message}",
    "Events in the outbox that the broker has not confirmed; counted up to 10,000.",
)
OUTBOX_AGE = Metric(
    "stalkingalarm.outbox.age", "gauge", "s", "Age of the oldest event in the outbox; 0 when it is empty."
)
DUE_OVERDUE = Metric(
    "stalkingalarm.due.overdue",
    "gauge",
    "s",
    "By how much the oldest timer is late: nobody acts on what is due.",
)
DUE_FAILING = Metric(
    "stalkingalarm.due.failing",
    "gauge",
    "{timer}",
    "Timers whose act failed: put off for another attempt, or parked, which nobody tries any more.",
    attributes={"state": ("put_off", "parked")},
)
BROKER_CONNECTED = Metric(
    "stalkingalarm.broker.connected",
    "gauge",
    "{connection}",
    "Whether this process can publish now: 1, or 0 (not connected, or blocked by the broker).",
)
DATABASE_REACHABLE = Metric(
    "stalkingalarm.database.reachable",
    "gauge",
    "{connection}",
    "Whether this process can read its database now: 1 or 0.",
)
CLOCK_SKEW = Metric(
    "stalkingalarm.clock.skew", "gauge", "s", "The database's clock less this process's clock; may be negative."
)
DISK_FREE = Metric(
    "stalkingalarm.disk.free",
    "gauge",
    "1",
    "Free part of the file system that this process lives on (in a container: that of the container's host).",
)
PROCESS_UPTIME = Metric(
    "stalkingalarm.process.uptime", "gauge", "s", "Since this process began.", attributes={"process": NAMED}
)
SERVICE_TOKEN_USED = Metric(
    "stalkingalarm.service_token.used",
    "gauge",
    "1",
    "How much of its life a service's own token has behind it: renewed at a half, refused over 1.",
    ("alarm", "reporting"),
)
SPAN_LOST = Metric("stalkingalarm.span.lost", "counter", "{span}", "Spans whose export failed.")

METRICS: tuple[Metric, ...] = tuple(each for each in list(globals().values()) if isinstance(each, Metric))
