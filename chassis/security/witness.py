"""What other services signed of their audit logs, kept where they cannot reach it (ADR 0020)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, text
from sqlmodel import Field, Session, SQLModel

from chassis.database.columns import UtcDateTime, table_of
from chassis.database.sql import Insert, send
from contracts.audit import AuditSealed


class AuditWitnessRow(SQLModel, table=True):
    """Where the audit log of a service stood, as the service signed it."""

    __tablename__ = "audit_witness"

    service: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    hash: str = Field(primary_key=True)
    sealed_at: datetime = Field(sa_type=UtcDateTime)
    signature: str


_INSERT = Insert(table_of(AuditWitnessRow), tail="ON CONFLICT DO NOTHING")
_LISTING = text(
    "SELECT * FROM audit_witness WHERE service = :service AND position > :after "
    "ORDER BY position, hash LIMIT :limit"
)


def keep(session: Session, sealed: Sequence[Mapping[str, object]]) -> None:
    """Keep these: copies add nothing; another hash at the same position stays beside the first, as evidence."""
    send(session, _INSERT(sealed))


def listing(session: Session, service: str, after: int, limit: int) -> list[AuditSealed]:
    """List what a service signed, in the order of its log, after a position."""
    found = session.execute(_LISTING, {"service": service, "after": after, "limit": limit})
    return [AuditSealed.model_validate(dict(row._mapping)) for row in found]
