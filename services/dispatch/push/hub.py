"""Server-Sent Events: who watches gets every change at once; a poll makes good what no notification told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from opentelemetry.trace import Span

from chassis.database.database import Session, SQLAlchemyError
from chassis.runtime import clock
from chassis.security.signouts import SignOuts
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.push.notifications import read_notification
from services.dispatch.push.watchers import QUEUE_LENGTH, Watcher, frames_for
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.store import duty
from services.dispatch.store.incidents import changed_since
from services.dispatch.usecases.context import Context

log = logging.getLogger(__name__)

# Seconds between polls for changes of which no notification came (broker away, process died in between).
POLL_S = 0.5
# How far a poll looks back, and every so many polls: a transaction that took long shows late what it changed.
_LOOK_BACK = timedelta(seconds=2)
_LOOK_FAR_BACK, _FAR_EVERY = timedelta(seconds=30), 20


# Reads what a stream shows first.
First = Callable[[Session], list[IncidentView]]


class Hub:
    """All streams of one API process."""

    def __init__(self, context: Context, changed: Callable[[], None], signed_out: SignOuts) -> None:
        """Set up the hub. `changed` is called at every change: for others in this process who wait for one."""
        self._context, self._changed, self._signed_out = context, changed, signed_out
        self._watchers: set[Watcher] = set()
        self._pending: dict[UUID, list[Span]] = {}
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._pushed: dict[UUID, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start pushing and polling."""
        self._tasks = [asyncio.create_task(self._push_loop()), asyncio.create_task(self._poll_loop())]

    async def stop(self) -> None:
        """End all streams; their readers reconnect elsewhere."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for watcher in list(self._watchers):
            self._drop(watcher)

    def take_notifications(self, bodies: list[bytes]) -> None:
        """Take change notifications from the broker; on the event loop's thread."""
        for body in bodies:
            notified = read_notification(self._context, body)
            if notified is None:
                continue
            if notified.view is None:
                self._pending.setdefault(notified.incident_id, []).append(notified.span)
            else:
                self._push([notified.view])
                notified.span.end()
        self._wake.set()

    def connected_units(self) -> set[str]:
        """Name the units whose terminals have a stream open in this process."""
        return {watcher.key for watcher in self._watchers if watcher.kind == "unit"}

    def look(self) -> None:
        """Poll now: this process changed something, and the broker may be away."""
        self._look.set()

    async def watch(
        self, watcher: Watcher, first: Callable[[Session], list[IncidentView]]
    ) -> AsyncIterator[bytes]:
        """Give the frames of one stream: the present state, then every change, then keep-alives in silence.

        It ends with the token that opened it, and when its session is signed out: whoever still may comes back
        with a newer one, and begins with the present state.
        """
        # Subscribed before the present state is read, so that nothing falls in between.
        self._watchers.add(watcher)
        try:
            await asyncio.to_thread(self._note_duty, [watcher])
            yield b": stalkingalarm\nretry: 500\n\n"
            for incident in await asyncio.to_thread(self._read, first):
                for frame in frames_for(watcher, incident):
                    yield frame
            while (left_s := watcher.left_s()) > 0 and watcher in self._watchers:
                try:
                    async with asyncio.timeout(left_s):
                        frame_or_end = await watcher.queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                # A reader that was slow to take the one before may be over by now.
                if frame_or_end is None or watcher.left_s() <= 0:
                    return
                yield frame_or_end
        finally:
            self._watchers.discard(watcher)

    def _read(self, first: First) -> list[IncidentView]:
        with self._context.database.read() as session:
            return first(session)

    def _drop(self, watcher: Watcher) -> None:
        self._watchers.discard(watcher)
        while not watcher.queue.empty():
            watcher.queue.get_nowait()
        watcher.queue.put_nowait(None)

    async def _push_loop(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._changed()
            pending, self._pending = self._pending, {}
            try:
                if pending:
                    self._push(await asyncio.to_thread(self._load, list(pending)))
            except SQLAlchemyError as error:
                log.warning("streams: cannot read: %s; the poll will try again", type(error).__name__)
            except Exception:
                log.exception("streams: a push failed")
            for spans in pending.values():
                for span in spans:
                    span.end()

    def _load(self, ids: Sequence[UUID]) -> list[IncidentView]:
        with self._context.database.read() as session:
            return load_views(self._context, session, ids, clock.now())

    def _push(self, incidents: list[IncidentView]) -> None:
        for incident in incidents:
            if self._pushed.get(incident.incident_id, 0) >= incident.revision:
                continue
            self._pushed[incident.incident_id] = incident.revision
            for watcher in list(self._watchers):
                for frame in frames_for(watcher, incident):
                    try:
                        watcher.queue.put_nowait(frame)
                    except asyncio.QueueFull:
                        log.warning("streams: a reader is %d frames behind: dropped", QUEUE_LENGTH)
                        self._drop(watcher)
                        break

    async def _poll_loop(self) -> None:
        seen: datetime = clock.now()
        for number in count():
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._look.wait()
            self._look.clear()
            far = number % _FAR_EVERY == 0
            try:
                found = await asyncio.to_thread(
                    self._changed_since, seen - (_LOOK_FAR_BACK if far else _LOOK_BACK)
                )
            except SQLAlchemyError as error:
                log.warning("streams: cannot poll: %s", type(error).__name__)
                continue
            except Exception:
                log.exception("streams: a poll failed")
                continue
            seen = clock.now()
            for watcher in [each for each in self._watchers if self._signed_out.over(each.opened_by)]:
                self._drop(watcher)
            if far:  # what fell out of the farthest look back cannot come again: forget it
                self._pushed = {i: r for i, r in self._pushed.items() if i in found}
                await asyncio.to_thread(self._note_duty, list(self._watchers))
            for incident_id, revision in found.items():
                if self._pushed.get(incident_id, 0) < revision:
                    self._pending.setdefault(incident_id, [])
                    self._wake.set()

    def _note_duty(self, watchers: Sequence[Watcher]) -> None:
        """Note that who watches is on duty; a database that is away hinders no stream."""
        people = [(each.key, each.person) for each in watchers if each.person is not None]
        if not people:
            return
        try:
            with self._context.database.transaction() as tx:
                duty.note(tx.session, people, clock.now())
        except SQLAlchemyError as error:
            log.warning("streams: cannot note who is on duty: %s", type(error).__name__)

    def _changed_since(self, since: datetime) -> dict[UUID, int]:
        with self._context.database.read() as session:
            self._signed_out.look(session)
            return changed_since(session, since)
