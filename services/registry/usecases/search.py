"""Search over encrypted cards: names, telephone numbers, licence plates, however they are spelt."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database.database import Transaction
from chassis.database.isolation import apart
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.vault import Unreadable, Vault
from contracts.registry import Card
from services.registry.domain import search as domain
from services.registry.domain.search import Kind, Word
from services.registry.models import EnrolmentRow
from services.registry.store import encrypted_columns, files
from services.registry.store import search as store
from services.registry.usecases.access_scope import zone_of

log = logging.getLogger(__name__)

_BATCH = 50
# The name of somebody whose card cannot be read: the file stands in its list, and no other is hidden by it.
UNREADABLE = "?"


@dataclass(frozen=True, slots=True)
class Hit:
    """A file that was found. `likeness`: 0 to 1; `kinds`: by what."""

    row: EnrolmentRow
    victim: str | None
    likeness: float
    kinds: tuple[Kind, ...]


def search_files(uow: UnitOfWork, key: bytes, text: str, limit: int) -> list[Hit]:
    """Find files of the caller's zone with all words of the text, or words like them; the likest first."""
    zone = zone_of(uow.caller)
    wanted = domain.of_query(key, text)
    best = [_likest(uow, each, zone) for each in wanted]
    ids = set.intersection(*(set(each) for each in best)) if best else set()
    ranked = sorted(ids, key=lambda known: (-sum(each[known][0] for each in best), known))[:limit]
    return [_hit(uow, known, [each[known] for each in best]) for known in ranked]


def _likest(uow: UnitOfWork, wanted: Sequence[Word], zone: str) -> dict[UUID, tuple[float, Kind]]:
    """Find, by file, how like the likest of its words is, and of what kind; only those like enough."""
    found = dict[UUID, tuple[float, Kind]]()
    for each in store.alike(uow.session, wanted, zone, uow.caller.subject):
        word = wanted[each.wanted]
        likeness = domain.likeness(word, each.shared, each.pieces)
        if likeness is not None:
            before = found.get(each.enrolment_id, (0.0, word.kind))
            found[each.enrolment_id] = max(before, (likeness, word.kind))
    return found


def _hit(uow: UnitOfWork, known: UUID, why: Sequence[tuple[float, Kind]]) -> Hit:
    row = files.enrolment(uow.session, known)
    assert row is not None  # noqa: S101 - it was just found, and files are never deleted
    likeness = sum(each for each, _ in why) / len(why)
    kinds = tuple(dict.fromkeys(kind for _, kind in why))
    return Hit(row, name_victim(uow, row), round(likeness, 2), kinds)


def name_victim(uow: UnitOfWork, row: EnrolmentRow) -> str | None:
    """Name whom a file is about; None where it has no card, `UNREADABLE` where that cannot be read."""
    if row.card is None:
        return None
    try:
        return str(uow.decrypt(encrypted_columns.card(row.id), row.card)["card"]["victim"]["name"])
    except (Unreadable, ValueError, KeyError, TypeError) as error:
        log.error("file %s: its card cannot be read: %s", row.id, type(error).__name__)
        return UNREADABLE


def index_card(tx: Transaction, vault: Vault, key: bytes, row: EnrolmentRow) -> None:
    """Index a file by what its card says now."""
    content = vault.decrypt(encrypted_columns.card(row.id), row.card) if row.card else None
    words = domain.of_card(key, Card.model_validate(content["card"])) if content else []
    store.put(tx.session, row.id, words)
    row.found_version = row.card_version


def index_remaining(tx: Transaction, vault: Vault, key: bytes) -> int:
    """Index some of the files that search does not know yet; return how many. One that fails hides no other."""
    rows = store.unindexed(tx.session, _BATCH)
    for row in rows:
        with apart("card of", row.id), tx.session.begin_nested():
            index_card(tx, vault, key, row)
    return len(rows)
