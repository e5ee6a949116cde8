"""A control room's own software at its AMQP queue (`cic.<id>.orders`)."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import pika
from opentelemetry.trace import SpanKind

from contracts.dispatch import OrderSent
from contracts.envelope import Event
from contracts.telemetry import INCIDENT_ID
from contracts.topology import control_room_queue
from tools.simulation import spans


class AmqpRoom:
    """Consumes in a thread for the length of a `with` block; `orders` are what came, oldest first."""

    def __init__(self, broker_url: str, cic: str) -> None:
        self.orders: list[OrderSent] = []
        self._url, self._queue = broker_url, control_room_queue(cic).name
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self._queue, daemon=True)

    def __enter__(self) -> Self:
        """Start consuming."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and wait for the thread."""
        self._stopping.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with suppress(pika.exceptions.AMQPError, OSError):
                self._consume()
            self._stopping.wait(0.5)

    def _consume(self) -> None:
        parameters = pika.URLParameters(self._url)
        parameters.blocked_connection_timeout = 10
        connection = pika.BlockingConnection(parameters)
        try:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=10)
            for method, _, body in channel.consume(self._queue, inactivity_timeout=0.2):
                if self._stopping.is_set():
                    return
                if method is not None:
                    self._take(body)
                    channel.basic_ack(method.delivery_tag)
        finally:
            connection.close()

    def _take(self, body: bytes) -> None:
        event = Event.decode(body)
        order = OrderSent.model_validate(event.data)
        with spans.span(
            "control-room-software",
            f"process {self._queue}",
            SpanKind.CONSUMER,
            parent=event.traceparent,
            attributes={
                "messaging.system": "rabbitmq",
                "messaging.destination.name": self._queue,
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                INCIDENT_ID: str(order.incident_id),
            },
        ):
            self.orders.append(order)
