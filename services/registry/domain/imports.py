"""A list that becomes files: its lines, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.registry.domain.card_draft import CardDraft


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line (the heading is line 1); `code` and `params` say it without words."""

    line: int
    column: str
    code: str
    detail: str
    params: Mapping[str, int | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A line of a list, as it was read; `draft` None where something of its card is wrong."""

    number: int
    reference: str
    draft: CardDraft | None
    pv_number: str | None
    problems: tuple[Problem, ...]
