"""A press that dispatch does not report as routed in time goes to it by HTTP as well.

The broker's confirm says that a queue holds the press, not that anybody reads the queue. A lane that is dead,
deaf, or cut off from its database would keep the press until it comes back; the other way is tried long before
the deadline.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import UUID

from chassis.database import Database
from services.alarm.store import following as store

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.25
# How long the database may take to say what is routed; without an answer nothing is.
_ANSWER_S = 0.5


class Lookout:
    """Watches presses that the broker confirmed; calls what was left with each that stays unrouted."""

    def __init__(self, database: Database, after_s: float) -> None:
        self._database, self._after_s = database, after_s
        self._watched: deque[tuple[float, UUID, Callable[[], None]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._asking: asyncio.Future[set[UUID]] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Stop; what is watched is on the broker, and comes from there."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def watch(self, alarm_id: UUID, unrouted: Callable[[], None]) -> None:
        """Call `unrouted` unless dispatch reports the press as routed within the time."""
        self._watched.append((asyncio.get_running_loop().time() + self._after_s, alarm_id, unrouted))

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            late: dict[UUID, Callable[[], None]] = {}
            while self._watched and self._watched[0][0] <= loop.time():
                _, alarm_id, unrouted = self._watched.popleft()
                late[alarm_id] = unrouted
            if not late:
                continue
            if missing := late.keys() - await self._routed(late):
                log.warning("%d presses not routed in time: handed over by HTTP", len(missing))
            for alarm_id in missing:
                late[alarm_id]()

    async def _routed(self, alarm_ids: Iterable[UUID]) -> set[UUID]:
        """Those that dispatch reported. A database that does not answer is asked by one thread at a time."""
        if self._asking is not None and not self._asking.done():
            return set()
        self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask, list(alarm_ids)))
        try:
            return await asyncio.wait_for(asyncio.shield(self._asking), _ANSWER_S)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other way is open, and the next look comes
            log.warning("what is routed could not be read: %s", type(error).__name__)
            return set()

    def _ask(self, alarm_ids: list[UUID]) -> set[UUID]:
        with self._database.read() as session:
            return store.routed(session, alarm_ids)
