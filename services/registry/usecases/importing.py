"""An existing list becomes files: first dry, with every problem of every line, then for good, never twice."""

import csv
import hashlib
import hmac
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.registry.errors import ImportInvalid
from services.registry.schemas import CardIn
from services.registry.store import files as store
from services.registry.usecases import cards, files
from services.registry.usecases.work import Work, alone, zone_of

# Columns; the first four are needed. Several values of one column are separated by `;`.
COLUMNS = (
    *("reference", "victim_name", "cancel_code", "duress_code"),
    *("victim_born_on", "victim_phone", "languages", "home_address", "access_notes", "pv_number"),
    *("perpetrator_name", "perpetrator_born_on", "violence", "weapons", "plates", "notes"),
)
NEEDED = COLUMNS[:4]
MOST_LINES, MOST_BYTES = 1000, 1024 * 1024


@dataclass(slots=True)
class Imported:
    """What came of a list. `problems`: line (the heading is line 1), column, and what is wrong."""

    lines: int = 0
    made: list[UUID] = field(default_factory=list)
    known: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)


def read(work: Work, key: bytes, text: str, *, dry: bool) -> Imported:
    """Read a list. Nothing is made when it is `dry` or any line has a problem.

    Raises `ImportInvalid`; `DoneAtOnce` where the zone imports already.
    """
    zone, found = zone_of(work.caller), Imported()
    if not dry:
        alone(work, f"import {zone}", "body")
    wanted: list[tuple[str, dict[str, Any], str | None]] = []
    seen = set[str]()
    for number, line in _lines(text):
        found.lines += 1
        body, problems = _body(line)
        ref = _ref(key, zone, line.get("reference") or "")
        if ref in seen:
            problems.append(("reference", "stands in the list twice"))
        seen.add(ref)
        found.problems += [(number, column, why) for column, why in problems]
        if store.by_import(work.session, ref) is not None:
            found.known += 1
        elif body is not None:
            wanted.append((ref, body, line.get("pv_number") or None))
    if dry or found.problems:
        return found
    for ref, body, pv_number in wanted:
        file = files.enrol(work)
        file.row.imported_ref = ref
        cards.put(work, key, file.row.id, body)
        if pv_number:
            files.put_police_report(work, file.row.id, pv_number)
        found.made.append(file.row.id)
    return found


def _lines(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    if len(text.encode()) > MOST_BYTES:
        raise ImportInvalid(f"at most {MOST_BYTES} bytes at once", field="body")
    if "\x00" in text:
        raise ImportInvalid("this is not text", field="body")
    try:
        reader = csv.DictReader(
            io.StringIO(text), delimiter=";" if ";" in text.partition("\n")[0] else ",", strict=True
        )
        heads = [head.strip() for head in reader.fieldnames or []]
        if unknown := [head for head in heads if head not in COLUMNS]:
            raise ImportInvalid(
                f"columns that are not known: {', '.join(unknown)}", field="body", columns=list(COLUMNS)
            )
        if lacking := [head for head in NEEDED if head not in heads]:
            raise ImportInvalid(
                f"columns that are missing: {', '.join(lacking)}", field="body", columns=list(COLUMNS)
            )
        reader.fieldnames = heads
        for number, line in enumerate(reader, 2):
            if number > MOST_LINES + 1:
                raise ImportInvalid(f"at most {MOST_LINES} lines at once", field="body")
            yield (
                number,
                {k: (v or "").strip() for k, v in line.items() if k is not None and isinstance(v, str | None)},
            )
    except csv.Error as error:
        raise ImportInvalid(f"not a CSV list: {error}", field="body") from None


def _body(line: Mapping[str, str]) -> tuple[dict[str, Any] | None, list[tuple[str, str]]]:
    """The card of a line, or what is wrong with it."""
    problems = [(name, "is missing") for name in NEEDED if not line.get(name)]
    if problems:
        return None, problems
    try:
        return CardIn.model_validate(_card(line)).model_dump(mode="json"), []
    except ValidationError as error:
        # Never the input itself: it is personal.
        return None, [(".".join(map(str, each["loc"])) or "line", each["msg"]) for each in error.errors()]


def _card(line: Mapping[str, str]) -> dict[str, Any]:
    def many(name: str) -> list[str]:
        return [part.strip() for part in line.get(name, "").split("|") if part.strip()]

    perpetrator = {
        "name": line.get("perpetrator_name"),
        "born_on": line.get("perpetrator_born_on") or None,
        "violence": [{"text": text, "source": "import"} for text in many("violence")],
        "weapons": [{"text": text, "source": "import"} for text in many("weapons")],
        "vehicles": [{"text": plate, "plate": plate} for plate in many("plates")],
    }
    home = {"kind": "home", "text": line.get("home_address"), "access_notes": line.get("access_notes") or None}
    return {
        "card": {
            "victim": {
                "name": line["victim_name"],
                "born_on": line.get("victim_born_on") or None,
                "phone": line.get("victim_phone") or None,
            },
            "languages": many("languages"),
            "perpetrators": [perpetrator] if perpetrator["name"] else [],
            "addresses": [home] if home["text"] else [],
            "notes": line.get("notes") or None,
        },
        "cancel_code": line["cancel_code"],
        "duress_code": line["duress_code"],
    }


def _ref(key: bytes, zone: str, reference: str) -> str:
    return hmac.new(key, f"import|{zone}|{reference}".encode(), hashlib.sha256).hexdigest()
