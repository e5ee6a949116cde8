"""Every exchange, queue and permission on the bus. Declared before anything starts; nothing else declares.

Queues are quorum queues (default of the virtual host). Dead-letter exchange and delivery limit come
from policies, because the arguments of a declared queue can never be changed.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

VHOST = "stalkingalarm"

REGISTRY_EVENTS = "registry.events"
REGISTRY_CARDS = "registry.cards"
ALARM_URGENT = "alarm.urgent"
ALARM_EVENTS = "alarm.events"
DISPATCH_EVENTS = "dispatch.events"
DISPATCH_ORDERS = "dispatch.orders"
DISPATCH_LIVE = "dispatch.live"
COMMITTEE_EVENTS = "committee.events"
REPORTING_EVENTS = "reporting.events"
# What is personal travels on these, and on no other; its bodies rest encrypted until the broker has them.
RESTRICTED = frozenset({REGISTRY_CARDS, ALARM_URGENT, DISPATCH_ORDERS})
UNROUTABLE = "unroutable"

ServiceName = Literal["registry", "alarm", "dispatch", "committee", "reporting"]
SERVICES: tuple[str, ...] = get_args(ServiceName)

# Seconds before each further attempt of a message whose handler failed; then it is parked.
RETRY_DELAYS_S = (1, 5, 30, 30, 30)
_DELAYS_S = sorted(set(RETRY_DELAYS_S))

# Deliveries after which the broker itself parks a message: handlers that die, not handlers that fail.
DELIVERY_LIMIT = 20


def service_of(queue: str) -> str:
    """The service that reads a queue."""
    return queue.split(".")[0]


def retry_exchange(service: str, delay_s: int) -> str:
    """Name of the exchange (and its queue) that holds a message of a service for `delay_s` seconds."""
    return f"{return_exchange(service)}.{delay_s}s"


def return_exchange(service: str) -> str:
    """Name of the exchange that brings a service's delayed messages back, to queues of that service alone.

    Dead-lettering asks for nobody's permission and follows whatever keys a message was published with, so the
    bindings of this exchange are what keeps one service from writing into another's queue.
    """
    return f"retry.{service}"


def parking(service: str) -> str:
    """Name of the exchange (and its queue) that holds what a service gave up on."""
    return f"{service}.parking"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange; what no queue takes goes on to `alternate`."""

    name: str
    kind: Literal["topic", "fanout", "direct"] = "topic"
    alternate: str | None = UNROUTABLE


@dataclass(frozen=True, slots=True)
class Binding:
    """Messages of `exchange` whose routing key matches go to the queue that holds this binding."""

    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue; its first name part is the service that reads it."""

    name: str
    bindings: tuple[Binding, ...] = ()
    arguments: dict[str, str | int] = field(default_factory=dict)


def with_return(queue: Queue) -> Queue:
    """The same queue, to which what its reader put off comes back."""
    back = Binding(return_exchange(service_of(queue.name)), queue.name)
    return replace(queue, bindings=(*queue.bindings, back))


CONTROL_ROOMS = (
    "cic-antwerpen",
    "cic-brabant-wallon",
    "cic-brussel",
    "cic-hainaut",
    "cic-liege",
    "cic-limburg",
    "cic-luxembourg",
    "cic-namur",
    "cic-oost-vlaanderen",
    "cic-vlaams-brabant",
    "cic-west-vlaanderen",
)


def control_room_queue(control_room_id: str) -> Queue:
    """The AMQP queue of one control room's own (`cic.<id>.orders`); used where its policy says so."""
    binding = Binding(DISPATCH_ORDERS, f"order.sent.v1.{control_room_id}")
    return Queue(f"cic.{control_room_id.removeprefix('cic-')}.orders", (binding,))


# The lane of authenticated presses holds nothing else, so that nothing can stand in front of a press.
DISPATCH_ALARMS = "dispatch.alarms"
DISPATCH_UNVERIFIED = "dispatch.unverified"
DISPATCH_FIXES = "dispatch.fixes"
DISPATCH_REGISTRY = "dispatch.registry"
DISPATCH_CARDS = "dispatch.cards"
ALARM_RECORDER = "alarm.recorder"
ALARM_REGISTRY = "alarm.registry"
ALARM_LADDER = "alarm.ladder"
REGISTRY_GRANTS = "registry.grants"
REGISTRY_TESTS = "registry.tests"
REGISTRY_ZONES = "registry.zones"
REGISTRY_AUDIT = "registry.audit"
REPORTING_LEDGER = "reporting.ledger"
REPORTING_FOLLOW_UP = "reporting.follow-up"
REPORTING_ATTENTION = "reporting.attention"
REPORTING_AUDIT = "reporting.audit"
COMMITTEE_FOLLOW_UP = "committee.follow-up"

EXCHANGES: tuple[Exchange, ...] = (
    Exchange(UNROUTABLE, "fanout", None),
    *(Exchange(parking(service), "fanout", None) for service in SERVICES),
    *(Exchange(return_exchange(service), "direct") for service in SERVICES),
    *(Exchange(retry_exchange(service, s), "fanout", None) for service in SERVICES for s in _DELAYS_S),
    Exchange(REGISTRY_EVENTS),
    Exchange(REGISTRY_CARDS),
    Exchange(ALARM_URGENT),
    Exchange(ALARM_EVENTS),
    Exchange(DISPATCH_EVENTS),
    Exchange(DISPATCH_ORDERS),
    # Change notifications: with no console open nobody listens, and that is no fault.
    Exchange(DISPATCH_LIVE, "topic", None),
    Exchange(COMMITTEE_EVENTS),
    Exchange(REPORTING_EVENTS),
)


def _retry_queue(service: str, delay_s: int) -> Queue:
    name = retry_exchange(service, delay_s)
    return Queue(
        name,
        (Binding(name, ""),),
        # At-least-once dead-lettering needs reject-publish; without it a restart could drop a retry.
        {
            "x-message-ttl": delay_s * 1000,
            "x-dead-letter-exchange": return_exchange(service),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


_WORK_QUEUES: tuple[Queue, ...] = (
    Queue(
        DISPATCH_ALARMS,
        (
            Binding(ALARM_URGENT, "alarm.raised.v1.verified"),
            Binding(ALARM_URGENT, "canary.raised.v1"),
        ),
    ),
    Queue(DISPATCH_UNVERIFIED, (Binding(ALARM_URGENT, "alarm.raised.v1.unverified"),)),
    Queue(
        DISPATCH_FIXES,
        (
            Binding(ALARM_URGENT, "alarm.located.v1"),
            Binding(ALARM_URGENT, "alarm.cancel_requested.v1"),
            Binding(ALARM_URGENT, "test.raised.v1"),
        ),
    ),
    Queue(
        DISPATCH_REGISTRY,
        # Conflicts of interest are declared at the committee too.
        (
            Binding(REGISTRY_EVENTS, "#"),
            *(Binding(COMMITTEE_EVENTS, f"conflict.{what}.v1") for what in ("declared", "withdrawn")),
        ),
    ),
    Queue(DISPATCH_CARDS, (Binding(REGISTRY_CARDS, "#"),)),
    Queue(ALARM_RECORDER, (Binding(ALARM_URGENT, "alarm.raised.v1.*"),)),
    Queue(ALARM_REGISTRY, (Binding(REGISTRY_EVENTS, "#"),)),
    Queue(
        ALARM_LADDER,
        # What a device is told, and nothing else: each copy less is time for presses.
        tuple(
            Binding(DISPATCH_EVENTS, key)
            for key in (
                "press.routed.v1",
                "incident.displayed.v1",
                "incident.acknowledged.v1",
                "incident.closed.v1",
                "order.moved.v1.en_route",
                "order.moved.v1.on_scene",
                "test.routed.v1",
                "control_room.registered.v1",
            )
        ),
    ),
    Queue(REGISTRY_GRANTS, (Binding(COMMITTEE_EVENTS, "#"),)),
    Queue(REGISTRY_TESTS, (Binding(DISPATCH_EVENTS, "test.routed.v1"),)),
    Queue(REGISTRY_ZONES, (Binding(DISPATCH_EVENTS, "zones.published.v1"),)),
    # Reporting keeps what all sign of their audit logs; nobody is a witness of their own.
    Queue(REGISTRY_AUDIT, (Binding(REPORTING_EVENTS, "audit.sealed.v1"),)),
    Queue(
        REPORTING_LEDGER,
        (
            Binding(ALARM_EVENTS, "presses.recorded.v1"),
            Binding(DISPATCH_EVENTS, "#"),
        ),
    ),
    Queue(
        REPORTING_FOLLOW_UP,
        (
            Binding(REGISTRY_EVENTS, "#"),
            Binding(ALARM_EVENTS, "#"),
            Binding(COMMITTEE_EVENTS, "#"),
        ),
    ),
    Queue(
        REPORTING_ATTENTION,
        # All of its own too: an event that no queue takes would count as unroutable.
        (
            *(Binding(f"{s}.events", "message.parked.v1") for s in SERVICES),
            *(Binding(REGISTRY_EVENTS, what) for what in ("break_glass.used.v1", "file.reminded.v1")),
            Binding(COMMITTEE_EVENTS, "deadline.missed.v1"),
            Binding(REPORTING_EVENTS, "#"),
        ),
    ),
    Queue(REPORTING_AUDIT, tuple(Binding(f"{s}.events", "audit.sealed.v1") for s in SERVICES)),
    Queue(
        COMMITTEE_FOLLOW_UP,
        (
            Binding(DISPATCH_EVENTS, "incident.closed.v1"),
            Binding(REGISTRY_EVENTS, "enrolment.changed.v1"),
            *(Binding(REGISTRY_EVENTS, f"file_conflict.{what}.v1") for what in ("declared", "withdrawn")),
        ),
    ),
)

QUEUES: tuple[Queue, ...] = (
    Queue(UNROUTABLE, (Binding(UNROUTABLE, ""),)),
    *(Queue(parking(service), (Binding(parking(service), ""),)) for service in SERVICES),
    *(_retry_queue(service, delay_s) for service in SERVICES for delay_s in _DELAYS_S),
    *(with_return(queue) for queue in _WORK_QUEUES),
    *(control_room_queue(room) for room in CONTROL_ROOMS),
)

# What each broker user may write to, beside its own parking and retry; it reads only queues of its own name.
WRITES: dict[str, tuple[str, ...]] = {
    "registry": (REGISTRY_EVENTS, REGISTRY_CARDS),
    "alarm": (ALARM_URGENT, ALARM_EVENTS),
    "dispatch": (DISPATCH_EVENTS, DISPATCH_ORDERS, DISPATCH_LIVE),
    "committee": (COMMITTEE_EVENTS,),
    "reporting": (REPORTING_EVENTS,),
}
