"""Sets the records of alarm, dispatch and reporting against each other: what one has, the others must have.

Equal digests end it. Where they differ the period is narrowed down until the ids can be read, and an id that a
service lacks is asked for by itself before it counts: times that differ at the edge of a period are no loss. A
service that does not answer is left out, and nothing is concluded about it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from contracts.reconciliation import MOST_ENTRIES, Entry, Section
from contracts.reporting import GapKind
from services.reporting.clients.reconciliation import RecordsReader, RecordsUnavailable

# A service that lacks an entry of a section: what that is called.
_KINDS: Mapping[tuple[Section, str], GapKind] = {
    ("presses", "alarm"): "no_press",
    ("presses", "dispatch"): "no_incident",
    ("incidents", "dispatch"): "no_incident",
    ("orders", "dispatch"): "order_missing",
}
_NARROWER = 16
_NARROWEST = timedelta(seconds=1)
# Entries that one comparison reads; what is left comes with the next, and until then it is not whole.
_MOST_READ = 50_000


@dataclass(frozen=True, slots=True)
class Lack:
    """One entry that a service lacks."""

    service: str
    section: Section
    entry: Entry

    @property
    def kind(self) -> GapKind:
        """Say what kind of gap that is."""
        return _KINDS.get((self.section, self.service), "not_reported")


@dataclass(slots=True)
class Compared:
    """What a comparison showed. `entries`: count by service and section; `away`: why one was left out."""

    entries: dict[str, dict[str, int]] = field(default_factory=dict)
    away: dict[str, str] = field(default_factory=dict)
    lacks: list[Lack] = field(default_factory=list)
    whole: bool = True

    def add(self, other: "Compared") -> None:
        """Add what a further period showed."""
        for name, sections in other.entries.items():
            own = self.entries.setdefault(name, {})
            for section, entries in sections.items():
                own[section] = own.get(section, 0) + entries
        self.away = other.away | self.away
        self.lacks += other.lacks
        self.whole = self.whole and other.whole


def compare(readers: Mapping[str, RecordsReader], since: datetime, until: datetime, parts: int) -> Compared:
    """Compare a period in so many parts; a service that is away is left out."""
    away = dict[str, str]()
    while True:
        comparison = _Comparison({name: reader for name, reader in readers.items() if name not in away})
        try:
            found = comparison.run(since, until, parts)
        except RecordsUnavailable as error:
            away[error.service] = error.fault
            continue
        found.away = away
        return found


def held(reader: RecordsReader, section: Section, ids: Collection[UUID]) -> set[UUID]:
    """Give those of any number of ids that a service has."""
    wanted = sorted(ids)
    pages = (wanted[start : start + MOST_ENTRIES] for start in range(0, len(wanted), MOST_ENTRIES))
    return {each for page in pages for each in reader.held(section, page)}


class _Comparison:
    def __init__(self, readers: Mapping[str, RecordsReader]) -> None:
        self._readers = readers
        self._read = 0
        self._found = Compared()

    def run(self, since: datetime, until: datetime, parts: int) -> Compared:
        digests = {name: reader.digests(since, until, parts) for name, reader in self._readers.items()}
        for name, entries in digests.items():
            self._found.entries[name] = {
                section: sum(part.sections[section].entries for part in entries)
                for section in self._readers[name].sections
            }
        for section in get_args(Section):
            holders = [name for name, reader in self._readers.items() if section in reader.sections]
            for number in range(parts):
                entries = [digests[name][number] for name in holders]
                most = max((part.sections[section].entries for part in entries), default=0)
                if len({part.sections[section].sha256 for part in entries}) > 1:
                    self._narrow(section, holders, entries[0].since, entries[0].until, most)
        return self._found

    def _narrow(
        self, section: Section, holders: Sequence[str], since: datetime, until: datetime, most: int
    ) -> None:
        """Find what is lacking in a period whose digests differ; `most`: the entries of the fullest service."""
        if most <= MOST_ENTRIES or until - since <= _NARROWEST:
            self._read_ids(section, holders, since, until)
            return
        digests = [self._readers[name].digests(since, until, _NARROWER) for name in holders]
        for period in zip(*digests, strict=True):
            found = [part.sections[section] for part in period]
            if len({each.sha256 for each in found}) > 1:
                inside = max(each.entries for each in found)
                self._narrow(section, holders, period[0].since, period[0].until, inside)

    def _read_ids(self, section: Section, holders: Sequence[str], since: datetime, until: datetime) -> None:
        if self._read > _MOST_READ:
            self._found.whole = False
            return
        entries = {name: list(self._pages(name, section, since, until)) for name in holders}
        every = {entry.id: entry for listed in entries.values() for entry in listed}
        for name in holders:
            absent = every.keys() - {entry.id for entry in entries[name]}
            absent -= held(self._readers[name], section, absent)
            self._found.lacks += [Lack(name, section, every[each]) for each in sorted(absent)]

    def _pages(self, name: str, section: Section, since: datetime, until: datetime) -> Iterator[Entry]:
        after = UUID(int=0)
        while True:
            page = self._readers[name].entries(section, since, until, after)
            self._read += len(page)
            yield from page
            if len(page) < MOST_ENTRIES:
                return
            if page[-1].id <= after:
                raise RecordsUnavailable(name, "its pages do not go on")
            after = page[-1].id
