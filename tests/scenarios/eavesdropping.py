"""What is said on the bus while a scenario runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pika

from tools.runtime.native.running import RunningSystem


@contextmanager
def eavesdropping(system: RunningSystem, exchanges: tuple[str, ...]) -> Iterator[list[bytes]]:
    """Copies of all messages of these exchanges."""
    received, stop = list[bytes](), threading.Event()
    connection = pika.BlockingConnection(pika.URLParameters(system.broker_url()))
    channel = connection.channel()
    queue = channel.queue_declare("", exclusive=True, arguments={"x-queue-type": "classic"}).method.queue
    for exchange in exchanges:
        channel.queue_bind(queue, exchange, "#")

    def listen() -> None:
        for _, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=0.2):
            if body is not None:
                received.append(body + str(properties.headers).encode())
            if stop.is_set() and body is None:
                return

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield received
    finally:
        stop.set()
        thread.join()
        connection.close()
