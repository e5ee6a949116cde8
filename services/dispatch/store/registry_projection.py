"""The SQL of the read models of the registry: whose device it is, what a patrol must know."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Session, SQLModel, col, select

from services.dispatch.models import CardRow, PerpetratorRow, PhotoRow

_FORGET_WITHDRAWN = text(
    "UPDATE cards c SET encrypted = NULL, withdrawn = FALSE "
    "WHERE c.enrolment_id = :enrolment_id AND c.withdrawn "
    "AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.enrolment_id = c.enrolment_id AND i.state = 'open' "
    "AND i.id <> :closed) RETURNING c.version"
)


def forget_withdrawn(session: Session, enrolment_id: UUID, closed: UUID) -> None:
    """Forget with the last open alarm of an enrolment its card, where that was withdrawn meanwhile."""
    row = session.execute(_FORGET_WITHDRAWN, {"enrolment_id": enrolment_id, "closed": closed}).first()
    if row is None:
        return
    named = (col(PhotoRow.enrolment_id) == enrolment_id, col(PhotoRow.card_version) <= row.version)
    session.execute(delete(PhotoRow).where(*named))
    session.execute(delete(PerpetratorRow).where(col(PerpetratorRow.enrolment_id) == enrolment_id))


def lock_card(session: Session, enrolment_id: UUID) -> CardRow | None:
    """Lock the card of an enrolment until the transaction ends; None where none is known."""
    return session.get(CardRow, enrolment_id, with_for_update=True)


def encrypted_photo(session: Session, photo_id: UUID) -> bytes | None:
    """Load an encrypted photo; None where it is not here."""
    photo = session.get(PhotoRow, photo_id)
    return photo.encrypted if photo is not None else None


def encrypted_cards(session: Session, enrolment_ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Load encrypted cards by enrolment."""
    if not enrolment_ids:
        return {}
    query = select(CardRow).where(
        col(CardRow.enrolment_id).in_(enrolment_ids), col(CardRow.encrypted).is_not(None)
    )
    return {row.enrolment_id: row.encrypted for row in session.exec(query) if row.encrypted}


def forget_other_photos(session: Session, card: CardRow, but: Sequence[UUID]) -> None:
    """Forget those that this card could name and does not; others wait for the card that will."""
    session.execute(
        delete(PhotoRow).where(
            col(PhotoRow.enrolment_id) == card.enrolment_id,
            col(PhotoRow.card_version) <= card.version,
            col(PhotoRow.id).not_in(but),
        )
    )


def link_perpetrators(session: Session, enrolment_id: UUID, refs: Sequence[UUID]) -> None:
    """Keep by pseudonym which perpetrators an enrolment has, instead of what was known."""
    session.execute(delete(PerpetratorRow).where(col(PerpetratorRow.enrolment_id) == enrolment_id))
    session.add_all([PerpetratorRow(enrolment_id=enrolment_id, ref=ref) for ref in dict.fromkeys(refs)])


def store_newer(session: Session, row: SQLModel, keys: Sequence[str], version: str) -> bool:
    """Store `row` unless a newer version is there; returns whether it was stored."""
    table = type(row)
    statement = upsert(table).values(row.model_dump())
    changes = {name: statement.excluded[name] for name in row.model_dump() if name not in keys}
    stored = session.execute(
        statement.on_conflict_do_update(
            index_elements=list(keys),
            set_=changes,
            where=getattr(table, version) < statement.excluded[version],
        ).returning(*(getattr(table, key) for key in keys))
    )
    return stored.first() is not None


def store_photo(session: Session, row: PhotoRow) -> None:
    """Store a photo unless it is there already."""
    session.execute(upsert(PhotoRow).values(row.model_dump()).on_conflict_do_nothing())
