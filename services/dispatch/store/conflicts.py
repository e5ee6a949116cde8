"""The SQL of conflicts of interest: who may not be shown whom."""

from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, col

from chassis.database.sql import Statement, send
from chassis.security.accounts import is_one_of
from services.dispatch.models import ConflictRow

# A conflict of interest that was not withdrawn since it was last declared.
STANDS = b"(t.withdrawn_at IS NULL OR t.declared_at > t.withdrawn_at)"
_STANDS_OF = (
    b"SELECT 1 FROM conflicts t WHERE t.enrolment_id = %(enrolment_id)s AND t.subject = %(person)s AND "
    + STANDS
)

# Who has a conflict of interest, by incident.
CONFLICTED = (
    b"SELECT DISTINCT i.id, COALESCE(t.spelt, t.subject) AS subject FROM incidents i "
    b"JOIN conflicts t ON t.enrolment_id = i.enrolment_id WHERE i.id = ANY(%(ids)s::uuid[]) AND " + STANDS
)


def is_conflicted(session: Session, incident_id: UUID, subject: str) -> bool:
    """Say whether a person has a conflict of interest in an incident."""
    [rows] = send(session, Statement(CONFLICTED, {"ids": [incident_id]}))
    return is_one_of(subject, (row.subject for row in rows))


def store_conflict(session: Session, row: ConflictRow) -> None:
    """Store what one source says of a conflict of interest: of both its times the newest counts."""
    given = upsert(ConflictRow).values(row.model_dump())
    newest = given.on_conflict_do_update(
        index_elements=["enrolment_id", "subject", "source"],
        set_={
            "spelt": given.excluded.spelt,
            "declared_at": func.greatest(col(ConflictRow.declared_at), given.excluded.declared_at),
            "withdrawn_at": func.greatest(col(ConflictRow.withdrawn_at), given.excluded.withdrawn_at),
        },
    )
    session.execute(newest)


def has_standing_conflict(session: Session, enrolment_id: UUID, person: str) -> bool:
    """Say whether a person (an account as it is compared) has a conflict of interest, whoever told of it."""
    values = {"enrolment_id": enrolment_id, "person": person}
    [rows] = send(session, Statement(_STANDS_OF, values))
    return bool(rows)
