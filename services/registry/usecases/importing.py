"""An existing list becomes files: first dry, with every problem of every line, then for good, never twice."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from chassis.database.unit_of_work import UnitOfWork
from contracts.values import same_text
from services.registry.domain.card_draft import CardDraft
from services.registry.domain.imports import ImportLine, Problem
from services.registry.store import files as store
from services.registry.usecases import cards, files, zones
from services.registry.usecases.access_scope import zone_of
from services.registry.usecases.locks import lock_or_refuse


@dataclass(slots=True)
class Imported:
    """What came of a list."""

    lines: int = 0
    made: list[UUID] = field(default_factory=list)
    known: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without problems. `ref`: keyed digest of its reference."""

    ref: str
    draft: CardDraft
    pv_number: str | None


def import_list(uow: UnitOfWork, key: bytes, lines: Iterable[ImportLine], *, dry: bool) -> Imported:
    """Make a list into files. Nothing is made when it is `dry` or any line has a problem.

    Raises `ZoneUnknown`, what reading `lines` raises, and `DoneAtOnce` where the zone imports already.
    """
    zone, found = zone_of(uow.caller), Imported()
    zones.refuse_unknown(uow, zone, "zone")
    if not dry:
        lock_or_refuse(uow, f"import {zone}", "body")
    wanted: list[_Line] = []
    first = dict[str, int]()
    for line in lines:
        found.lines += 1
        found.problems += line.problems
        ref = _ref(key, zone, line.reference)
        if line.reference and (before := first.setdefault(ref, line.number)) != line.number:
            found.problems.append(
                Problem(line.number, "reference", "twice", "stands in the list twice", {"first": before})
            )
        if store.by_import(uow.session, ref) is not None:
            found.known += 1
        elif line.draft is not None:
            wanted.append(_Line(ref, line.draft, line.pv_number))
    if dry or found.problems:
        return found
    found.made = [_make_file(uow, key, line) for line in wanted]
    return found


def _make_file(uow: UnitOfWork, key: bytes, line: _Line) -> UUID:
    """Make a line of a list into a file; return its id."""
    file = files.open_file(uow)
    file.row.imported_ref = line.ref
    cards.put_card(uow, key, file.row.id, line.draft)
    if line.pv_number:
        files.put_police_report(uow, file.row.id, line.pv_number)
    return file.row.id


def _ref(key: bytes, zone: str, reference: str) -> str:
    return hmac.new(key, f"import|{zone}|{same_text(reference)}".encode(), hashlib.sha256).hexdigest()
