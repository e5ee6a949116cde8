"""Versions of protocols."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from services.committee.domain.protocol import UNDER_WAY, VersionState
from services.committee.models import ProtocolRow

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def lock(session: Session, protocol_id: UUID) -> None:
    """Let one change a protocol at a time, also before its first version exists."""
    session.execute(_LOCK, {"name": f"protocol:{protocol_id}"})


def in_force(session: Session, protocol_id: UUID) -> ProtocolRow | None:
    """Find the version that applications are measured by now."""
    found = select(ProtocolRow).where(
        col(ProtocolRow.id) == protocol_id, col(ProtocolRow.state) == VersionState.IN_FORCE
    )
    return session.exec(found).one_or_none()


def all_in_force(session: Session) -> Sequence[ProtocolRow]:
    """Find the versions that bind now, of every protocol."""
    return session.exec(select(ProtocolRow).where(col(ProtocolRow.state) == VersionState.IN_FORCE)).all()


def binding(session: Session) -> Sequence[ProtocolRow]:
    """Find of every protocol the version in force; of one that has none, the newest."""
    one = col(ProtocolRow.id)
    found = select(ProtocolRow).distinct(one)
    newest = col(ProtocolRow.version).desc()
    return session.exec(
        found.order_by(one, (col(ProtocolRow.state) == VersionState.IN_FORCE).desc(), newest)
    ).all()


def every(session: Session) -> Sequence[ProtocolRow]:
    """Find all versions of every protocol, those of one together, the newest first."""
    found = select(ProtocolRow).order_by(col(ProtocolRow.id), col(ProtocolRow.version).desc())
    return session.exec(found).all()


def under_way(session: Session, protocol_id: UUID) -> ProtocolRow | None:
    """Find the version that is not yet in force; there is at most one."""
    found = select(ProtocolRow).where(col(ProtocolRow.id) == protocol_id, col(ProtocolRow.state).in_(UNDER_WAY))
    return session.exec(found).one_or_none()


def version(session: Session, protocol_id: UUID, number: int) -> ProtocolRow | None:
    """Find one version."""
    found = select(ProtocolRow).where(col(ProtocolRow.id) == protocol_id, col(ProtocolRow.version) == number)
    return session.exec(found).one_or_none()


def versions(session: Session, protocol_id: UUID) -> Sequence[ProtocolRow]:
    """Find all versions of one protocol, the newest first."""
    found = select(ProtocolRow).where(col(ProtocolRow.id) == protocol_id)
    return session.exec(found.order_by(col(ProtocolRow.version).desc())).all()


def next_version(session: Session, protocol_id: UUID) -> int:
    """Return the number of a new version."""
    highest = select(func.max(ProtocolRow.version)).where(col(ProtocolRow.id) == protocol_id)
    return (session.exec(highest).one() or 0) + 1


def add_version(session: Session, row: ProtocolRow) -> None:
    """Store a version of a protocol."""
    session.add(row)
    session.flush()
