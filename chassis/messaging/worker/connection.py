"""One AMQP connection with one channel that is kept alive for ever."""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from random import uniform
from time import monotonic

import amqp
import eventlet

from chassis.messaging.broker_address import connection_arguments

log = logging.getLogger(__name__)

HEARTBEAT_S = 10
CONNECT_TIMEOUT_S = 3
_TICK_S = 1.0


class Link:
    """Connects, calls `on_open(channel)`, reads until the connection breaks, calls `on_lost()`, again.

    `on_blocked(True)`: the broker takes no publishes for now (memory, disk); `on_blocked(False)`: it does.

    All reading happens in the greenlet of `run`; any greenlet may write (py-amqp locks its writes).
    """

    def __init__(
        self,
        url: str,
        name: str,
        on_open: Callable[[amqp.Channel], None],
        on_lost: Callable[[], None],
        on_blocked: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._url, self._name = url, name
        self._on_open, self._on_lost, self._on_blocked = on_open, on_lost, on_blocked
        self._stopping = False

    def run(self) -> None:
        """Keep the link alive until `stop`; waits at most 1 s between two attempts."""
        wait, up_before = 0.05, True
        while not self._stopping:
            connection = self._new_connection()
            try:
                connection.connect()
                channel = connection.channel()
                self._on_open(channel)
                log.info("link %s is up", self._name)
                wait, up_before = 0.05, True
                self._read(connection)
            except Exception as error:  # noqa: BLE001 - whatever broke it, the link must come back
                # Said once for each loss: a broker that is down for an hour is one line, not 3,600.
                if up_before:
                    log.warning("link %s is down: %s", self._name, type(error).__name__)
                up_before = False
            finally:
                self._on_lost()
                _close(connection)
            if not self._stopping:
                eventlet.sleep(uniform(wait / 2, wait))  # noqa: S311 - jitter, not a secret
                wait = min(wait * 2, 1.0)

    def stop(self) -> None:
        """End the reading; the greenlet of `run` returns within a second."""
        self._stopping = True

    def _read(self, connection: amqp.Connection) -> None:
        beat_at = monotonic() + _TICK_S
        while not self._stopping:
            with suppress(TimeoutError):
                connection.drain_events(timeout=_TICK_S)
            if monotonic() >= beat_at:
                connection.heartbeat_tick()
                beat_at = monotonic() + _TICK_S

    def _new_connection(self) -> amqp.Connection:
        return amqp.Connection(
            **connection_arguments(self._url),
            heartbeat=HEARTBEAT_S,
            connect_timeout=CONNECT_TIMEOUT_S,
            client_properties={"connection_name": self._name},
            on_blocked=lambda _: self._on_blocked(True),
            on_unblocked=lambda: self._on_blocked(False),
        )


def _close(connection: amqp.Connection) -> None:
    """Say goodbye where the other side still listens; free the socket in any case."""
    try:
        with eventlet.Timeout(1.0):
            connection.close()
    except (Exception, eventlet.Timeout):  # noqa: BLE001 - it is being thrown away
        connection.collect()


def send(
    channel: amqp.Channel, exchange: str, routing_key: str, message: amqp.Message, mandatory: bool
) -> None:
    """Write one publish.

    Not `channel.basic_publish`: that reads from the socket before it writes, which a second greenlet
    must not do beside the one that reads.
    """
    channel.send_method(amqp.spec.Basic.Publish, "Bssbb", (0, exchange, routing_key, mandatory, False), message)


def cut(channel: amqp.Channel) -> None:
    """Break the channel's connection off, so that its reader notices at once and the link renews it."""
    with suppress(Exception):
        channel.connection.transport.sock.shutdown(socket.SHUT_RDWR)
