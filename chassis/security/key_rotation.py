"""Re-encrypts values of older keys under the newest, beside everything else that goes on.

Which values those are is told by the values themselves, so it begins again after any end. A value is replaced
only while it is the one that was read, and a row that somebody else holds is left for later: nothing is
overwritten, nobody waits for us for longer than a few statements take, and we wait for nobody.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic

from sqlalchemy import Column, LargeBinary, Table, Update, bindparam, func, literal, select, tuple_, update
from sqlmodel import Session, SQLModel

from chassis.database.columns import table_of
from chassis.database.database import Database
from chassis.database.isolation import bisect
from chassis.messaging import outbox
from chassis.security.vault import NONCE, VERSION, Unreadable, Vault, is_encrypted, version_of

log = logging.getLogger(__name__)

# Seconds between two looks of a worker, and how long of it it may work.
LOOK_EVERY_S = 60.0
WORK_S = 20.0
# Seconds of rest when all was found encrypted by the newest key: a process that was started late may still
# use the one before.
REST_S = 3600.0
# Rows looked at by one statement, values encrypted in one transaction, and the pause after it, in seconds.
_LOOK, _BATCH, _PAUSE_S = 1000, 20, 0.02

Key = tuple[object, ...]


@dataclass(frozen=True)
class EncryptedColumn:
    """A column with encrypted values; `associated_data` is made of the columns `of`."""

    row: type[SQLModel]
    column: str
    associated_data: Callable[..., str]
    of: tuple[str, ...]

    @property
    def name(self) -> str:
        """Table and column."""
        return f"{self.table.name}.{self.column}"

    @property
    def table(self) -> Table:
        """Where the column is."""
        return table_of(self.row)

    @property
    def value(self) -> Column[bytes]:
        """The column."""
        return self.table.c[self.column]

    @cached_property
    def keys(self) -> list[Column[object]]:
        """The primary key: it never changes, so that a walk along it misses no row."""
        return list(self.table.primary_key.columns)

    def window(self, session: Session, after: Key | None) -> tuple[list[tuple[Key, int]], Key | None]:
        """Read primary key and key version of the next encrypted values, and the last row; None at the end."""
        head = func.substring(self.value, 1, VERSION, type_=LargeBinary)
        some = select(*self.keys, head).order_by(*self.keys).limit(_LOOK)
        if after is not None:
            some = some.where(tuple_(*self.keys) > tuple_(*map(literal, after)))
        rows = [tuple(row) for row in session.execute(some)]
        # Erased values are NULL or empty; only some bodies in the outbox are encrypted.
        found = [(row[:-1], version_of(row[-1])) for row in rows if row[-1] and is_encrypted(row[-1])]
        return found, rows[-1][:-1] if rows else None

    def counted(self, session: Session) -> Counter[int]:
        """Count the values that each key version encrypted; window by window, for a table may be long."""
        counts, last = Counter[int](), None
        while True:
            found, last = self.window(session, last)
            counts.update(version for _, version in found)
            if last is None:
                return counts

    def read(self, session: Session, keys: Sequence[Key]) -> list[tuple[object, ...]]:
        """Read primary key, parts of the associated data, and the value, of each row that is still there."""
        wanted = select(*self.keys, *(self.table.c[each] for each in self.of), self.value)
        return [tuple(row) for row in session.execute(wanted.where(tuple_(*self.keys).in_(keys)))]

    @cached_property
    def replace(self) -> Update:
        """The statement that puts `new` in place of the value that begins with `old`."""
        same = [key == bindparam(f"key_{key.name}", type_=key.type) for key in self.keys]
        old = func.substring(self.value, 1, VERSION + NONCE) == bindparam("old", type_=LargeBinary)
        free = select(*self.keys).where(*same, old).with_for_update(skip_locked=True, key_share=True)
        return (
            update(self.table)
            .where(tuple_(*self.keys).in_(free))
            .values({self.column: bindparam("new", type_=LargeBinary)})
        )


# Every service has one: an event may wait there for longer than a key is kept.
OUTBOX = EncryptedColumn(outbox.OutboxRow, "body", outbox.associated_data, ("id",))


def whole(encrypted: Sequence[EncryptedColumn]) -> Sequence[EncryptedColumn]:
    """Join the encrypted columns of a service and its outbox."""
    return (*encrypted, OUTBOX)


@dataclass(slots=True)
class KeyRotation:
    """One worker's walk through the encrypted columns of its service, and its outbox."""

    encrypted: Sequence[EncryptedColumn]
    # Where the walk stands: which column, and after which row.
    _column: int = 0
    _after: Key | None = None
    # Old values that this walk met: while there are some, it is not the last one.
    _met: int = 0
    _unreadable: Counter[str] = field(default_factory=Counter)
    _rest_until: float = float("-inf")

    def __post_init__(self) -> None:
        self.encrypted = whole(self.encrypted)

    def look(self, database: Database, vault: Vault, work_s: float = WORK_S) -> int:
        """Re-encrypt what an older key encrypted, for `work_s` seconds at most; returns the number of values.

        Asks nothing where there is no older key, and for an hour after a walk that met no old value.
        """
        if vault.versions[0] == vault.current or monotonic() < self._rest_until:
            return 0
        until, done = monotonic() + work_s, 0
        while monotonic() < until:
            if self._column == len(self.encrypted):
                self._end()
                break
            done += self._window(database, vault, self.encrypted[self._column])
        if done:
            log.info("%d values re-encrypted with key version %d", done, vault.current)
        return done

    def _window(self, database: Database, vault: Vault, column: EncryptedColumn) -> int:
        with database.read() as session:
            found, last = column.window(session, self._after)
        old = [key for key, version in found if version < vault.current]
        self._met += len(old)
        done = 0
        for start in range(0, len(old), _BATCH):
            done += self._batch(database, vault, column, old[start : start + _BATCH])
            time.sleep(_PAUSE_S)
        self._column, self._after = (self._column, last) if last else (self._column + 1, None)
        return done

    def _batch(self, database: Database, vault: Vault, column: EncryptedColumn, keys: Sequence[Key]) -> int:
        with database.read() as session:
            rows = column.read(session, keys)
        new = [each for row in rows if (each := self._anew(vault, column, row))]
        if not new:
            return 0
        done = 0

        def put(some: Sequence[dict[str, object]]) -> None:
            nonlocal done
            with database.transaction() as tx:
                # All in one round trip.
                put_now = tx.session.connection().execute(column.replace, some).rowcount
            done += put_now

        for _, error in bisect(new, put):
            # It stays as it is, for people to look at, and stops nothing.
            log.error("a value in %s cannot be re-encrypted: %s", column.name, type(error).__name__)
            self._unreadable[column.name] += 1
        return done

    def _anew(self, vault: Vault, column: EncryptedColumn, row: tuple[object, ...]) -> dict[str, object] | None:
        *columns, value = row
        key, associated_data = columns[: len(column.keys)], column.associated_data(*columns[len(column.keys) :])
        if not isinstance(value, bytes) or not value or version_of(value) >= vault.current:
            return None
        try:
            new = vault.re_encrypt(associated_data, value)
        except Unreadable:
            # It stays as it is, for people to look at, and stops nothing.
            self._unreadable[column.name] += 1
            return None
        named = {f"key_{key_column.name}": each for key_column, each in zip(column.keys, key, strict=True)}
        return {**named, "old": value[: VERSION + NONCE], "new": new}

    def _end(self) -> None:
        for name, number in self._unreadable.items():
            log.error("%d values in %s open with no key, or do not belong there", number, name)
        if self._met == self._unreadable.total():
            self._rest_until = monotonic() + REST_S
        self._column, self._after, self._met = 0, None, 0
        self._unreadable.clear()
