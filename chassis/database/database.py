"""The one transaction helper: state, inbox and outbox commit together or not at all."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from opentelemetry.trace import Span
from sqlalchemy import Engine, create_engine, event, text

# Others have these from here: only stores and models of services know SQLAlchemy.
from sqlalchemy.exc import IntegrityError as IntegrityError
from sqlalchemy.exc import SQLAlchemyError as SQLAlchemyError
from sqlmodel import Session as Session

from chassis.database import sql
from chassis.database.sql import Statement
from chassis.database.time_bounds import read_all_times
from chassis.messaging import inbox, outbox
from chassis.runtime import clock
from chassis.runtime.settings import Settings
from chassis.security import audit_context
from chassis.security.vault import Vault
from chassis.telemetry import telemetry
from contracts.envelope import Payload, encode

log = logging.getLogger(__name__)


def engine_of(settings: Settings) -> Engine:
    """Make a pooled psycopg 3 engine whose every wait is bounded; it has the keys of the outbox."""
    options = (
        f"-c statement_timeout={settings.statement_timeout_ms} -c lock_timeout={settings.statement_timeout_ms}"
        f" -c idle_in_transaction_session_timeout={settings.statement_timeout_ms * 4} -c timezone=UTC"
        " -c jit=off"
    )
    engine = create_engine(
        settings.database_url.get_secret_value(),
        pool_size=settings.database_pool,
        max_overflow=settings.database_pool,
        pool_timeout=2,
        pool_pre_ping=False,
        execution_options={"vault": Vault(settings.vault_keys.get_secret_value())},
        connect_args={
            "connect_timeout": 2,
            "options": options,
            "application_name": settings.service,
            # A server that vanished without a word is noticed within seconds.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5000,
        },
    )

    @event.listens_for(engine, "connect")
    def connected(connection: psycopg.Connection, _: object) -> None:
        read_all_times(connection.adapters)

    return engine


class Transaction:
    """One unit of work. What it publishes is stored with it and sent right after the commit."""

    def __init__(self, session: Session, source: str) -> None:
        self.session = session
        self._source = source
        self._outgoing: list[outbox.Outgoing] = []
        self._writes: list[Statement] = []
        self._after: list[Callable[[], None]] = []

    def publish(
        self,
        payload: Payload,
        *,
        cause: Span | None = None,
        event_id: UUID | None = None,
        time: datetime | None = None,
    ) -> None:
        """Add an event to the outbox. `cause` is the span it belongs to (default: the current one)."""
        event_id = event_id or uuid4()
        span = telemetry.start_send(payload.EXCHANGE, payload.routing_key, str(event_id), cause)
        body = encode(
            payload,
            source=self._source,
            time=time or clock.now(),
            event_id=event_id,
            traceparent=telemetry.traceparent_of(span),
        )
        self._outgoing.append(outbox.Outgoing(event_id, payload.EXCHANGE, payload.routing_key, body, span))

    def signal(self, payload: Payload, *, cause: Span | None = None) -> None:
        """Send after the commit without an outbox row: for change notifications; a poll finds what is lost."""
        event_id, traceparent = uuid4(), telemetry.traceparent_of(cause)
        body = encode(
            payload, source=self._source, time=clock.now(), event_id=event_id, traceparent=traceparent
        )
        signal = outbox.Outgoing(event_id, payload.EXCHANGE, payload.routing_key, body, None, durable=False)
        # Somebody waits for these, so they go first.
        self._outgoing.insert(0, signal)

    def send(self, *statements: Statement) -> list[list[Any]]:
        """Run statements now, in one round trip; returns the rows of each."""
        return sql.send(self.session, *statements)

    def write(self, *statements: Statement) -> None:
        """Run statements with the commit, in one round trip: for writes whose outcome nobody looks at."""
        self._writes += statements

    def claim(self, queue: str, event_ids: Sequence[UUID]) -> set[UUID]:
        """Mark these ids as handled by `queue`; returns those that it had not handled before."""
        return inbox.claim(self.session, queue, event_ids)

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run `call` once the transaction is durable; it must not raise."""
        self._after.append(call)

    def _commit(self) -> None:
        events = outbox.stored(self._outgoing, self.session)
        act = audit_context.current()
        line = act.line() if act is not None else None
        sql.commit(self.session, *self._writes, *(each for each in (events, line) if each))

    def _end(self, *, failed: bool) -> None:
        for outgoing in self._outgoing:
            outgoing.end(failed=failed)


class Database:
    """Transactions over one engine; `relay` sends what a transaction published once it committed."""

    def __init__(self, engine: Engine, source: str, relay: "outbox.Relay | None" = None) -> None:
        self.engine = engine
        # One statement is one snapshot anyway; begin and rollback would be two round trips for nothing.
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.source = source
        self.relay = relay

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit on success, roll back on any error; SQLAlchemy's OperationalError means try again."""
        with Session(self.engine, expire_on_commit=False) as session:
            transaction = Transaction(session, self.source)
            try:
                yield transaction
                transaction._commit()
            except BaseException:
                audit_context.undone()
                transaction._end(failed=True)
                raise
        if self.relay is not None:
            self.relay.send(transaction._outgoing)
        else:
            transaction._end(failed=False)
        for call in transaction._after:
            call()

    def read(self) -> Session:
        """Open a session for reading; close it (use it in a `with`)."""
        return Session(self._reading, expire_on_commit=False)

    def answers(self) -> bool:
        """Say whether the database can be asked now."""
        try:
            with self.read() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True
