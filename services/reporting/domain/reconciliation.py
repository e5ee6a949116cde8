"""What a comparison with the books of other services showed, as it is kept."""

from typing import TypedDict

from contracts.book import Section
from contracts.reporting import GapKind


class NamedLack(TypedDict):
    """An entry that a book lacks and another has."""

    book: str
    section: Section
    kind: GapKind
    id: str
    alarm_id: str
    received_at: str


class Differences(TypedDict):
    """What a comparison showed; `whole`: every book was read to its end."""

    entries: dict[str, dict[str, int]]
    away: dict[str, str]
    lacking: int
    named: list[NamedLack]
    whole: bool
