"""What a comparison with the records of other services showed, as it is kept."""

from typing import TypedDict

from contracts.reconciliation import Section
from contracts.reporting import GapKind


class NamedLack(TypedDict):
    """An entry that a service lacks and another has."""

    service: str
    section: Section
    kind: GapKind
    id: str
    alarm_id: str
    received_at: str


class Differences(TypedDict):
    """What a comparison showed; `whole`: every service was read to its end."""

    entries: dict[str, dict[str, int]]
    away: dict[str, str]
    lacking: int
    named: list[NamedLack]
    whole: bool
