"""Times that Python cannot hold (before Christ, after 9999, infinity) are read as the ends of what it can.

The driver would raise for them, and refuse the whole result: one such row would hide all others of a list.
Whoever shows a time looks whether it lies within `contracts.values.EARLIEST` and `LATEST`.
"""

import struct
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import psycopg
from psycopg import pq
from psycopg.abc import AdaptContext, Buffer, Loader
from psycopg.adapt import AdaptersMap

# Two days from the very ends, so that no time zone leads beyond them.
_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
_ENDS: dict[str, tuple[date, date]] = {
    "timestamptz": (_FIRST, _LAST),
    "timestamp": (_FIRST.replace(tzinfo=None), _LAST.replace(tzinfo=None)),
    "date": (_FIRST.date(), _LAST.date()),
}


def _is_early(data: bytes, pq_format: pq.Format) -> bool:
    if pq_format == pq.Format.BINARY:
        return bool(struct.unpack("!q" if len(data) == 8 else "!i", data)[0] < 0)
    return data.startswith(b"-") or data.endswith(b"BC")


def _tolerant(strict: type[Loader], name: str) -> type[Loader]:
    first, last = _ENDS[name]

    class Tolerant:
        format = strict.format

        def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
            self._load: Callable[[Buffer], object] = strict(oid, context).load

        def load(self, data: Buffer) -> object:
            """Load, or give the nearer end."""
            try:
                return self._load(data)
            except (psycopg.DataError, ValueError, OverflowError):
                return first if _is_early(bytes(data), self.format) else last

    return Tolerant


def _loaders() -> Iterator[tuple[str, type[Loader]]]:
    for name in _ENDS:
        for each in pq.Format:
            strict = psycopg.adapters.get_loader(psycopg.adapters.types[name].oid, each)
            if strict is not None:
                yield name, _tolerant(strict, name)


_LOADERS = tuple(_loaders())


def read_all_times(adapters: AdaptersMap) -> None:
    """Have a connection read every time that PostgreSQL holds."""
    for name, loader in _LOADERS:
        adapters.register_loader(name, loader)
