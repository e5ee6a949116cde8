"""What waits in an outbox."""

import pika

from contracts.envelope import Event
from tests.support.broker import Broker


def waiting(broker: Broker, queue: str) -> list[Event]:
    """Events in a queue; they stay there."""
    connection = pika.BlockingConnection(pika.URLParameters(broker.url))
    channel = connection.channel()
    bodies = []
    while (got := channel.basic_get(queue))[0] is not None:
        bodies.append(got[2])
    connection.close()
    return [Event.decode(body) for body in bodies]
