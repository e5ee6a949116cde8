"""What files are found by."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from chassis.database.columns import table_of
from chassis.database.sql import Insert, as_json, send
from services.registry.domain.search import Word
from services.registry.models import EnrolmentRow, FoundByRow

_INSERT = Insert(table_of(FoundByRow))
_FORGET = text("DELETE FROM search_pieces WHERE enrolment_id = :id")
# Words of files of a zone that share a piece with what is wanted; not of files in which the searcher has a
# conflict of interest.
_ALIKE = text(
    "SELECT f.enrolment_id, n.wanted, f.pieces, count(*) AS shared "
    "FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS n(wanted int, kind text, piece text) "
    "JOIN search_pieces f ON f.kind = n.kind AND f.piece = decode(n.piece, 'hex') "
    "JOIN enrolment_files e ON e.id = f.enrolment_id AND e.managing_zone_id = :zone "
    "WHERE NOT EXISTS (SELECT 1 FROM file_conflicts t "
    "WHERE t.enrolment_id = f.enrolment_id AND t.subject = :who "
    "AND (t.withdrawn_at IS NULL OR t.declared_at > t.withdrawn_at)) "
    "GROUP BY f.enrolment_id, n.wanted, f.word, f.pieces"
)


@dataclass(frozen=True, slots=True)
class Alike:
    """A word of a file that shares `shared` of its `pieces` with what is wanted (its place in the list)."""

    enrolment_id: UUID
    wanted: int
    pieces: int
    shared: int


def put(session: Session, enrolment_id: UUID, words: Sequence[Word]) -> None:
    """Replace the words that a file is found by."""
    session.execute(_FORGET, {"id": enrolment_id})
    rows = [
        {
            "enrolment_id": enrolment_id,
            "word": number,
            "piece": piece,
            "kind": word.kind,
            "pieces": len(word.pieces),
        }
        for number, word in enumerate(words)
        for piece in word.pieces
    ]
    if rows:
        send(session, _INSERT(rows))


def alike(session: Session, wanted: Sequence[Word], zone_id: str, subject: str) -> list[Alike]:
    """List words of files of a zone that have anything in common with one of these."""
    rows = [
        {"wanted": at, "kind": word.kind, "piece": piece}
        for at, word in enumerate(wanted)
        for piece in word.pieces
    ]
    found = session.execute(_ALIKE, {"wanted": as_json(rows), "zone": zone_id, "who": subject})
    return [Alike(**row._mapping) for row in found]


def unindexed(session: Session, limit: int) -> Sequence[EnrolmentRow]:
    """Lock files whose card search does not know yet; no other worker has them."""
    found = select(EnrolmentRow).where(
        col(EnrolmentRow.card).is_not(None), col(EnrolmentRow.found_version) != col(EnrolmentRow.card_version)
    )
    # In no order: those that cannot be read must not be the first each time.
    found = found.order_by(func.random()).limit(limit)
    return session.exec(found.with_for_update(skip_locked=True)).all()
