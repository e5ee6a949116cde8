"""Puts exchanges, queues and bindings on a broker. Runs before anything starts, and may run again."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import amqp

from contracts import topology
from contracts.topology import Exchange, Queue


def declare(
    url: str,
    exchanges: Iterable[Exchange] = topology.EXCHANGES,
    queues: Iterable[Queue] = topology.QUEUES,
) -> None:
    """Declare what is missing; raises amqp's PreconditionFailed where the broker has it otherwise."""
    parts = urlsplit(url)
    with amqp.Connection(
        host=f"{parts.hostname}:{parts.port or 5672}",
        userid=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        virtual_host=unquote(parts.path[1:]) or "/",
        ssl=parts.scheme == "amqps",
        connect_timeout=5,
    ) as connection:
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
