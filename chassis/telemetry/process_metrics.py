"""What every process tells of itself as metrics: its age, disk, database, outbox and timers."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import Engine, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.telemetry import metrics
from chassis.telemetry.metrics import Reading
from contracts import telemetry as names

# More than this need not be counted: it is too many.
_LOOK = text(
    "SELECT clock_timestamp() AS at, "
    "(SELECT count(*) FROM (SELECT FROM outbox LIMIT 10000) AS first) AS waiting, "
    "(SELECT coalesce(extract(epoch FROM now() - greatest(least(min(created_at), now()), "
    "timestamptz 'epoch')), 0) FROM outbox) AS oldest_s, "
    "(SELECT coalesce(extract(epoch FROM now() - greatest(min(due_at), timestamptz 'epoch')), 0) FROM due "
    "WHERE due_at < now() AND parked_at IS NULL) AS overdue_s, "
    "(SELECT count(*) FROM due WHERE failures > 0 AND parked_at IS NULL) AS put_off, "
    "(SELECT count(*) FROM due WHERE parked_at IS NOT NULL) AS parked"
)
# One look serves all metrics of one export.
_FRESH_S = 2.0


def of_process(process: str) -> None:
    """Observe the age of a process and the disk under it."""
    began = monotonic()
    metrics.observe(names.PROCESS_UPTIME, lambda: [(monotonic() - began, {"process": process})])
    metrics.observe(names.DISK_FREE, lambda: [(_free("/"), {})])


def _free(path: str) -> float:
    disk = shutil.disk_usage(path)
    return disk.free / (disk.free + disk.used)


def of_publisher(connected: Callable[[], bool]) -> None:
    """Observe whether the publisher can publish."""
    metrics.observe(names.BROKER_CONNECTED, lambda: [(float(connected()), {})])


def of_database(engine: Engine) -> None:
    """Observe whether the database answers, its clock, and what lies in its outbox and its timers."""
    look = _Look(engine)
    metrics.observe(names.DATABASE_REACHABLE, lambda: [(float(look.now() is not None), {})])
    metrics.observe(names.CLOCK_SKEW, look.reading(lambda found: found.skew_s))
    metrics.observe(names.OUTBOX_WAITING, look.reading(lambda found: found.waiting))
    metrics.observe(names.OUTBOX_AGE, look.reading(lambda found: found.oldest_s))
    metrics.observe(names.DUE_OVERDUE, look.reading(lambda found: found.overdue_s))
    metrics.observe(names.DUE_FAILING, look.failing)


@dataclass(frozen=True, slots=True)
class _Found:
    waiting: int
    oldest_s: float
    overdue_s: float
    failing: tuple[Reading, ...]
    skew_s: float


class _Look:
    """What the database said last, asked again when that is no longer fresh; None while it is away."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._at = float("-inf")
        self._found: _Found | None = None

    def now(self) -> _Found | None:
        if monotonic() - self._at > _FRESH_S:
            self._found = self._ask()
            self._at = monotonic()
        return self._found

    def reading(self, value: Callable[[_Found], float]) -> Callable[[], Iterable[Reading]]:
        def read() -> Iterable[Reading]:
            found = self.now()
            return [] if found is None else [(value(found), {})]

        return read

    def failing(self) -> Iterable[Reading]:
        found = self.now()
        return () if found is None else found.failing

    def _ask(self) -> _Found | None:
        try:
            with self._engine.connect() as connection:
                asked = datetime.now(UTC)
                row = connection.execute(_LOOK).one()
                # The database looked at its clock somewhere in between.
                middle = asked + (datetime.now(UTC) - asked) / 2
        except (OperationalError, InterfaceError, PoolTimeout):
            return None
        failing = (row.put_off, {"state": "put_off"}), (row.parked, {"state": "parked"})
        skew_s = (row.at - middle).total_seconds()
        return _Found(row.waiting, float(row.oldest_s), float(row.overdue_s), failing, skew_s)
