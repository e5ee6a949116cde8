"""The nameko/eventlet side of the bus: consuming, retry, parking and publishing from workers."""

from chassis.bus.consuming import listen
from chassis.bus.delivery import Delivery, Handled, heard_ages, last_handled_at
from chassis.bus.failing import Parked, tell_of_parked, when_parked
from chassis.bus.publishing import WorkerPublisher, worker_publisher
from chassis.bus.timing import every
from chassis.message import Message

__all__ = [
    "Delivery",
    "Handled",
    "Message",
    "Parked",
    "WorkerPublisher",
    "every",
    "heard_ages",
    "last_handled_at",
    "listen",
    "tell_of_parked",
    "when_parked",
    "worker_publisher",
]
