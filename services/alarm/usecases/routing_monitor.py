"""A press that dispatch does not report as routed in time goes to it by HTTP as well.

The broker's confirm says that a queue holds the press, not that anybody reads the queue. A lane that is dead,
deaf, or cut off from its database would keep the press until it comes back; the other way is tried long before
the deadline. A lane that is only busy takes one press after the other, and copies would make it slower: so a
press goes over when nothing is being routed at all, or when others that came after it were; and in batches, one
at a time.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from chassis.database.database import Database
from chassis.telemetry import metrics
from contracts import telemetry as names
from services.alarm.clients import DispatchClient
from services.alarm.store import alarm_progress
from services.alarm.usecases.note_handed_over import note_handed_over

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.25
_AT_ONCE = 100
# How long the database may take to say what is routed; without an answer nothing is.
_ANSWER_S = 0.5
# A lane that routed something within this time is alive.
_ALIVE_S = 0.75


@dataclass(slots=True)
class _Watched:
    """A confirmed press: which one, its encoded event, and loop times of the next look and of the last."""

    digest: str
    event: bytes
    look_at: float
    until: float


class RoutingMonitor:
    """Watches presses that the broker confirmed until dispatch reports them, or has them from here."""

    def __init__(
        self, database: Database, dispatch: DispatchClient, after_s: float, give_up_s: float = 60.0
    ) -> None:
        """`give_up_s`: after so long the rows are left to it (`redelivery.py`), which outlives this process."""
        self._database, self._dispatch = database, dispatch
        self._after_s, self._give_up_s = after_s, give_up_s
        self._watched: dict[UUID, _Watched] = {}
        self._task: asyncio.Task[None] | None = None
        self._asking: asyncio.Future[set[UUID]] | None = None
        self._routed_at = float("-inf")

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Stop; what is watched is on the broker, and comes from there."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def watch(self, alarm_id: UUID, digest: str, event: bytes) -> None:
        """Hand this over unless dispatch reports it within the time."""
        now = asyncio.get_running_loop().time()
        self._watched[alarm_id] = _Watched(digest, event, now + self._after_s, now + self._give_up_s)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            try:
                await self._look_once()
            except Exception:
                # Whatever it is: the next look comes, and the rows are there (`redelivery.py`).
                log.exception("presses that are not routed could not be looked after")

    async def _look_once(self) -> None:
        loop = asyncio.get_running_loop()
        if any(each.look_at <= loop.time() for each in self._watched.values()):
            stuck = self._stuck(list(self._watched), await self._routed(list(self._watched)), loop.time())
            for start in range(0, len(stuck), _AT_ONCE):
                await self._hand_over(stuck[start : start + _AT_ONCE])

    def _stuck(self, watched: Sequence[UUID], routed: set[UUID], now: float) -> list[UUID]:
        """Pick those whose time is over, unless a living lane has yet to come to them. Forget the routed."""
        if routed:
            self._routed_at = now
        newest = max((number for number, alarm_id in enumerate(watched) if alarm_id in routed), default=-1)
        for alarm_id in routed:
            self._watched.pop(alarm_id, None)
        over = [each for each in watched if each in self._watched and self._watched[each].look_at <= now]
        if now - self._routed_at > _ALIVE_S:
            return over
        overtaken = set(watched[: max(newest, 0)])
        return [each for each in over if each in overtaken]

    async def _hand_over(self, alarm_ids: Sequence[UUID]) -> None:
        handed = await self._dispatch.hand_over_all({each: self._watched[each].event for each in alarm_ids})
        taken = handed.events
        metrics.count(names.PRESS_HANDED_OVER, len(taken), outcome="taken")
        metrics.count(names.PRESS_HANDED_OVER, len(alarm_ids) - len(taken), outcome="failed")
        log.warning("%d presses not routed in time, %d handed over", len(alarm_ids), len(taken))
        now = asyncio.get_running_loop().time()
        for alarm_id in alarm_ids:
            self._watched[alarm_id].look_at = now + _LOOK_EVERY_S
            if alarm_id in taken or self._watched[alarm_id].until < now:
                del self._watched[alarm_id]
        await note_handed_over(self._database, handed.incidents)

    async def _routed(self, alarm_ids: Sequence[UUID]) -> set[UUID]:
        """Ask which of these dispatch reported. A database that is silent is asked by one thread at a time."""
        if self._asking is not None and not self._asking.done():
            return set()
        self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask, self._digests(alarm_ids)))
        try:
            async with asyncio.timeout(_ANSWER_S):
                return await asyncio.shield(self._asking)
        except Exception as error:  # noqa: BLE001 - whatever it is: the other way is open, and the next look comes
            log.warning("what is routed could not be read: %s", type(error).__name__)
            return set()

    def _digests(self, alarm_ids: Sequence[UUID]) -> dict[UUID, str]:
        return {each: self._watched[each].digest for each in alarm_ids}

    def _ask(self, digests: Mapping[UUID, str]) -> set[UUID]:
        with self._database.read() as session:
            return alarm_progress.routed(session, digests)
