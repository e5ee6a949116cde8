"""Inbox: the event id commits with the effect, so that a copy of a message has none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel

from chassis.database.columns import UtcDateTime
from chassis.database.sql import Statement, send
from chassis.runtime import clock


class InboxRow(SQLModel, table=True):
    """One handled message of one queue."""

    __tablename__ = "inbox"

    queue: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    handled_at: datetime = Field(sa_type=UtcDateTime, index=True)


_CLAIM = (
    b"INSERT INTO inbox (queue, event_id, handled_at) "
    b"SELECT %(queue)s, id, %(now)s FROM unnest(%(ids)s::uuid[]) AS id ORDER BY id "
    b"ON CONFLICT DO NOTHING RETURNING event_id"
)
# A claim waits only for somebody who handles a copy at this moment. If that one is dead or slow, the rest of
# the batch must not pay for it; rows of other kinds are waited for as long as a statement may take.
_HURRIED = Statement(b"SET LOCAL lock_timeout = '1s'", {})
_CALM = Statement(b"SET LOCAL lock_timeout TO DEFAULT", {})
_PRUNE = text("DELETE FROM inbox WHERE handled_at < :before")


def claimed(queue: str, event_ids: Sequence[UUID]) -> tuple[Statement, Statement, Statement]:
    """Build the statements that mark ids as handled; the rows of the second are those that were new.

    Sorted: two workers cannot deadlock.
    """
    claim = Statement(_CLAIM, {"queue": queue, "now": clock.now(), "ids": list(set(event_ids))})
    return _HURRIED, claim, _CALM


def claim(session: Session, queue: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Mark as handled and return what was new."""
    if not event_ids:
        return set()
    _, rows, _ = send(session, *claimed(queue, event_ids))
    return {row.event_id for row in rows}


def prune(session: Session, keep: timedelta = timedelta(days=30)) -> None:
    """Forget what no broker or outbox can still deliver again."""
    session.execute(_PRUNE, {"before": clock.now() - keep})
