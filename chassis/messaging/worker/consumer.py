"""`@listen`: batches as they come, acknowledged after the handler, failures moved on one by one.

nameko's own consumer acknowledges what failed and what it could not decode, so it is not used here.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import amqp
import eventlet
from eventlet.event import Event as Signal
from eventlet.greenthread import GreenThread
from eventlet.queue import LightQueue
from nameko.containers import WorkerContext
from nameko.extensions import Entrypoint
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode

from chassis.database.isolation import bisect
from chassis.database.sql import AWAY
from chassis.messaging.worker import canary, retries
from chassis.messaging.worker.confirmed_publisher import broker_url
from chassis.messaging.worker.connection import Link
from chassis.messaging.worker.delivery import Delivery, ExcInfo, note_handled, note_received
from chassis.messaging.worker.retries import Failed
from chassis.telemetry import metrics, telemetry
from contracts.envelope import Event, Undecodable
from contracts.telemetry import MESSAGE_SETTLED

log = logging.getLogger(__name__)

Handler = TypeVar("Handler", bound=Callable[..., None])


@dataclass(frozen=True, slots=True, eq=False)
class _Arrival:
    """A message with what is needed to settle it."""

    delivery: Delivery
    message: amqp.Message


class _Listen(Entrypoint):  # type: ignore[misc]  # nameko is untyped
    def __init__(
        self,
        queue: str,
        batch: int = 1,
        prefetch: int | None = None,
        concurrency: int = 1,
        linger_s: float = 0.0,
    ) -> None:
        super().__init__()
        self.queue, self.batch, self.concurrency = queue, batch, concurrency
        self.linger_s = linger_s
        self.prefetch = prefetch or max(10, 2 * batch * concurrency)
        self._waiting: LightQueue = LightQueue()
        self._channel: amqp.Channel | None = None
        self._unsettled: set[int] = set()
        self._undecodable: list[tuple[amqp.Message, Failed]] = []
        self._runners: list[GreenThread] = []
        self._sender: GreenThread | None = None
        self._link = Link("", "", self._opened, self._lost)

    def start(self) -> None:
        """Begin; the queue and the broker may appear later."""
        note_received(self.queue)
        self._link = Link(broker_url(), f"listen {self.queue}", self._opened, self._lost)
        spawn = self.container.spawn_managed_thread
        self._reader = spawn(self._link.run, identifier=f"read {self.queue}")
        self._runners = [spawn(self._run, identifier=f"run {self.queue}") for _ in range(self.concurrency)]
        self._sender = eventlet.spawn(canary.keep_sending, self.queue)

    def stop(self) -> None:
        """Take no more, finish what handlers have in hand; what waited goes back to the queue."""
        if self._sender is not None:
            self._sender.kill()
        channel = self._channel
        if channel is not None:
            try:
                channel.basic_cancel(f"ctag-{self.queue}", nowait=True)
            except Exception as error:  # noqa: BLE001 - the link is breaking, which stops it too
                log.info("%s: cancel failed: %s", self.queue, type(error).__name__)
        self._forget_waiting()
        for _ in self._runners:
            self._waiting.put(None)
        for runner in self._runners:
            runner.wait()
        self._link.stop()
        self._reader.wait()

    def _opened(self, channel: amqp.Channel) -> None:
        self._unsettled.clear()
        channel.basic_qos(0, self.prefetch, False)
        self._channel = channel
        channel.basic_consume(self.queue, consumer_tag=f"ctag-{self.queue}", callback=self._arrived)

    def _lost(self) -> None:
        """Forget what waits: the broker hands out all that is unsettled again; running handlers may finish."""
        self._channel = None
        self._forget_waiting()

    def _forget_waiting(self) -> None:
        while not self._waiting.empty():
            arrival = self._waiting.get_nowait()
            if arrival is not None:
                arrival.delivery.span.end()

    def _arrived(self, message: amqp.Message) -> None:
        self._unsettled.add(message.delivery_tag)
        body = _body_of(message)
        try:
            event = Event.decode(body)
        except Undecodable as reason:
            self._undecodable.append((message, Failed(body, message.headers or {}, reason)))
            if len(self._undecodable) == 1:
                self.container.spawn_managed_thread(self._park_undecodable)
            return
        delivery = Delivery(
            event=event,
            queue=self.queue,
            attempt=retries.attempt_of(message.headers or {}),
            redelivered=bool(message.delivery_info["redelivered"]),
            span=_process_span(self.queue, event, message.delivery_info["routing_key"]),
        )
        self._waiting.put(_Arrival(delivery, message))

    def _park_undecodable(self) -> None:
        """Park these beside the handlers, so that a flood of rubbish does not hold up its good neighbours."""
        failed, self._undecodable = self._undecodable, []
        moved = self._move_on(failed)
        self._give_back([message for (message, _), gone in zip(failed, moved, strict=True) if not gone])

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            if self.linger_s and self._waiting.qsize() < self.batch:
                eventlet.sleep(self.linger_s)
            arrivals = [first]
            while len(arrivals) < self.batch and not self._waiting.empty():
                arrival = self._waiting.get_nowait()
                if arrival is None:
                    self._waiting.put(None)
                    break
                arrivals.append(arrival)
            self._handle(arrivals)

    def _handle(self, arrivals: Sequence[_Arrival]) -> None:
        """Run the handler for all; where that fails, for fewer and fewer, so that one cannot hurt the rest."""
        canaries = [a for a in arrivals if a.delivery.event.type == canary.TYPE]
        if canaries:
            canary.came_back(self.queue)
            self._ack([arrival.message for arrival in canaries])
            arrivals = [a for a in arrivals if a not in canaries]
        if arrivals:
            self._handle_events(arrivals)

    def _handle_events(self, arrivals: Sequence[_Arrival]) -> None:
        failed = bisect(arrivals, self._attempt)
        if failed:
            self._failed(failed)

    def _attempt(self, arrivals: Sequence[_Arrival]) -> None:
        """Have them handled, and settle them; raises what the handler did."""
        error = self._call(arrivals)
        if error is not None:
            if len(arrivals) > 1:
                log.warning("%s: a batch of %d: %s", self.queue, len(arrivals), type(error).__name__)
            raise error
        self._done(arrivals)

    def _call(self, arrivals: Sequence[_Arrival]) -> Exception | None:
        """Run the handler as a nameko worker and wait for its end."""
        ended = Signal()

        def handle_result(
            _: WorkerContext, result: object, exc_info: ExcInfo | None
        ) -> tuple[object, ExcInfo | None]:
            ended.send(exc_info[1] if exc_info else None)
            return result, exc_info

        deliveries = [arrival.delivery for arrival in arrivals]
        for delivery in deliveries:
            delivery.span.set_attribute("messaging.batch.message_count", len(deliveries))
        self.container.spawn_worker(self, (deliveries,), {}, handle_result=handle_result)
        error: Exception | None = ended.wait()
        return error

    def _done(self, arrivals: Sequence[_Arrival]) -> None:
        self._ack([arrival.message for arrival in arrivals])
        metrics.count(MESSAGE_SETTLED, len(arrivals), queue=self.queue, outcome="handled")
        for arrival in arrivals:
            note_handled(self.queue, arrival.delivery.event.type)
            arrival.delivery.span.end()

    def _failed(self, failed: Sequence[tuple[_Arrival, Exception]]) -> None:
        moved = self._move_on([(arrival.message, _as_failed(arrival, error)) for arrival, error in failed])
        left = [each for each, gone in zip(failed, moved, strict=True) if not gone]
        # Without a database and without a broker that takes the copy, deliveries must not count: the broker
        # would park good messages after twenty.
        kept = [arrival for arrival, error in left if isinstance(error, AWAY)]
        for arrival, error in failed:
            if arrival not in kept:
                span = arrival.delivery.span
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                span.end()
        self._give_back([arrival.message for arrival, _ in left if arrival not in kept])
        if kept:
            retries.breathe()
        for arrival in kept:
            if arrival.message.channel is self._channel:
                self._waiting.put(arrival)
            else:
                arrival.delivery.span.end()

    def _move_on(self, failed: Sequence[tuple[amqp.Message, Failed]]) -> list[bool]:
        moved = retries.move_on(self.queue, [each for _, each in failed])
        if gone := [message for (message, _), arrived in zip(failed, moved, strict=True) if arrived]:
            self._ack(gone)
        return moved

    def _give_back(self, messages: Sequence[amqp.Message]) -> None:
        if messages:
            retries.breathe()
        for message in messages:
            # Reject, not nack: the broker's delivery limit then counts it.
            self._settle([message], partial(message.channel.basic_reject, message.delivery_tag, requeue=True))

    def _ack(self, messages: Sequence[amqp.Message]) -> None:
        """Acknowledge, with one frame where nothing older is still open."""
        note_received(self.queue)
        tags = {message.delivery_tag for message in messages}
        last = max(messages, key=lambda message: message.delivery_tag)
        if all(tag > last.delivery_tag for tag in self._unsettled - tags):
            self._settle(messages, lambda: last.channel.basic_ack(last.delivery_tag, multiple=True))
            return
        for message in messages:
            self._settle([message], partial(message.channel.basic_ack, message.delivery_tag))

    def _settle(self, messages: Iterable[amqp.Message], settle: Callable[[], None]) -> None:
        """Tell the broker, unless the channel they came on is gone: then it delivers them again."""
        messages = [m for m in messages if m.channel is self._channel]
        if not messages:
            return
        try:
            settle()
        except Exception as error:  # noqa: BLE001 - the link is breaking; the inbox knows the copies
            log.info("%s: could not settle: %s", self.queue, type(error).__name__)
        self._unsettled.difference_update(m.delivery_tag for m in messages)


def _as_failed(arrival: _Arrival, error: Exception) -> Failed:
    message, delivery = arrival.message, arrival.delivery
    return Failed(_body_of(message), message.headers or {}, error, delivery.event, delivery.span)


def _body_of(message: amqp.Message) -> bytes:
    """Give the bytes as they came; py-amqp decodes those that name an encoding."""
    return message.body.encode() if isinstance(message.body, str) else bytes(message.body)


def _process_span(queue: str, event: Event, routing_key: str) -> Span:
    if event.type == canary.TYPE:
        return INVALID_SPAN
    return telemetry.start(
        f"process {queue}",
        SpanKind.CONSUMER,
        # Without a traceparent the message starts a trace of its own.
        parent=telemetry.context_of(event.traceparent) or Context(),
        attributes={
            "messaging.system": "rabbitmq",
            "messaging.destination.name": queue,
            "messaging.operation.type": "process",
            "messaging.operation.name": "process",
            "messaging.message.id": str(event.id),
            "messaging.rabbitmq.destination.routing_key": routing_key,
        },
    )


def listen(
    queue: str,
    batch: int = 1,
    prefetch: int | None = None,
    concurrency: int = 1,
    linger_s: float = 0.0,
) -> Callable[[Handler], Handler]:
    """Call the method with a `list[Delivery]` of at most `batch` that wait in `queue`.

    One run at a time unless `concurrency` says more. `prefetch` (default 2 x batch x concurrency,
    at least 10) bounds what waits in this process, and with it who suffers beside a handler that dies.
    `linger_s`: wait so long for a batch to fill, for ledgers and read models that need not be instant:
    fewer and larger transactions, and none at the very moment of a request.
    """
    decorator: Callable[[Handler], Handler] = _Listen.decorator(
        queue, batch=batch, prefetch=prefetch, concurrency=concurrency, linger_s=linger_s
    )
    return decorator
