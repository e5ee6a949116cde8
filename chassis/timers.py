"""Timers are rows: what is due is claimed with SKIP LOCKED, so that it survives any restart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel

from chassis import clock
from chassis.columns import UtcDateTime, table_of
from chassis.sql import Insert, Statement, send


class DueRow(SQLModel, table=True):
    """The table of timers."""

    __tablename__ = "due"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str = Field(index=True)
    subject_id: str = Field(index=True)
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done at `due_at` about `subject_id`, unless it is cancelled before."""

    kind: str
    subject_id: str
    due_at: datetime
    attempt: int = 0


_INSERT = Insert(table_of(DueRow))
_CLAIM = text(
    "DELETE FROM due WHERE id IN (SELECT id FROM due WHERE kind = ANY(:kinds) "
    "AND (due_at <= :now OR due_at > CAST(:beyond AS timestamptz)) ORDER BY due_at LIMIT :limit "
    "FOR UPDATE SKIP LOCKED) RETURNING kind, subject_id, due_at, attempt"
)
# A row that another process has just claimed is left to it: waiting here, with the subject locked, for one
# who waits for the subject would be a deadlock. That one then finds that there is nothing left to do.
_CANCEL = text(
    "DELETE FROM due WHERE id IN (SELECT id FROM due WHERE subject_id = :subject AND kind = ANY(:kinds) "
    "FOR UPDATE SKIP LOCKED)"
)


def scheduled(rows: Sequence[Due]) -> Statement:
    """The statement that adds timers."""
    return _INSERT(
        [
            {
                "id": uuid4(),
                "kind": row.kind,
                "subject_id": row.subject_id,
                "due_at": row.due_at,
                "attempt": row.attempt,
            }
            for row in rows
        ]
    )


def schedule(session: Session, rows: Sequence[Due]) -> None:
    """Add timers to the transaction."""
    if rows:
        send(session, scheduled(rows))


def claim(
    session: Session, kinds: Sequence[str], limit: int = 100, longest: timedelta | None = None
) -> list[Due]:
    """Take what is due; it comes back when the transaction rolls back.

    `longest`: no timer of these kinds is ever set further ahead. One that is due later than that was set before
    somebody put the clock back, and is taken now: too early is loud, an hour too late is a death.
    """
    now = clock.now()
    given = {"now": now, "beyond": now + longest if longest else None, "kinds": list(kinds), "limit": limit}
    found = session.execute(_CLAIM, given)
    return sorted((Due(**row._mapping) for row in found), key=lambda row: row.due_at)


def cancel(session: Session, subject_id: str, kinds: Sequence[str]) -> None:
    """Remove timers that no longer matter."""
    session.execute(_CANCEL, {"subject": subject_id, "kinds": list(kinds)})
