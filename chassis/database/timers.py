"""Timers are rows: what is due is claimed with SKIP LOCKED, so that it survives any restart.

Each due row is acted upon in a transaction of its own. One whose act fails is put off, a longer time after each
failure, and parked in the end, so that the others are acted upon in time whatever is wrong with it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlmodel import Field, Session, SQLModel

from chassis.database.columns import UtcDateTime, table_of
from chassis.database.database import Database, Transaction
from chassis.database.sql import AWAY, Insert, Statement, of_its_data, send, unreachable
from chassis.runtime import clock

log = logging.getLogger(__name__)

# Seconds until the next attempt after each failure; the failure after the last one parks the row. All shorter
# than any `longest` of `claim`, which would take a row that is put off further for one of a moved clock.
_PUT_OFF_S = (1, 2, 5, 10, 30, 60, 120, 300)
# Seconds until the next attempt where the database was at fault, not the row.
_AGAIN_S = 1
# A run ends after so many seconds, whatever is still due: the next one comes at once.
_RUN_S = 5.0


class DueRow(SQLModel, table=True):
    """The table of timers."""

    __tablename__ = "due"
    __table_args__ = (Index("ix_due_failing", "failures", postgresql_where=text("failures > 0")),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str = Field(index=True)
    subject_id: str = Field(index=True)
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    attempt: int = 0
    # How often its act failed, and since when nobody tries again.
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    parked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class Due:
    """Something to be done at `due_at` about `subject_id`, unless it is cancelled before.

    `id` and `failures` are of a row that was claimed, and stay those of the row that is scheduled in its place.
    """

    kind: str
    subject_id: str
    due_at: datetime
    attempt: int = 0
    id: UUID | None = None
    failures: int = 0


Act = Callable[[Transaction, Due], None]

_INSERT = Insert(table_of(DueRow), ("id", "kind", "subject_id", "due_at", "attempt", "failures"))
# A time that no driver reads (before Christ, infinity), or a number that nobody can count on from, must not
# keep the row from being acted upon.
_CLAIM = text(
    "DELETE FROM due WHERE id IN (SELECT id FROM due WHERE kind = ANY(:kinds) AND parked_at IS NULL "
    "AND (due_at <= :now OR due_at > CAST(:beyond AS timestamptz)) ORDER BY due_at LIMIT :limit "
    "FOR UPDATE SKIP LOCKED) "
    "RETURNING id, kind, subject_id, least(greatest(attempt, 0), 1000000) AS attempt, "
    "least(greatest(failures, 0), 1000000) AS failures, "
    "greatest(least(due_at, CAST(:now AS timestamptz) + interval '1 day'), timestamptz 'epoch') AS due_at"
)
# Only where nobody else acted on it meanwhile.
_PUT_OFF = text(
    "UPDATE due SET failures = :failures, due_at = :due_at, parked_at = :parked_at "
    "WHERE id = :id AND least(greatest(failures, 0), 1000000) = :before AND parked_at IS NULL"
)
# Whoever holds what the act needs must not hold up the timers behind it.
_HURRIED = text("SET LOCAL lock_timeout = '500ms'")
# A row that another process has just claimed is left to it: waiting here, with the subject locked, for one
# who waits for the subject would be a deadlock. That one then finds that there is nothing left to do.
_CANCEL = text(
    "DELETE FROM due WHERE id IN (SELECT id FROM due WHERE subject_id = :subject AND kind = ANY(:kinds) "
    "FOR UPDATE SKIP LOCKED)"
)


def scheduled(rows: Sequence[Due]) -> Statement:
    """Build the statement that adds timers."""
    return _INSERT(
        [
            {
                "id": row.id or uuid4(),
                "kind": row.kind,
                "subject_id": row.subject_id,
                "due_at": row.due_at,
                "attempt": row.attempt,
                "failures": row.failures,
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


def act_on_due(
    database: Database,
    kinds: Sequence[str],
    act: Act,
    longest: timedelta | None = None,
    at_most: int | None = None,
) -> int:
    """Act on what is due (`at_most` so many), the oldest first; returns how many acts were done.

    `longest`: see `claim`. Raises what says that the database is away: then nothing can be acted upon.
    """
    done, until = 0, monotonic() + _RUN_S
    while done != at_most and monotonic() < until:
        well = _act_on_next(database, kinds, act, longest)
        if well is None:
            break
        done += well
    return done


def _act_on_next(database: Database, kinds: Sequence[str], act: Act, longest: timedelta | None) -> bool | None:
    """Act on one row and remove it, in one transaction; says whether it went well, None when nothing is due."""
    row: Due | None = None
    try:
        with database.transaction() as tx:
            tx.session.execute(_HURRIED)
            for row in claim(tx.session, kinds, limit=1, longest=longest):
                act(tx, row)
    except Exception as error:
        if row is None or unreachable(error):
            raise
        put_off(database, row, error)
        return False
    return True if row is not None else None


def put_off(database: Database, row: Due, error: Exception) -> None:
    """Have a claimed row, whose act was rolled back, tried again later; park it after the last attempt.

    Tells of it by id. A fault of the database (a deadlock, a lock that somebody holds) is not the row's, and is
    not counted.
    """
    now, failures = clock.now(), min(row.failures, len(_PUT_OFF_S))
    wait, parked = _AGAIN_S, False
    if not isinstance(error, AWAY) or of_its_data(error):
        parked = failures >= len(_PUT_OFF_S)
        wait = 0 if parked else _PUT_OFF_S[failures]
        failures += 1
    with database.transaction() as tx:
        values = {"id": row.id, "before": row.failures, "failures": failures}
        due_at, parked_at = now + timedelta(seconds=wait), now if parked else None
        tx.session.execute(_PUT_OFF, {**values, "due_at": due_at, "parked_at": parked_at})
    # Not the text of the error: it could hold personal data.
    outcome = "parked" if parked else "put_off"
    report = log.error if parked else log.warning
    report(
        "timer %s of %s failed: %s, %s, %d failures (row %s)",
        *(row.kind, row.subject_id, type(error).__name__, outcome, failures, row.id),
    )


def cancel(session: Session, subject_id: str, kinds: Sequence[str]) -> None:
    """Remove timers that no longer matter."""
    session.execute(_CANCEL, {"subject": subject_id, "kinds": list(kinds)})
