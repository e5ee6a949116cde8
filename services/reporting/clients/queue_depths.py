"""How full the queues are that must stay empty: asked of the broker, because it tells of them itself."""

import amqp

from chassis.messaging.broker_address import connection_arguments
from contracts.topology import SERVICES, UNROUTABLE, parking

# What ends here was given up by a handler, or by the broker itself without any event.
MUST_STAY_EMPTY = (UNROUTABLE, *map(parking, SERVICES))


def depths(broker_url: str, queues: tuple[str, ...] = MUST_STAY_EMPTY) -> dict[str, int]:
    """Count messages ready in each queue (passive declare); -1 where the queue is missing.

    Raises amqp's errors and OSError when the broker is away.
    """
    found: dict[str, int] = {}
    with amqp.Connection(
        **connection_arguments(broker_url),
        connect_timeout=3,
        read_timeout=5,
        client_properties={"connection_name": "queue depths"},
    ) as connection:
        for queue in queues:
            channel = connection.channel()
            try:
                found[queue] = int(channel.queue_declare(queue, passive=True).message_count)
                channel.close()
            except amqp.NotFound:
                found[queue] = -1  # the broker closed the channel
    return found
