"""However often one device presses, it delays no other: beyond a rate its further presses join in memory.

The first ones go at once. Beyond the rate one turn of the device waits, and never more than one; what comes in
the meantime joins it. It goes out with the newest of them, and all who wait get the receipt of that one.
So none is refused, the newest place wins, and a flood costs logs, broker and dispatch no more than the rate.

A press that was accepted before carries no other: somebody may have kept it, and hers would be lost with it.
Dies half way: nobody was answered, and the phones send again. The phone hangs up: its press goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple
from uuid import UUID

from chassis.database.database import SQLAlchemyError
from chassis.telemetry import metrics
from contracts import telemetry as names
from services.alarm.domain.press import LATE
from services.alarm.domain.receipt import Receipt
from services.alarm.errors import NotHeld
from services.alarm.usecases.pacing import Turns
from services.alarm.usecases.press_in_flight import Brought, Joined

log = logging.getLogger(__name__)

# Presses that joined another one, remembered for their copies and for whoever follows them.
_REMEMBERED = 20_000
# Presses of one turn from which the newest is taken; of more the least likely ones cannot become it.
_MOST_KEPT = 200

Hold = Callable[[Brought], asyncio.Task[Receipt]]
# The receipts of those presses, by content, that the database held before; raises SQLAlchemyError.
LookUp = Callable[[Collection[Brought]], Mapping[str, Receipt]]


class Before(NamedTuple):
    """A press that came before. `since`: the loop time at which it was held, None as long as it is not."""

    content: str
    receipt: Callable[[], Awaitable[Receipt]]
    since: float | None


@dataclass(slots=True, eq=False)
class _Turn:
    """The turn of a device that waits. `came`: its presses, by content; `kept`: those that may carry it."""

    device_id: UUID
    came: dict[str, tuple[UUID, int | None]] = field(default_factory=dict)
    kept: dict[str, Brought] = field(default_factory=dict)
    answers: dict[str, Receipt] = field(default_factory=dict)
    at_once: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    held_at: float | None = None

    def take(self, press: Brought) -> None:
        """Let one more press join; a copy of one that joined changes nothing."""
        content = press.judged.content
        if content in self.came:
            return
        self.came[content] = press.judged.alarm_id, press.claim.counter
        self.kept[content] = press
        if len(self.kept) > _MOST_KEPT:
            del self.kept[min(self.kept, key=lambda each: _likeliness(self.kept[each]))]

    async def receipt_of(self, content: str) -> Receipt:
        """Give the receipt of one of its presses; raises `NotHeld`."""
        if self.task is not None:
            # Shielded: the turn goes out when a phone hangs up.
            await asyncio.shield(self.task)
        if content not in self.answers:
            raise NotHeld("too many presses at once, try again")
        return self.answers[content]

    def carried_by(self, press: Brought) -> Joined | None:
        """Say what this one carries besides itself, when nothing is answered yet but what was known before."""
        others = [
            counter for each, (_, counter) in self.came.items()
            if each not in self.answers and each != press.judged.content
        ]  # fmt: skip
        counters = [counter for counter in others if counter is not None]
        return Joined(len(others), (min(counters), max(counters)) if counters else None) if others else None


class Joining:
    """The turns of all devices of this process. Needs a running loop."""

    def __init__(self, per_s: float, burst: int, lookup_s: float, hold: Hold, look_up: LookUp) -> None:
        """`per_s`, `burst`: of one device; `lookup_s`: how long the database may take to say what it knows."""
        self._turns, self._lookup_s = Turns(per_s, burst), lookup_s
        self._hold, self._look_up = hold, look_up
        self._waiting: dict[UUID, _Turn] = {}
        self._going: set[asyncio.Task[None]] = set()
        self._joined: dict[UUID, tuple[str, _Turn]] = {}
        # Few: a database that does not answer must not take the threads from anybody else.
        self._lookups = ThreadPoolExecutor(2, thread_name_prefix="joined-presses")

    async def receipt(self, device_id: UUID, press: Brought) -> Receipt:
        """Hold a press of this device, now or with its next turn; raises what keeps it from being held."""
        turn = self._waiting.get(device_id)
        if turn is None:
            left_s = self._turns.left_s(device_id, asyncio.get_running_loop().time())
            if left_s <= 0:
                return await asyncio.shield(self._hold(press))
            turn = self._waiting[device_id] = _Turn(device_id)
            turn.task = asyncio.create_task(self._go(turn, left_s))
            self._going.add(turn.task)
            turn.task.add_done_callback(self._going.discard)
        turn.take(press)
        return await turn.receipt_of(press.judged.content)

    def before(self, alarm_id: UUID) -> Before | None:
        """Give the press that joined another one under this id, as far as it is remembered."""
        content, turn = self._joined.get(alarm_id, ("", None))
        if turn is None:
            return None
        return Before(content, partial(turn.receipt_of, content), turn.held_at)

    def carrier_of(self, alarm_id: UUID, device_id: UUID) -> UUID:
        """Give the alarm that carries a press of this device, as far as it joined another one; else its own."""
        content, turn = self._joined.get(alarm_id, ("", None))
        if turn is None or turn.device_id != device_id or content not in turn.answers:
            return alarm_id
        return turn.answers[content].alarm_id

    async def stop(self, seconds: float) -> None:
        """Send what waits now, and wait at most so many seconds until it is out."""
        for turn in list(self._waiting.values()):
            turn.at_once.set()
        if self._going:
            await asyncio.wait(self._going, timeout=seconds)
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def _go(self, turn: _Turn, left_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await turn.at_once.wait()
        # From here on what comes joins the next turn.
        del self._waiting[turn.device_id]
        self._remember(turn)
        try:
            await self._carry(turn)
            turn.held_at = asyncio.get_running_loop().time()
        except BaseException:
            self._forget(turn)
            raise
        finally:
            turn.kept.clear()

    async def _carry(self, turn: _Turn) -> None:
        """Hold the newest of a turn, for all of it but what was accepted before."""
        if len(turn.kept) > 1:
            turn.answers.update(await self._known(list(turn.kept.values())))
        while left := [press for content, press in turn.kept.items() if content not in turn.answers]:
            newest = max(left, key=_likeliness)
            joined = turn.carried_by(newest)
            receipt = await self._hold(replace(newest, joined=joined))
            if receipt.received_at >= newest.received_at or joined is None:
                metrics.count(names.PRESS_JOINED, joined.presses if joined else 0)
                turn.answers |= {each: receipt for each in turn.came if each not in turn.answers}
                return
            # It was there before, and the database could not say so: another one goes, in its turn.
            turn.answers[newest.judged.content] = receipt
            await asyncio.sleep(self._turns.gap_s)

    async def _known(self, presses: Collection[Brought]) -> Mapping[str, Receipt]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._lookup_s):
                return await loop.run_in_executor(self._lookups, self._look_up, presses)
        except (TimeoutError, SQLAlchemyError, RuntimeError) as error:
            log.info("presses that joined could not be looked up: %s", type(error).__name__)
            return {}

    def _remember(self, turn: _Turn) -> None:
        for content, (alarm_id, _) in turn.came.items():
            self._joined[alarm_id] = content, turn
        while len(self._joined) > _REMEMBERED:
            del self._joined[next(iter(self._joined))]

    def _forget(self, turn: _Turn) -> None:
        for alarm_id, _ in turn.came.values():
            if (found := self._joined.get(alarm_id)) is not None and found[1] is turn:
                del self._joined[alarm_id]


def _likeliness(press: Brought) -> tuple[bool, bool, int, float]:
    """Say how likely this is the newest and tells most: of now, with a place, by its counter, by its arrival.

    The counter comes after the time, because what somebody kept may have a higher one than a phone that was set
    up anew; and after the place, because a press without one would take hers from her.
    """
    claim, judged = press.claim, press.judged
    counter = claim.counter if claim.counter is not None else -1
    return LATE not in judged.flags, claim.fix is not None, counter, press.received_at.timestamp()
