"""The nameko/eventlet side of the bus: consuming, retry, parking and publishing from workers."""

from chassis.messaging.message import Message
from chassis.messaging.worker.confirmed_publisher import WorkerPublisher, worker_publisher
from chassis.messaging.worker.consumer import listen
from chassis.messaging.worker.delivery import Delivery, Handled, last_handled_at, received_ages
from chassis.messaging.worker.periodic import every
from chassis.messaging.worker.retries import Parked, tell_of_parked, when_parked

__all__ = [
    "Delivery",
    "Handled",
    "Message",
    "Parked",
    "WorkerPublisher",
    "every",
    "last_handled_at",
    "listen",
    "received_ages",
    "tell_of_parked",
    "when_parked",
    "worker_publisher",
]
