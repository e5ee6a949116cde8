"""Who follows an alarm: however many do, one question a look asks the database for all of them."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.database.database import Database, Session, SQLAlchemyError
from services.alarm.store import alarm_progress

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
# Whoever comes is looked after at once, but no flood of them makes more looks than this.
_REST_S = 0.05
# What a device may follow at once. The newest stays: a phone that lost its connection comes back before the
# old one is known to be gone.
MOST_OF_A_DEVICE = 4


@dataclass(eq=False, slots=True)
class Follower:
    """One stream or long poll. `over`: its device opened too many after it."""

    alarm_id: UUID
    device_id: UUID
    reached: dict[str, datetime] = field(default_factory=dict)
    over: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def climbs(self, seconds: float) -> bool:
        """Say whether a further stage is reached within the time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        climbed = self._news.is_set() and not self.over
        self._news.clear()
        return climbed

    def take(self, reached: dict[str, datetime]) -> None:
        """Take over what the database says now, and wake whoever waits if it is new."""
        if reached != self.reached:
            self.reached = reached
            self._news.set()

    def end(self) -> None:
        """Make room."""
        self.over = True
        self._news.set()


class Ladders:
    """Looks for all followers of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._followers: dict[Follower, None] = {}
        self._somebody_came = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._keep_looking())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @contextmanager
    def following(self, alarm_id: UUID, device_id: UUID) -> Iterator[Follower]:
        """Follow an alarm of this device: yield a follower that is told of each stage."""
        follower = Follower(alarm_id, device_id)
        of_it = [each for each in self._followers if each.device_id == device_id]
        for oldest in of_it[: 1 - MOST_OF_A_DEVICE]:
            self._followers.pop(oldest)
            oldest.end()
        self._followers[follower] = None
        self._somebody_came.set()
        try:
            yield follower
        finally:
            self._followers.pop(follower, None)

    async def _keep_looking(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S if self._followers else None):
                    await self._somebody_came.wait()
            self._somebody_came.clear()
            followers = list(self._followers)
            try:
                found = await asyncio.to_thread(self._look, [each.alarm_id for each in followers])
            except SQLAlchemyError as error:
                log.warning("ladders: the database does not answer: %s", type(error).__name__)
            else:
                for each in followers:
                    each.take(found.get((each.alarm_id, str(each.device_id)), {}))
            await asyncio.sleep(_REST_S)

    def _look(self, alarm_ids: list[UUID]) -> dict[tuple[UUID, str], dict[str, datetime]]:
        with self._database.read() as session:
            return alarm_progress.ladders(session, alarm_ids)


def ladder_of(session: Session, alarm_id: UUID, device_id: UUID) -> dict[str, datetime]:
    """Give the stages that an alarm of a device has reached."""
    return alarm_progress.ladders(session, [alarm_id]).get((alarm_id, str(device_id)), {})
