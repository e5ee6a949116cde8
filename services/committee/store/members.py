"""Who sits on the committee of a protocol."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, update
from sqlmodel import Session, col, select

from services.committee.models import MemberRow

# By whom a membership ended that the protocol did.
_PROTOCOL = "protocol"


def _invited_or_in_force() -> ColumnElement[bool]:
    """Return the condition that they are invited, or in the version in force: others are nobody yet."""
    return or_(col(MemberRow.protocol_version).is_(None), col(MemberRow.confirmed_at).is_not(None))


def members(session: Session, protocol_id: UUID) -> Sequence[MemberRow]:
    """Find who was not ended, those of one partner together."""
    found = select(MemberRow).where(
        col(MemberRow.protocol_id) == protocol_id, col(MemberRow.ended_at).is_(None), _invited_or_in_force()
    )
    return session.exec(found.order_by(col(MemberRow.partner), col(MemberRow.person))).all()


def member(session: Session, protocol_id: UUID, member_id: UUID) -> MemberRow | None:
    """Find one of a protocol, ended or not."""
    row = session.get(MemberRow, member_id)
    if row is None or row.protocol_id != protocol_id:
        return None
    return row if row.protocol_version is None or row.confirmed_at is not None else None


def of_person(session: Session, protocol_id: UUID, person: str) -> MemberRow | None:
    """Find the one who was not ended, by the account as it is compared."""
    found = select(MemberRow).where(
        col(MemberRow.protocol_id) == protocol_id,
        col(MemberRow.person) == person,
        col(MemberRow.ended_at).is_(None),
        _invited_or_in_force(),
    )
    return session.exec(found).one_or_none()


def invitations(session: Session, protocols: Collection[UUID], person: str) -> Sequence[MemberRow]:
    """Find what one person was invited to and did not confirm yet."""
    found = select(MemberRow).where(
        col(MemberRow.protocol_id).in_(protocols),
        col(MemberRow.person) == person,
        col(MemberRow.confirmed_at).is_(None),
        col(MemberRow.ended_at).is_(None),
        _invited_or_in_force(),
    )
    return session.exec(found.order_by(col(MemberRow.invited_at))).all()


def of_version(session: Session, protocol_id: UUID, version: int) -> Sequence[MemberRow]:
    """Find who stands in one version of a protocol, in force or not."""
    found = select(MemberRow).where(
        col(MemberRow.protocol_id) == protocol_id, col(MemberRow.protocol_version) == version
    )
    return session.exec(found.order_by(col(MemberRow.partner), col(MemberRow.person))).all()


def forget(session: Session, protocol_id: UUID, version: int) -> None:
    """Take out who stands in a version that is being drafted."""
    session.execute(
        delete(MemberRow).where(
            col(MemberRow.protocol_id) == protocol_id,
            col(MemberRow.protocol_version) == version,
            col(MemberRow.confirmed_at).is_(None),
        )
    )


def put_in_force(session: Session, protocol_id: UUID, version: int, day: date, now: datetime) -> None:
    """Make who stands in a version a member from `day` on, in place of the one before and of invitations."""
    named = select(MemberRow.person).where(
        col(MemberRow.protocol_id) == protocol_id, col(MemberRow.protocol_version) == version
    )
    before = or_(
        col(MemberRow.protocol_version) < version,
        col(MemberRow.protocol_version).is_(None) & col(MemberRow.person).in_(named),
    )
    own = update(MemberRow).where(col(MemberRow.protocol_id) == protocol_id)
    session.execute(
        own.where(col(MemberRow.ended_at).is_(None), before).values(ended_at=now, ended_by=_PROTOCOL)
    )
    first = func.greatest(col(MemberRow.valid_from), day)
    session.execute(
        own.where(col(MemberRow.protocol_version) == version).values(confirmed_at=now, valid_from=first)
    )


def keep_member(session: Session, row: MemberRow) -> None:
    """Store a member, or how they changed."""
    session.add(row)
    session.flush()
