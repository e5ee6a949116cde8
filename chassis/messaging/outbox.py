"""Outbox: an event commits with the state it tells of, is sent right after, and swept up if that failed."""

import logging
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from opentelemetry.trace import Span, Status, StatusCode
from sqlalchemy import Connection, Engine, bindparam, text
from sqlmodel import Field, Session, SQLModel

from chassis.database import idle_transactions
from chassis.database.columns import UtcDateTime, table_of
from chassis.database.sql import Insert, Statement
from chassis.messaging.message import Message, Sender
from chassis.runtime import clock
from chassis.security.vault import Unreadable, Vault, is_encrypted
from chassis.telemetry import health, process_metrics, telemetry
from contracts.envelope import Event, Undecodable
from contracts.topology import RESTRICTED

log = logging.getLogger(__name__)

# Seconds after which an unsent event is taken over by the sweeper; longer than a confirm may take.
SWEEP_AFTER_S = 3.0
_BATCH = 200
# Seconds that an event which did not go waits, after each failure, so that those behind it go. Short: it may be
# the broker's fault.
_PUT_OFF_S = (1, 2, 5, 15)
# A sweep ends after so long, and waits at most so long for a connection that an event has broken (seconds).
_SWEEP_S = 5.0
_BACK_S = 1.0
# Any constant will do: it names the sweeper's advisory lock within one service's database.
_SWEEP_LOCK = 4421


class OutboxRow(SQLModel, table=True):
    """One event that the broker has not confirmed; the body is encrypted where its exchange is restricted."""

    __tablename__ = "outbox"

    id: UUID = Field(primary_key=True)
    exchange: str
    routing_key: str
    body: bytes
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    put_off_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(slots=True)
class Outgoing:
    """An encoded event on its way, with the producer span that ends when the broker has it."""

    id: UUID
    exchange: str
    routing_key: str
    body: bytes
    span: Span | None
    # False: no row was stored, and nobody needs to hear whether it arrived.
    durable: bool = True

    def message(self) -> Message:
        """Build the message as the broker gets it."""
        return Message(self.id, self.exchange, self.routing_key, self.body, mandatory=self.durable)

    def end(self, *, failed: bool) -> None:
        """End the producer span."""
        if self.span is not None:
            if failed:
                self.span.set_status(Status(StatusCode.ERROR))
            self.span.end()


# A copy that comes while its row is still there changes nothing.
_INSERT = Insert(
    table_of(OutboxRow),
    ("id", "exchange", "routing_key", "body", "created_at"),
    tail="ON CONFLICT DO NOTHING",
)
_DELETE = text("DELETE FROM outbox WHERE id = ANY(:ids)")
_OVERDUE = text(
    "SELECT id, exchange, routing_key, body, greatest(failures, 0) AS failures FROM outbox "
    "WHERE (created_at < :before OR created_at > :after) AND (put_off_until IS NULL OR put_off_until <= :now "
    "OR put_off_until > CAST(:now AS timestamptz) + interval '1 minute') ORDER BY created_at LIMIT :limit"
)
# Bounded: a count at the end of its column would fail the sweep of all others.
_PUT_OFF = text(
    "UPDATE outbox SET failures = least(greatest(failures, 0), 1000000) + 1, put_off_until = :until "
    "WHERE id = :id"
)


def stored(outgoing: Sequence[Outgoing], session: Session) -> Statement | None:
    """Build the statement that stores what must not be lost, in the database of `session`."""
    at = clock.now()
    rows = [
        {
            "id": o.id,
            "exchange": o.exchange,
            "routing_key": o.routing_key,
            "body": _at_rest(session, o) if o.exchange in RESTRICTED else o.body,
            "created_at": at,
        }
        for o in outgoing
        if o.durable
    ]
    return _INSERT(rows) if rows else None


def associated_data(event_id: UUID) -> str:
    """Name the associated data of the body of an event (`chassis.security.vault`)."""
    return f"outbox:{event_id}:body"


def clear(vault: Vault, event_id: UUID, body: bytes) -> bytes:
    """Give a body from the outbox in clear, as it travels; raises `Unreadable`."""
    return vault.decrypt_bytes(associated_data(event_id), body) if is_encrypted(body) else body


def _at_rest(session: Session, outgoing: Outgoing) -> bytes:
    return vault_of(session.get_bind()).encrypt_bytes(associated_data(outgoing.id), outgoing.body)


def vault_of(engine: Engine | Connection) -> Vault:
    """Get the keys that `engine_of` gave: whoever has a database has the keys of what rests in it."""
    vault: Vault = engine.get_execution_options()["vault"]
    return vault


class Relay:
    """Sends committed events from a thread of its own (a greenlet under eventlet) and forgets confirmed ones.

    Nobody waits for it: what it cannot send, or loses when the process dies, the sweeper of any process
    of the service sends `SWEEP_AFTER_S` seconds later. Copies are harmless: every reader has an inbox.
    """

    def __init__(self, engine: Engine, sender: Sender) -> None:
        self._engine = engine
        self._sender = sender
        self._waiting: queue.Queue[Sequence[Outgoing] | None] = queue.Queue()
        self._settled: list[UUID] = []
        self._threads = [
            threading.Thread(target=self._send_loop, name="outbox-send", daemon=True),
            threading.Thread(target=self._sweep_loop, name="outbox-sweep", daemon=True),
            threading.Thread(target=self._watch_loop, name="silent-watch", daemon=True),
        ]
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start sending and sweeping."""
        health.expect("outbox")
        process_metrics.of_database(self._engine)
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Send what is waiting, then stop."""
        self._stopping.set()
        self._waiting.put(None)
        for thread in self._threads:
            thread.join(timeout_s)
        self._forget()

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Hand over committed events."""
        if outgoing:
            self._waiting.put(outgoing)

    def confirmed(self, event_id: UUID) -> None:
        """Note that an event was confirmed another way: its row can go."""
        self._settled.append(event_id)

    def _send_loop(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = list(first)
            while not self._waiting.empty() and len(batch) < _BATCH:
                more = self._waiting.get()
                if more is None:
                    self._waiting.put(None)
                    break
                batch.extend(more)
            self._send(batch)

    def _send(self, batch: list[Outgoing]) -> None:
        try:
            confirmed = self._sender.publish_and_wait([o.message() for o in batch])
        except Exception:
            log.exception("outbox: sending failed, %d events wait for the sweeper", len(batch))
            confirmed = set()
        for outgoing in batch:
            outgoing.end(failed=outgoing.id not in confirmed)
        self._settled.extend(confirmed)

    def _sweep_loop(self) -> None:
        swept_at = time.monotonic()
        while not self._stopping.wait(0.2):
            try:
                self._forget()
                if time.monotonic() - swept_at >= 1.0:
                    swept_at = time.monotonic()
                    # Without a broker, reading what cannot be sent takes time from what goes another way.
                    if self._sender.connected:
                        self._sweep()
                    health.note("outbox", 1.0)
            except Exception:
                log.warning("outbox: sweep failed", exc_info=True)

    def _watch_loop(self) -> None:
        """Look for silent transactions beside the outbox: whatever holds that up must not hold this up."""
        watch = idle_transactions.Watch(self._engine)
        while not self._stopping.wait(idle_transactions.LOOK_EVERY_S):
            try:
                watch.look()
            except Exception:
                log.warning("silent transactions not looked for", exc_info=True)

    def _forget(self) -> None:
        settled, self._settled = self._settled, []
        if not settled:
            return
        try:
            with Session(self._engine) as session:
                # Losing this commit costs a duplicate, never an event.
                session.execute(text("SET LOCAL synchronous_commit = off"))
                session.execute(_DELETE, {"ids": settled})
                session.commit()
        except Exception:
            self._settled.extend(settled)
            raise

    def _sweep(self) -> None:
        with Session(self._engine) as session:
            # It waits for the broker within its transaction, and holds nothing that a request could wait for.
            session.execute(text("SET LOCAL application_name = 'outbox sweep'"))
            leader = session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _SWEEP_LOCK})
            if not leader.scalar_one():
                return
            now, age = clock.now(), timedelta(seconds=SWEEP_AFTER_S)
            # What seems to come from the future was stored before somebody put the clock back.
            given = {"now": now, "before": now - age, "after": now + age, "limit": _BATCH}
            rows = session.execute(_OVERDUE, given).all()
            if not rows:
                return
            log.warning("outbox: sweeping %d unsent events", len(rows))
            vault = vault_of(self._engine)
            failures = {row.id: row.failures for row in rows}
            stored = [Message(row.id, row.exchange, row.routing_key, bytes(row.body)) for row in rows]
            swept = [message for each in stored if (message := _swept(vault, each))]
            sent, refused = self._send_swept(swept, failures)
            session.execute(_DELETE.bindparams(bindparam("ids")), {"ids": list(sent)})
            refused |= failures.keys() - {message.id for message in swept}
            for event_id in refused:
                wait = timedelta(seconds=_PUT_OFF_S[min(failures[event_id], len(_PUT_OFF_S) - 1)])
                session.execute(_PUT_OFF, {"id": event_id, "until": now + wait})
                log.error("outbox: event %s did not go, %d failures", event_id, failures[event_id] + 1)
            session.commit()

    def _send_swept(
        self, swept: Sequence[Message], failures: Mapping[UUID, int]
    ) -> tuple[set[UUID], set[UUID]]:
        """Send all together, then alone each that did not go: one may break the connection of the others.

        What went, and what did not; the rest was not tried, for want of a connection or of time.
        """
        sent = self._sender.publish_and_wait([message for message in swept if not failures[message.id]])
        refused = set[UUID]()
        until = time.monotonic() + _SWEEP_S
        for message in swept:
            if message.id in sent:
                continue
            if time.monotonic() > until or not self._comes_back():
                break
            went = self._sender.publish_and_wait([message])
            sent |= went
            refused |= {message.id} - went
        return sent, refused

    def _comes_back(self) -> bool:
        """Wait a moment for the connection if there is none; returns whether there is one."""
        until = time.monotonic() + _BACK_S
        while not self._sender.connected and time.monotonic() < until:
            time.sleep(0.02)
        return self._sender.connected


def _swept(vault: Vault, stored: Message) -> Message | None:
    """Turn a stored event into the message that travels; None where it cannot be read: the others go on."""
    try:
        body = clear(vault, stored.id, stored.body)
        parent = telemetry.context_of(Event.decode(body).traceparent)
    except (Unreadable, Undecodable) as error:
        log.error("outbox: an event for %s cannot be read: %s", stored.exchange, type(error).__name__)
        return None
    telemetry.start_send(stored.exchange, stored.routing_key, str(stored.id), parent).end()
    return replace(stored, body=body)
