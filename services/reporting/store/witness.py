"""What the services signed of their audit logs, kept where they cannot reach it."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

from chassis.columns import table_of
from chassis.sql import Insert, send
from services.reporting.domain import Row
from services.reporting.models import AuditWitness

_INSERT = Insert(table_of(AuditWitness), tail="ON CONFLICT DO NOTHING")
_LISTING = text(
    "SELECT * FROM audit_witness WHERE service = :service AND position > :after "
    "ORDER BY position, hash LIMIT :limit"
)


def keep(session: Session, sealed: Sequence[Row]) -> None:
    """Copies add nothing; another hash at the same position is kept beside the first, as evidence."""
    send(session, _INSERT(sealed))


def listing(session: Session, service: str, after: int, limit: int) -> list[Row]:
    """What a service signed, in the order of its log, after a position."""
    found = session.execute(_LISTING, {"service": service, "after": after, "limit": limit})
    return [dict(row._mapping) for row in found]
