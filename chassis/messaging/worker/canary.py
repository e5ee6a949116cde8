"""The canary of a queue: a worker that runs may still be deaf to one of its queues.

Where somebody asks for its health, each listener sends itself one through the broker, on the way of a message
that is tried again, takes it in turn with everything else in its queue, and dates it for
`chassis.telemetry.health`.
"""

import eventlet

from chassis.messaging.message import Message
from chassis.messaging.worker.confirmed_publisher import worker_publisher
from chassis.runtime import clock
from chassis.telemetry import health
from contracts.envelope import Event
from contracts.topology import RETRY_DELAYS_S, retry_exchange, service_of

TYPE = "queue.canary.v1"
EVERY_S = 10.0


def keep_sending(queue: str) -> None:
    """Send a canary every `EVERY_S` seconds; with the broker away the last date grows old, and that tells."""
    if health.folder() is None:
        return
    health.expect(queue)
    exchange = retry_exchange(service_of(queue), RETRY_DELAYS_S[0])
    while True:
        event = Event(source="/bus", type=TYPE, time=clock.now(), subject=queue, data={})
        worker_publisher().publish_and_wait([Message(event.id, exchange, queue, event.encode())])
        eventlet.sleep(EVERY_S)


def came_back(queue: str) -> None:
    """Note that the canary was taken from the queue in its turn."""
    health.note(queue, EVERY_S)
