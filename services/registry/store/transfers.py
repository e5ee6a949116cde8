"""Files on offer to another zone."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, or_, select

from services.registry.models import TransferRow


def transfer(session: Session, transfer_id: UUID) -> TransferRow | None:
    """One transfer; whoever changes it locks its file first."""
    return session.get(TransferRow, transfer_id, populate_existing=True)


def offered(session: Session, enrolment_id: UUID) -> TransferRow | None:
    """The transfer of a file that nobody answered yet."""
    found = select(TransferRow).where(
        col(TransferRow.enrolment_id) == enrolment_id, col(TransferRow.state) == "offered"
    )
    return session.exec(found).one_or_none()


def of_file(session: Session, enrolment_id: UUID) -> Sequence[TransferRow]:
    """All offers of a file, in order."""
    found = select(TransferRow).where(col(TransferRow.enrolment_id) == enrolment_id)
    return session.exec(found.order_by(col(TransferRow.offered_at))).all()


def of_zone(session: Session, zone_id: str, limit: int) -> Sequence[TransferRow]:
    """What a zone offers or is offered and nobody answered yet, the most pressing first."""
    found = select(TransferRow).where(
        or_(col(TransferRow.to_zone_id) == zone_id, col(TransferRow.from_zone_id) == zone_id),
        col(TransferRow.state) == "offered",
    )
    return session.exec(found.order_by(col(TransferRow.due_at)).limit(limit)).all()
