"""Who sits on the committee of a protocol."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from services.committee.models import MemberRow


def members(session: Session, protocol_id: UUID) -> Sequence[MemberRow]:
    """Who was not ended, those of one partner together."""
    found = select(MemberRow).where(
        col(MemberRow.protocol_id) == protocol_id, col(MemberRow.ended_at).is_(None)
    )
    return session.exec(found.order_by(col(MemberRow.partner), col(MemberRow.person))).all()


def member(session: Session, protocol_id: UUID, member_id: UUID) -> MemberRow | None:
    """One of a protocol, ended or not."""
    row = session.get(MemberRow, member_id)
    return row if row is not None and row.protocol_id == protocol_id else None


def of_person(session: Session, protocol_id: UUID, person: str) -> MemberRow | None:
    """The one who was not ended, by the account as it is compared."""
    found = select(MemberRow).where(
        col(MemberRow.protocol_id) == protocol_id,
        col(MemberRow.person) == person,
        col(MemberRow.ended_at).is_(None),
    )
    return session.exec(found).one_or_none()


def invitations(session: Session, protocols: Collection[UUID], person: str) -> Sequence[MemberRow]:
    """What one person was invited to and did not confirm yet."""
    found = select(MemberRow).where(
        col(MemberRow.protocol_id).in_(protocols),
        col(MemberRow.person) == person,
        col(MemberRow.confirmed_at).is_(None),
        col(MemberRow.ended_at).is_(None),
    )
    return session.exec(found.order_by(col(MemberRow.invited_at))).all()
