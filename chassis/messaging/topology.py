"""Puts exchanges, queues and bindings on a broker. Runs before anything starts, and may run again."""

from collections.abc import Iterable

import amqp

from chassis.messaging.broker_address import connection_arguments
from contracts import topology
from contracts.topology import Exchange, Queue

# What the broker says to whom it refuses, for those who do not speak its language.
Refused = amqp.exceptions.AMQPError


def declare(
    url: str,
    exchanges: Iterable[Exchange] = topology.EXCHANGES,
    queues: Iterable[Queue] = topology.QUEUES,
) -> None:
    """Declare what is missing; raises amqp's PreconditionFailed where the broker has it otherwise."""
    with amqp.Connection(**connection_arguments(url), connect_timeout=5) as connection:
        channel = connection.channel()
        for exchange in exchanges:
            arguments = {"alternate-exchange": exchange.alternate} if exchange.alternate else {}
            channel.exchange_declare(
                exchange.name, exchange.kind, durable=True, auto_delete=False, arguments=arguments
            )
        for queue in queues:
            channel.queue_declare(
                queue.name,
                durable=True,
                auto_delete=False,
                arguments={"x-queue-type": "quorum", **queue.arguments},
            )
            for binding in queue.bindings:
                channel.queue_bind(queue.name, binding.exchange, binding.routing_key)
