"""What the zones must look at."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlmodel import Session, and_, col, or_, select

from chassis.database.columns import table_of
from chassis.database.sql import Insert, send
from services.registry.models import EnrolmentRow, ReminderRow
from services.registry.store.conflicts import conflicted_files

# Another date for the same thing: it is told of anew when that date comes. What was due before and still is
# goes on growing louder.
_PUT = Insert(
    table_of(ReminderRow),
    ("id", "enrolment_id", "kind", "key", "due_at", "reminder_step"),
    tail="ON CONFLICT (enrolment_id, kind, key) WHERE settled_at IS NULL DO UPDATE "
    "SET due_at = excluded.due_at, reminded_at = NULL, reminder_step = 0 "
    "WHERE reminders.due_at > now() OR excluded.due_at > now()",
)
# What lasts as long as its cause: it goes on growing louder, whoever finds the cause again.
_KEEP = Insert(
    table_of(ReminderRow),
    ("id", "enrolment_id", "kind", "key", "due_at", "reminder_step"),
    tail="ON CONFLICT (enrolment_id, kind, key) WHERE settled_at IS NULL DO NOTHING",
)
_SETTLE = text(
    "UPDATE reminders SET settled_at = :at, settled_by = :by WHERE enrolment_id = :enrolment_id "
    "AND kind = ANY(:kinds) AND NOT key = ANY(:but) AND settled_at IS NULL"
)
_SETTLE_ONE = text(
    "UPDATE reminders SET settled_at = :at, settled_by = :by WHERE enrolment_id = :enrolment_id "
    "AND kind = :kind AND key = :key AND settled_at IS NULL"
)


def put(session: Session, rows: Sequence[ReminderRow]) -> None:
    """Add reminders, each for its time; one that is open already gets the new time."""
    if rows:
        send(session, _PUT([row.model_dump() for row in rows]))


def keep(session: Session, rows: Sequence[ReminderRow]) -> None:
    """Add reminders, but for those that are open already."""
    if rows:
        send(session, _KEEP([row.model_dump() for row in rows]))


def settle(
    session: Session,
    enrolment_id: UUID,
    kinds: Collection[str],
    *,
    at: datetime,
    by: str,
    but: Collection[str] = (),
) -> None:
    """Settle the open reminders of some kinds, but for the keys in `but`."""
    values = {"enrolment_id": enrolment_id, "kinds": list(kinds), "but": list(but), "at": at, "by": by}
    session.execute(_SETTLE, values)


def settle_one(session: Session, enrolment_id: UUID, kind: str, key: str, *, at: datetime, by: str) -> None:
    """Settle one open reminder."""
    values = {"enrolment_id": enrolment_id, "kind": kind, "key": key, "at": at, "by": by}
    session.execute(_SETTLE_ONE, values)


def _is_due(at: datetime, again_before: datetime) -> ColumnElement[bool]:
    return and_(
        col(ReminderRow.settled_at).is_(None),
        col(ReminderRow.due_at) <= at,
        # In the future: told before somebody put the clock back.
        or_(
            col(ReminderRow.reminded_at).is_(None),
            col(ReminderRow.reminded_at) <= again_before,
            col(ReminderRow.reminded_at) > at,
        ),
    )


def due_ids(
    session: Session, at: datetime, again_before: datetime, limit: int, but: Collection[UUID]
) -> Sequence[UUID]:
    """List what is due and was not told since `again_before`, the oldest first; none of `but`."""
    found = select(ReminderRow.id).where(_is_due(at, again_before), col(ReminderRow.id).not_in(but))
    return session.exec(found.order_by(col(ReminderRow.due_at)).limit(limit)).all()


def due(
    session: Session, ids: Collection[UUID], at: datetime, again_before: datetime
) -> Sequence[tuple[ReminderRow, str | None]]:
    """Lock those among `ids` that still are due, with the managing zone; no other worker has them.

    No zone: of an enrolment that the registry does not know.
    """
    found = (
        select(ReminderRow, EnrolmentRow.managing_zone_id)
        .join(EnrolmentRow, col(EnrolmentRow.id) == col(ReminderRow.enrolment_id), isouter=True)
        .where(_is_due(at, again_before), col(ReminderRow.id).in_(ids))
        .order_by(col(ReminderRow.id))
        .with_for_update(of=ReminderRow, skip_locked=True)
    )
    return session.exec(found).all()


def reminder(session: Session, reminder_id: UUID) -> ReminderRow | None:
    """Find one reminder."""
    return session.get(ReminderRow, reminder_id)


def of_file(session: Session, enrolment_id: UUID) -> Sequence[ReminderRow]:
    """List all that was ever to be looked at in a file, in order."""
    found = select(ReminderRow).where(col(ReminderRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(ReminderRow.due_at))).all()


def of_zone(session: Session, zone_id: str, subject: str, at: datetime, limit: int) -> Sequence[ReminderRow]:
    """List what a zone must look at now, the highest step first; no file in which `subject` has a conflict."""
    found = (
        select(ReminderRow)
        .join(EnrolmentRow, col(EnrolmentRow.id) == col(ReminderRow.enrolment_id))
        .where(
            col(EnrolmentRow.managing_zone_id) == zone_id,
            col(ReminderRow.settled_at).is_(None),
            col(ReminderRow.due_at) <= at,
            col(ReminderRow.enrolment_id).not_in(conflicted_files(subject)),
        )
        .order_by(col(ReminderRow.reminder_step).desc(), col(ReminderRow.due_at))
        .limit(limit)
    )
    return session.exec(found).all()
