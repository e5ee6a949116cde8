"""Files on offer to another zone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, exists, or_, select

from services.registry.domain.lifecycle import EnrolmentStatus
from services.registry.domain.transfers import TransferState
from services.registry.models import EnrolmentRow, TransferRow


def transfer(session: Session, transfer_id: UUID) -> TransferRow | None:
    """Find one transfer; whoever changes it locks its file first."""
    return session.get(TransferRow, transfer_id, populate_existing=True)


def add(session: Session, row: TransferRow) -> None:
    """Add an offer."""
    session.add(row)
    session.flush()


def offered(session: Session, enrolment_id: UUID) -> TransferRow | None:
    """Find the transfer of a file that nobody answered yet."""
    found = select(TransferRow).where(
        col(TransferRow.enrolment_id) == enrolment_id, col(TransferRow.state) == TransferState.OFFERED
    )
    return session.exec(found).one_or_none()


def of_file(session: Session, enrolment_id: UUID) -> Sequence[TransferRow]:
    """List all offers of a file, in order."""
    found = select(TransferRow).where(col(TransferRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(TransferRow.offered_at))).all()


def of_zone(session: Session, zone_id: str, limit: int) -> Sequence[TransferRow]:
    """List what a zone offers or is offered and nobody answered yet, the most pressing first."""
    found = select(TransferRow).where(
        or_(col(TransferRow.to_zone_id) == zone_id, col(TransferRow.from_zone_id) == zone_id),
        col(TransferRow.state) == TransferState.OFFERED,
    )
    return session.exec(found.order_by(col(TransferRow.due_at)).limit(limit)).all()


def declined(session: Session, zone_id: str, since: datetime, limit: int) -> Sequence[TransferRow]:
    """List what a zone offered, others declined since, and nobody offered anew; the newest first."""
    later = aliased(TransferRow)
    found = (
        select(TransferRow)
        .join(EnrolmentRow, col(EnrolmentRow.id) == col(TransferRow.enrolment_id))
        .where(
            col(TransferRow.from_zone_id) == zone_id,
            col(TransferRow.state) == TransferState.DECLINED,
            col(TransferRow.answered_at) >= since,
            col(EnrolmentRow.managing_zone_id) == zone_id,
            col(EnrolmentRow.status) != EnrolmentStatus.ENDED,
            ~exists().where(
                col(later.enrolment_id) == col(TransferRow.enrolment_id),
                col(later.offered_at) > col(TransferRow.offered_at),
            ),
        )
    )
    return session.exec(found.order_by(col(TransferRow.answered_at).desc()).limit(limit)).all()
