"""Group commit: one thread writes whatever is waiting in one transaction, so that load shares the flush."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Generic, TypeVar

from chassis.database.sql import AWAY

log = logging.getLogger(__name__)

Row = TypeVar("Row")
Outcome = TypeVar("Outcome")

_RETRY_S = 0.5
_KEPT = "kept until the database is back"


class NotWritten(Exception):
    """The row is not in the database (yet)."""


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Row, Outcome]):
    row: Row
    future: "asyncio.Future[Outcome]"


class GroupWriter(Generic[Row, Outcome]):
    """Writes rows in batches. With the database away it keeps at most `capacity` rows and tries on.

    `write_batch` writes all of its rows in one transaction and returns one outcome for each. `linger_s`:
    seconds that the first row waits for company where nobody is in a hurry.
    """

    def __init__(
        self,
        name: str,
        write_batch: Callable[[Sequence[Row]], Sequence[Outcome]],
        *,
        capacity: int = 50_000,
        batch: int = 200,
        linger_s: float = 0.0,
    ) -> None:
        self._name = name
        self._write_batch = write_batch
        self._capacity, self._batch, self._linger_s = capacity, batch, linger_s
        self._queue: queue.SimpleQueue[_Waiting[Row, Outcome] | None] = queue.SimpleQueue()
        self._kept: list[_Waiting[Row, Outcome]] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"write {name}", daemon=True)

    def start(self) -> None:
        """Start writing."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Write what waits (once more, if the database is away), then end; blocks."""
        self._stopping = True
        self._queue.put(None)
        self._thread.join(timeout_s)

    @property
    def kept(self) -> int:
        """Rows that wait in memory for the database."""
        return len(self._kept)

    def submit(self, row: Row) -> "asyncio.Future[Outcome]":
        """Queue a row; the future tells its outcome, or `NotWritten` as soon as one attempt failed.

        Called in the event loop. A row whose future failed with `NotWritten` is still kept, unless the
        message says otherwise.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(row, future))
        return future

    def _run(self) -> None:
        retry_at = 0.0
        while not (self._stopping and self._queue.empty()):
            batch = self._take(max(retry_at - monotonic(), 0) if self._kept else None)
            if batch or (self._kept and monotonic() >= retry_at):
                self._attempt(batch)
                retry_at = monotonic() + _RETRY_S
        if self._kept:
            self._attempt([])

    def _take(self, timeout: float | None) -> list[_Waiting[Row, Outcome]]:
        """Take what waits now; sleeps only while nothing does."""
        batch: list[_Waiting[Row, Outcome]] = []
        try:
            first = self._queue.get(timeout=timeout)
            if self._linger_s and self._queue.qsize() < self._batch and not self._stopping:
                sleep(self._linger_s)
            while first is not None:
                batch.append(first)
                first = self._queue.get_nowait() if len(batch) < self._batch else None
        except queue.Empty:
            pass
        return batch

    def _attempt(self, fresh: list[_Waiting[Row, Outcome]]) -> None:
        """Save the fresh rows first, because somebody waits for their answer; then those kept from before."""
        if not self._save(fresh):
            room = self._capacity - len(self._kept)
            self._kept += fresh[:room]
            _settle(fresh[:room], NotWritten(_KEPT))
            _settle(fresh[room:], NotWritten("no room to keep it"))
            return
        while self._kept:
            kept, self._kept = self._kept[: self._batch], self._kept[self._batch :]
            if not self._save(kept):
                self._kept = kept + self._kept
                return

    def _save(self, waiting: list[_Waiting[Row, Outcome]]) -> bool:
        """Write these, one by one where together they fail; False when the database is away."""
        if not waiting:
            return True
        try:
            outcomes = self._patiently([each.row for each in waiting])
        except AWAY as error:
            log.warning("%s: database away (%s), %d rows wait", self._name, type(error).__name__, len(waiting))
            return False
        except Exception as error:  # noqa: BLE001 - whatever a row breaks, the others are written
            if len(waiting) == 1:
                # The text of the error could hold what is in the row.
                log.error("%s: a row was refused: %s", self._name, type(error).__name__)
                _settle(waiting, NotWritten(type(error).__name__))
                return True
            for each in waiting:
                if not self._save([each]):
                    self._kept.append(each)
                    _settle([each], NotWritten(_KEPT))
            return True
        _settle(waiting, None, outcomes)
        return True

    def _patiently(self, rows: Sequence[Row]) -> Sequence[Outcome]:
        """Try again at once after a first fault: a restarted database leaves dead connections in the pool."""
        try:
            return self._write_batch(rows)
        except AWAY:
            return self._write_batch(rows)


def _settle(
    waiting: Sequence[_Waiting[Row, Outcome]],
    error: Exception | None,
    outcomes: Sequence[Outcome] = (),
) -> None:
    """Answer all, with one visit to the event loop."""
    if not waiting:
        return

    def settle() -> None:
        for index, each in enumerate(waiting):
            if each.future.done():
                continue
            if error is not None:
                each.future.set_exception(error)
                each.future.exception()  # nobody may be waiting any more, and that is no fault
            else:
                each.future.set_result(outcomes[index])

    try:
        waiting[0].future.get_loop().call_soon_threadsafe(settle)
    except RuntimeError:
        log.info("the event loop ended before %d answers", len(waiting))
