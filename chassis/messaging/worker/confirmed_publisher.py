"""Publishing from workers: many messages in flight, each confirmed or reported as not confirmed."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from uuid import UUID

import amqp
import eventlet
from eventlet.event import Event as Signal
from eventlet.semaphore import Semaphore

from chassis.messaging.message import Message
from chassis.messaging.worker.connection import Link, cut, send
from chassis.runtime.settings import secret
from chassis.telemetry import process_metrics

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Batch:
    """What one caller waits for."""

    left: int  # not yet confirmed, refused or lost
    done: Signal = field(default_factory=Signal)
    confirmed: set[UUID] = field(default_factory=set)

    def settle(self, message_id: UUID, confirmed: bool) -> None:
        if confirmed:
            self.confirmed.add(message_id)
        self.left -= 1
        if self.left == 0:
            self.done.send()


class WorkerPublisher:
    """One connection per process; callers in any greenlet share it and their confirms are pipelined."""

    def __init__(self, url: str, name: str = "publisher") -> None:
        self._link = Link(url, name, self._opened, self._lost, self._set_blocked)
        self._channel: amqp.Channel | None = None
        self._blocked = False
        self._waiting: dict[int, tuple[_Batch, UUID]] = {}
        self._returned: set[str] = set()
        self._next_tag = 1
        self._writing = Semaphore()
        self._greenlet = eventlet.spawn(self._link.run)

    @property
    def connected(self) -> bool:
        """Whether a publish may be tried now."""
        return self._channel is not None and not self._blocked

    def publish_and_wait(self, messages: Sequence[Message], timeout: float = 2.0) -> set[UUID]:
        """Publish all, wait at most `timeout` seconds, return the ids that the broker confirmed.

        Never raises for broker trouble: what is not in the answer may or may not be on the broker.
        Spans are the caller's: it knows what the message continues.
        """
        if not messages:
            return set()
        batch = _Batch(left=len(messages))
        with eventlet.Timeout(timeout, exception=False):
            try:
                sent = self._write(messages, batch)
            except Exception:  # noqa: BLE001 - a dying connection raises many kinds; already logged
                sent = False
            if sent:
                batch.done.wait()
        return set(batch.confirmed)

    def close(self) -> None:
        """Stop the connection; whoever still waits gets what was confirmed so far."""
        self._link.stop()
        self._greenlet.wait()

    def _write(self, messages: Sequence[Message], batch: _Batch) -> bool:
        """Send every message; tags and sends must stay in step, so one greenlet at a time."""
        with self._writing:
            for message in messages:
                channel = self._channel
                # What is written into a blocked connection is read, if ever, long after nobody waits for it.
                if channel is None or self._blocked:
                    return False
                self._waiting[self._next_tag] = (batch, message.id)
                self._next_tag += 1
                try:
                    send(
                        channel,
                        message.exchange,
                        message.routing_key,
                        _amqp_message(message),
                        message.mandatory,
                    )
                except BaseException as error:
                    # Half a frame may be out (a time-out raises here too): the stream is spoilt.
                    log.warning("publish failed: %s", type(error).__name__)
                    cut(channel)
                    if channel is self._channel:
                        self._lost()
                    raise
        return True

    def _opened(self, channel: amqp.Channel) -> None:
        channel.confirm_select()
        channel.events["basic_ack"].add(self._acked)
        channel.events["basic_nack"].add(self._nacked)
        channel.events["basic_return"].add(self._came_back)
        self._next_tag = 1
        self._blocked = False
        self._channel = channel

    def _set_blocked(self, blocked: bool) -> None:
        log.warning("the broker %s publishes", "blocks" if blocked else "takes")
        self._blocked = blocked

    def _lost(self) -> None:
        self._channel = None
        waiting, self._waiting = self._waiting, {}
        self._returned.clear()
        for batch, message_id in waiting.values():
            batch.settle(message_id, confirmed=False)

    def _acked(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, confirmed=True)

    def _nacked(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, confirmed=False)

    def _settle(self, tag: int, multiple: bool, *, confirmed: bool) -> None:
        for each in _settled_tags(self._waiting, tag, multiple):
            batch, message_id = self._waiting.pop(each)
            came_back = str(message_id) in self._returned
            self._returned.discard(str(message_id))
            batch.settle(message_id, confirmed and not came_back)

    def _came_back(self, _: Exception, exchange: str, routing_key: str, message: amqp.Message) -> None:
        """Note that no queue took a message. The broker sends this before its ack."""
        log.error("unroutable: exchange %s, routing key %s", exchange, routing_key)
        self._returned.add(message.properties["message_id"])


def _settled_tags(waiting: dict[int, tuple[_Batch, UUID]], tag: int, multiple: bool) -> list[int]:
    """List the tags that a confirm settles: they are in rising order, so a multiple one takes a prefix."""
    return list(takewhile(lambda each: each <= tag, waiting)) if multiple else [tag]


def _amqp_message(message: Message) -> amqp.Message:
    return amqp.Message(
        message.body,
        delivery_mode=2,
        content_type=message.content_type,
        message_id=str(message.id),
        application_headers=dict(message.headers),
    )


def broker_url() -> str:
    """Read the address of this process's broker; raises KeyError when nobody gave one."""
    return secret("broker_url")


@cache
def worker_publisher() -> WorkerPublisher:
    """Give the publisher of this process, made at first use."""
    publisher = WorkerPublisher(broker_url(), "worker publisher")
    process_metrics.of_publisher(lambda: publisher.connected)
    return publisher
