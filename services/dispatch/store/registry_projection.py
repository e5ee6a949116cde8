"""The SQL of the read models of the registry: whose device it is, what a patrol must know."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, text
from sqlmodel import Session, col, select

from services.dispatch.models import (
    CardRow,
    PerpetratorRow,
    PhotoRow,
)

_FORGET_WITHDRAWN = text(
    "UPDATE cards c SET sealed = NULL, withdrawn = FALSE WHERE c.enrolment_id = :enrolment_id AND c.withdrawn "
    "AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.enrolment_id = c.enrolment_id AND i.state = 'open' "
    "AND i.id <> :closed) RETURNING c.version"
)


def forget_withdrawn(session: Session, enrolment_id: UUID, closed: UUID) -> None:
    """With the last open alarm of an enrolment its card goes, where it was withdrawn meanwhile."""
    row = session.execute(_FORGET_WITHDRAWN, {"enrolment_id": enrolment_id, "closed": closed}).first()
    if row is None:
        return
    named = (col(PhotoRow.enrolment_id) == enrolment_id, col(PhotoRow.card_version) <= row.version)
    session.execute(delete(PhotoRow).where(*named))
    session.execute(delete(PerpetratorRow).where(col(PerpetratorRow.enrolment_id) == enrolment_id))


def sealed_cards(session: Session, enrolment_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Sealed cards by enrolment."""
    if not enrolment_ids:
        return {}
    query = select(CardRow).where(
        col(CardRow.enrolment_id).in_(enrolment_ids), col(CardRow.sealed).is_not(None)
    )
    return {row.enrolment_id: row.sealed for row in session.execute(query).scalars() if row.sealed}
