"""A list that is to become files: a body of CSV, read line by line, with every problem of every line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chassis.errors import bounds
from contracts.values import same_text
from services.registry.domain.card_draft import CardDraft
from services.registry.domain.imports import ImportLine, Problem
from services.registry.errors import ImportInvalid
from services.registry.schemas.card import CardIn
from services.registry.schemas.file import PoliceReportIn

M = TypeVar("M", bound=BaseModel)

# Columns; the first four are needed. Several values of one column are separated by `;`.
COLUMNS = (
    *("reference", "victim_name", "cancel_code", "duress_code"),
    *("victim_born_on", "victim_phone", "languages", "home_address", "access_notes", "pv_number"),
    *("perpetrator_name", "perpetrator_born_on", "violence", "weapons", "plates", "notes"),
)
NEEDED = COLUMNS[:4]
# Where the card keeps what can be wrong with a column, where the name is another one.
_COLUMN_OF = {
    "card.victim.name": "victim_name",
    "card.victim.phone": "victim_phone",
    "card.victim.born_on": "victim_born_on",
    "card.perpetrators.born_on": "perpetrator_born_on",
    "card.languages": "languages",
}
_BEYOND = "beyond"
MOST_LINES, MOST_BYTES = 1000, 1024 * 1024


def read_list(text: str) -> Iterator[ImportLine]:
    """Read a list (CSV) line by line; raises `ImportInvalid` where it is none."""
    for number, line, surplus in _lines(text):
        draft, problems = _draft(number, line)
        if surplus:
            problems.append(
                Problem(number, [*line][-1], "cells_surplus", "more cells than columns", {"surplus": surplus})
            )
        reference, pv_number = line.get("reference") or "", line.get("pv_number") or None
        yield ImportLine(number, reference, draft, pv_number, tuple(problems))


def _lines(text: str) -> Iterator[tuple[int, Mapping[str, str], int]]:
    """Read the lines of a list by number, each with how many cells it has too many."""
    if len(text.encode()) > MOST_BYTES:
        raise _refused("list_too_large", f"at most {MOST_BYTES} bytes at once", most=MOST_BYTES)
    if "\x00" in text:
        raise _refused("list_not_text", "this is not text")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True, restkey=_BEYOND)
    begins = 1
    try:
        reader.fieldnames = _heads(reader.fieldnames or [])
        begins = reader.line_num + 1
        for number, line in enumerate(reader, 2):
            if number > MOST_LINES + 1:
                raise _refused("list_too_long", f"at most {MOST_LINES} lines at once", most=MOST_LINES)
            # What stands beyond the last heading; a spreadsheet leaves empty cells there.
            beyond = [cell for cell in line.pop(_BEYOND, None) or [] if cell.strip()]
            yield number, {name: (text or "").strip() for name, text in line.items()}, len(beyond)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _refused("list_not_csv", f"not a CSV list: {error}", at=begins) from None


def _heads(written: Sequence[str]) -> list[str]:
    """Read the heading of a list; raises `ImportInvalid` where its columns are not what they must be."""
    heads = [same_text(head) for head in written]
    if unknown := [head for head in heads if head not in COLUMNS]:
        raise _columns("columns_unknown", "columns that are not known", unknown)
    if lacking := [head for head in NEEDED if head not in heads]:
        raise _columns("columns_missing", "columns that are missing", lacking)
    if twice := sorted({head for head in heads if heads.count(head) > 1}):
        raise _columns("columns_twice", "columns that stand there twice", twice)
    return heads


def _columns(code: str, detail: str, names: list[str]) -> ImportInvalid:
    return _refused(code, f"{detail}: {', '.join(names)}", names=names, columns=list(COLUMNS))


def _refused(code: str, detail: str, **extra: object) -> ImportInvalid:
    return ImportInvalid(detail, field="body", code=code, **extra)


def _draft(number: int, line: Mapping[str, str]) -> tuple[CardDraft | None, list[Problem]]:
    """Read the card of a line, or all that is wrong with the line."""
    problems = [Problem(number, name, "missing", "is missing") for name in NEEDED if not line.get(name)]
    card, wrong = _validated(CardIn, _card(line))
    if pv_number := line.get("pv_number"):
        wrong += _validated(PoliceReportIn, {"pv_number": pv_number})[1]
    missing = {problem.column for problem in problems}
    problems += [
        # Never the input itself: it is personal.
        Problem(number, column, each["type"], each["msg"], bounds(each.get("ctx", {})))
        for each in wrong
        if (column := _column(each["loc"])) not in missing
    ]
    return (CardDraft(**card.model_dump(mode="json")) if card and not problems else None), problems


def _validated(model: type[M], body: dict[str, object]) -> tuple[M | None, list[ErrorDetails]]:
    try:
        return model.model_validate(body), []
    except ValidationError as error:
        return None, error.errors()


def _column(place: tuple[int | str, ...]) -> str:
    """Name the column of the list whose content stands at a place of the card."""
    path = ".".join(part for part in place if isinstance(part, str))
    return _COLUMN_OF.get(path, path)


def _card(line: Mapping[str, str]) -> dict[str, object]:
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
                "name": line.get("victim_name", ""),
                "born_on": line.get("victim_born_on") or None,
                "phone": line.get("victim_phone") or None,
            },
            "languages": many("languages"),
            "perpetrators": [perpetrator] if perpetrator["name"] else [],
            "addresses": [home] if home["text"] else [],
            "notes": line.get("notes") or None,
        },
        "cancel_code": line.get("cancel_code", ""),
        "duress_code": line.get("duress_code", ""),
    }
