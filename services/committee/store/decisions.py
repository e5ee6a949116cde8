"""What was decided about applications."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from services.committee.models import DecisionRow


def of_application(session: Session, application_id: UUID) -> Sequence[DecisionRow]:
    """Find all decisions on an application, in order."""
    found = select(DecisionRow).where(col(DecisionRow.application_id) == application_id)
    return session.exec(found.order_by(col(DecisionRow.number))).all()


def add_decision(session: Session, row: DecisionRow) -> None:
    """Store a decision."""
    session.add(row)
