"""The asyncio side of the bus: many confirmed publishes in flight, and transient queues for notifications."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import pika
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.channel import Channel
from pika.frame import Method
from pika.spec import Basic, BasicProperties

from chassis.messaging.message import Message, NotConfirmed
from chassis.telemetry import process_metrics

log = logging.getLogger(__name__)

HEARTBEAT_S = 10
BLOCKED_TIMEOUT_S = 30
CONNECT_TIMEOUT_S = 3
_BACKOFF_S = (0.05, 0.1, 0.2, 0.5)
# How long until a subscription that the broker refused is tried again.
_AGAIN_S = 1.0

OnBodies = Callable[[list[bytes]], None]


@dataclass(slots=True)
class _Subscription:
    """A transient queue that is made anew on each connection; `bodies` wait for the next call."""

    exchange: str
    routing_keys: Sequence[str]
    callback: OnBodies
    bodies: list[bytes] = field(default_factory=list)


class Publisher:
    """One connection, kept alive for ever by the event loop that called `start`."""

    def __init__(self, url: str, name: str = "publisher") -> None:
        self._parameters = pika.URLParameters(url)
        self._parameters.heartbeat = HEARTBEAT_S
        self._parameters.blocked_connection_timeout = BLOCKED_TIMEOUT_S
        self._parameters.socket_timeout = CONNECT_TIMEOUT_S
        self._parameters.stack_timeout = CONNECT_TIMEOUT_S
        self._parameters.client_properties = {"connection_name": name}
        self._name = name
        self._subscriptions: list[_Subscription] = []
        self._connection: AsyncioConnection | None = None
        self._channel: Channel | None = None
        self._blocked = False
        self._next_tag = 1
        self._waiting: dict[int, tuple[UUID, asyncio.Future[None]]] = {}
        self._returned: set[str] = set()
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; returns at once, because a broker that is down must not hold up an API."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._keep_connected())
        process_metrics.of_publisher(lambda: self.connected)

    async def stop(self) -> None:
        """Close the connection; whatever is in flight fails."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def connected(self) -> bool:
        """Whether a publish may be tried now."""
        return self._channel is not None and not self._blocked

    async def wait_connected(self, timeout: float) -> None:  # noqa: ASYNC109 - the caller's deadline
        """Wait until connected; raises `TimeoutError` after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            await self._up.wait()

    async def publish(self, message: Message, timeout: float) -> None:  # noqa: ASYNC109 - as above
        """Return when the broker has it; raises `NotConfirmed` at once or within `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._send(message)
        except TimeoutError:
            raise NotConfirmed("no confirm in time") from None

    async def publish_many(
        self,
        messages: Sequence[Message],
        timeout: float = 2.0,  # noqa: ASYNC109 - as above
    ) -> set[UUID]:
        """Publish all, wait at most `timeout` seconds, return the ids that the broker confirmed."""
        futures = {}
        with suppress(NotConfirmed):  # the connection went: the rest need not be tried
            for message in messages:
                futures[self._send(message)] = message.id
        if futures:
            await asyncio.wait(futures, timeout=timeout)
        confirmed = set()
        for future, message_id in futures.items():
            if not future.done():
                future.cancel()
            elif not future.cancelled() and future.exception() is None:
                confirmed.add(message_id)
        return confirmed

    def publish_and_wait(self, messages: Sequence[Message], timeout: float = 2.0) -> set[UUID]:
        """Do as `publish_many`, for another thread than the event loop's; never raises for broker trouble."""
        work = asyncio.run_coroutine_threadsafe(self.publish_many(messages, timeout), self._loop)
        try:
            return work.result(timeout + 1.0)
        except TimeoutError:
            work.cancel()
            return set()

    def subscribe_transient(
        self, exchange: str, routing_keys: Sequence[str], callback: OnBodies
    ) -> Callable[[], None]:
        """Call `callback` with all bodies that came since its last call; returns how to end it.

        What was published while the connection was down never comes: a notification, not a letter box.
        """
        subscription = _Subscription(exchange, routing_keys, callback)
        self._subscriptions.append(subscription)
        if self._connection is not None and self._connection.is_open:
            self._subscribe(self._connection, subscription)
        return lambda: self._subscriptions.remove(subscription)

    def _send(self, message: Message) -> asyncio.Future[None]:
        channel = self._channel
        if channel is None or self._blocked:
            raise NotConfirmed("blocked by the broker" if self._blocked else "not connected")
        properties = BasicProperties(
            delivery_mode=2,
            content_type=message.content_type,
            message_id=str(message.id),
            headers=dict(message.headers),
        )
        future: asyncio.Future[None] = self._loop.create_future()
        try:
            channel.basic_publish(
                message.exchange, message.routing_key, message.body, properties, mandatory=message.mandatory
            )
        except pika.exceptions.AMQPError as error:
            raise NotConfirmed(type(error).__name__) from None
        # The broker counts what it got: a message that couldn't be encoded has no tag.
        self._waiting[self._next_tag] = (message.id, future)
        self._next_tag += 1
        return future

    def _confirmed(self, frame: Method) -> None:
        method = frame.method
        refused = isinstance(method, Basic.Nack)
        for tag in list(self._tags(method.delivery_tag, method.multiple)):
            message_id, future = self._waiting.pop(tag)
            came_back = str(message_id) in self._returned
            self._returned.discard(str(message_id))
            if future.done():  # the caller's time ran out first
                continue
            if refused or came_back:
                future.set_exception(NotConfirmed("refused" if refused else "unroutable"))
            else:
                future.set_result(None)

    def _tags(self, tag: int, multiple: bool) -> Iterator[int]:
        """List the tags that a confirm settles: they wait in rising order, so a multiple one takes a prefix."""
        if not multiple:
            yield tag
            return
        for each in self._waiting:
            if each > tag:
                return
            yield each

    def _came_back(self, _: Channel, method: Basic.Return, properties: BasicProperties, __: bytes) -> None:
        """Note that no queue took a message. The broker sends this before its ack."""
        log.error("unroutable: exchange %s, routing key %s", method.exchange, method.routing_key)
        self._returned.add(properties.message_id)

    def _fail_all(self, why: str) -> None:
        waiting, self._waiting = self._waiting, {}
        self._returned.clear()
        for _, future in waiting.values():
            if not future.done():
                future.set_exception(NotConfirmed(why))

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            ended: asyncio.Future[str] = self._loop.create_future()
            connection = self._connection = self._connect(ended)
            try:
                why = await ended
            finally:  # also when `stop` cancels this task
                was_up = self._up.is_set()
                self._channel = None
                self._up.clear()
                self._blocked = False
                self._fail_all("connection closed")
                with suppress(pika.exceptions.AMQPError):
                    connection.close()
            failures = 0 if was_up else failures + 1
            if was_up or failures == 1:
                log.warning("%s: not connected: %s", self._name, why)
            await asyncio.sleep(_BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)])

    def _connect(self, ended: asyncio.Future[str]) -> AsyncioConnection:
        """Start one connection; `ended` is set when it, or its publishing channel, is gone."""

        def end(_: Channel | AsyncioConnection, reason: Exception) -> None:
            if not ended.done():
                ended.set_result(type(reason).__name__)

        def on_open(connection: AsyncioConnection) -> None:
            connection.add_on_connection_blocked_callback(lambda *_: self._set_blocked(True))
            connection.add_on_connection_unblocked_callback(lambda *_: self._set_blocked(False))
            connection.channel(on_open_callback=on_channel)
            for subscription in self._subscriptions:
                self._subscribe(connection, subscription)

        def on_channel(channel: Channel) -> None:
            channel.add_on_close_callback(end)
            channel.add_on_return_callback(self._came_back)
            channel.confirm_delivery(self._confirmed, callback=lambda _: self._ready(channel))

        return AsyncioConnection(
            self._parameters,
            on_open_callback=on_open,
            on_open_error_callback=end,
            on_close_callback=end,
            custom_ioloop=self._loop,
        )

    def _ready(self, channel: Channel) -> None:
        self._next_tag = 1
        self._channel = channel
        self._up.set()
        log.info("%s: connected", self._name)

    def _set_blocked(self, blocked: bool) -> None:
        """Note if the broker blocks: it then reads nothing, and callers must take their other way at once."""
        log.warning("%s: broker %s publishing", self._name, "blocks" if blocked else "resumes")
        self._blocked = blocked
        if blocked:
            self._fail_all("blocked by the broker")

    def _subscribe(self, connection: AsyncioConnection, subscription: _Subscription) -> None:
        def on_channel(channel: Channel) -> None:
            channel.add_on_close_callback(lambda *_: self._loop.call_later(_AGAIN_S, again))
            channel.queue_declare(
                "",
                exclusive=True,
                auto_delete=True,
                # The virtual host's default, quorum, can't be exclusive.
                arguments={"x-queue-type": "classic"},
                callback=lambda frame: on_queue(channel, frame.method.queue),
            )

        def again() -> None:
            # A new broker has no such exchange yet, and nothing else would tell that we are deaf.
            if subscription in self._subscriptions and connection.is_open and connection is self._connection:
                self._subscribe(connection, subscription)

        def on_queue(channel: Channel, queue: str) -> None:
            for key in subscription.routing_keys:
                channel.queue_bind(queue, subscription.exchange, key, callback=lambda _: None)
            channel.basic_consume(queue, on_message, auto_ack=True)

        def on_message(channel: Channel, _: Basic.Deliver, __: BasicProperties, body: bytes) -> None:
            if subscription not in self._subscriptions:  # ended: the queue goes with its channel
                channel.close()
                return
            subscription.bodies.append(body)
            if len(subscription.bodies) == 1:
                self._loop.call_soon(hand_over)

        def hand_over() -> None:
            bodies, subscription.bodies = subscription.bodies, []
            subscription.callback(bodies)

        connection.channel(on_open_callback=on_channel)
