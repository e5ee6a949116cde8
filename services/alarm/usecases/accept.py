"""Accepting a press: two logs at the same time, a third way when the broker is slow, never a filter."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from opentelemetry.trace import Status, StatusCode

from chassis.database.database import Database
from chassis.database.group_commit import GroupWriter, NotWritten
from chassis.messaging.message import NotConfirmed
from chassis.messaging.outbox import Relay
from chassis.messaging.publisher import Publisher
from chassis.runtime import clock
from chassis.security.service_token import ServiceToken
from chassis.security.vault import Vault
from chassis.telemetry import metrics
from contracts import telemetry as names
from contracts.common import Channel, Lane
from services.alarm.clients import DispatchClient
from services.alarm.domain.press import Claim, Judged, with_reused_counter
from services.alarm.domain.receipt import HOLDERS, Receipt
from services.alarm.errors import NotHeld
from services.alarm.settings import AlarmSettings
from services.alarm.store.presses import NewPress, Stored
from services.alarm.usecases.joining import Before, Joining
from services.alarm.usecases.note_handed_over import note_handed_over
from services.alarm.usecases.pacing import Pace
from services.alarm.usecases.press_in_flight import Brought, PressInFlight, prepare
from services.alarm.usecases.press_log import PressLog
from services.alarm.usecases.routing_monitor import RoutingMonitor

log = logging.getLogger(__name__)

_REMEMBERED = 20_000
_PAUSE_S = 0.25


@dataclass(frozen=True, slots=True)
class _Recent:
    """A press that was accepted, or is being. `at`: loop time."""

    content: str
    task: asyncio.Task[Receipt]
    at: float


def _pace(settings: AlarmSettings) -> Pace:
    return Pace(
        settings.unverified_per_s,
        settings.unverified_burst,
        settings.unverified_waiting,
        settings.unverified_exempt,
    )


class Intake:
    """One lane of presses with its own writer and its own connections to dispatch."""

    def __init__(
        self,
        lane: Lane,
        settings: AlarmSettings,
        database: Database,
        publisher: Publisher,
        relay: Relay,
        vault: Vault,
        token: ServiceToken,
    ) -> None:
        self._settings, self._publisher, self._relay, self._vault = settings, publisher, relay, vault
        self._database, self._log = database, PressLog(database)
        self.lane = lane
        self.writer: GroupWriter[NewPress, Stored | None] = GroupWriter(
            f"presses.{lane}", self._log.write, capacity=settings.writer_capacity
        )
        at_once = settings.unverified_at_once
        self._slots = asyncio.Semaphore(at_once) if lane == "unverified" else None
        self._pace = _pace(settings) if lane == "unverified" else None
        self._dispatch = DispatchClient(settings, token, 100 if lane == "verified" else at_once)
        # A flood of unverified presses waits in its lane: handed over, it would be in the others'
        # way.
        times = (settings.unrouted_after_s, settings.unrouted_give_up_s)
        self._monitor = RoutingMonitor(database, self._dispatch, *times) if lane == "verified" else None
        limits = (settings.device_per_s, settings.device_burst, settings.lookup_s)
        self._joining = Joining(*limits, self._remember, self._log.held_before) if lane == "verified" else None
        self._recent: dict[UUID, _Recent] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start the writer and the monitor."""
        self.writer.start()
        if self._monitor:
            self._monitor.start()

    async def stop(self) -> None:
        """Let what is on its way arrive, then stop."""
        if self._joining:
            await self._joining.stop(self._settings.deadline_s)
        if self._monitor:
            await self._monitor.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._settings.deadline_s)
        await asyncio.to_thread(self.writer.stop)
        await self._dispatch.close()

    async def accept(
        self, claim: Claim, judged: Judged, channel: Channel, source: str | None = None
    ) -> Receipt:
        """Hold a press and answer with its receipt; raises `NotHeld` when nothing holds it.

        A copy of a press that is on its way, or was just accepted, gets the same receipt from memory. A later
        one goes all the way again: its alarm may be over by now, and only dispatch knows. `source`: the
        address that it came from.
        """
        known = self._before(judged.alarm_id)
        if known is not None and known.content != judged.content:
            judged = with_reused_counter(judged, claim.device_id, claim.counter)
            known = self._before(judged.alarm_id)
        if known is not None and self._is_young(known):
            return await known.receipt()
        press = Brought(claim, judged, channel, clock.now(), source if self._pace is not None else None)
        if self._joining is not None and claim.uuid is not None:
            return await self._joining.receipt(claim.uuid, press)
        # Shielded: the press goes on when the phone hangs up.
        return await asyncio.shield(self._remember(press))

    def carrier_of(self, alarm_id: UUID, device_id: UUID) -> UUID:
        """Give the alarm under which a press of this device is held: another one's where it joined that."""
        return self._joining.carrier_of(alarm_id, device_id) if self._joining else alarm_id

    def _before(self, alarm_id: UUID) -> Before | None:
        """Give the press that came under this id, as far as it is remembered."""
        if (recent := self._recent.get(alarm_id)) is not None:
            since = recent.at if recent.task.done() else None
            return Before(recent.content, partial(asyncio.shield, recent.task), since)
        return self._joining.before(alarm_id) if self._joining else None

    def _is_young(self, before: Before) -> bool:
        """Say whether nobody can have ended its alarm yet: it is under way, or its order is perhaps not out."""
        return (
            before.since is None or asyncio.get_running_loop().time() - before.since < self._settings.deadline_s
        )

    def _remember(self, press: Brought) -> asyncio.Task[Receipt]:
        alarm_id = press.judged.alarm_id
        task = asyncio.create_task(self._hold(press))
        recent = _Recent(press.judged.content, task, asyncio.get_running_loop().time())
        self._recent.pop(alarm_id, None)
        self._recent[alarm_id] = recent
        if len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]

        def forget_if_refused(done: asyncio.Task[Receipt]) -> None:
            refused = done.cancelled() or done.exception() is not None
            if refused and self._recent.get(alarm_id) is recent:
                del self._recent[alarm_id]

        task.add_done_callback(forget_if_refused)
        return task

    async def _hold(self, press: Brought) -> Receipt:
        if self._pace is not None:
            await self._pace.turn(press.source)
        with metrics.timed(names.PRESS_ACCEPT_DURATION, lane=self.lane):
            async with self._slots or nullcontext():
                if self._pace is not None:
                    source = self._pseudonym(self._pace, press.source)
                    press = replace(press, received_at=clock.now(), source=source)
                return await self._hold_now(press)

    def _pseudonym(self, pace: Pace, source: str | None) -> str | None:
        """Give a pseudonym for whoever brings unverified presses, so that dispatch can tell floods apart."""
        subscriber = pace.subscriber(source)
        return self._vault.pseudonym("source", subscriber) if subscriber is not None else None

    async def _hold_now(self, brought: Brought) -> Receipt:
        claim, judged = brought.claim, brought.judged
        held = prepare(brought, self._settings.deadline_s, self._vault)
        # The event first: its way is the longer one, and the writer's thread would take the interpreter.
        self._spawn(self._publish(held))
        self._spawn(self._store(held))
        await self._wait_for_logs(held)
        before = held.before
        if before is not None and before.content not in (None, judged.content):
            # The device's counter began anew: this press is not that one.
            again = with_reused_counter(judged, claim.device_id, claim.counter)
            return await self._hold_now(replace(brought, judged=again))
        if not held.holders:
            metrics.count(names.PRESS_REFUSED, reason="not_held")
            raise NotHeld("neither database nor broker holds the press, try again at once")
        raised = held.press.raised
        stored_in = tuple(holder for holder in HOLDERS if holder in held.holders)
        metrics.count(names.PRESS_ACCEPTED, lane=self.lane, stored_in="+".join(stored_in))
        return Receipt(
            alarm_id=raised.alarm_id,
            received_at=before.received_at if before else raised.received_at,
            deadline_at=before.deadline_at if before else raised.deadline_at,
            stored_in=stored_in,
        )

    async def _wait_for_logs(self, held: PressInFlight) -> None:
        """Wait until both logs hold the press, or one does and the grace is over, or nothing will in time."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._settings.give_up_after_s
        until = give_up
        logs = {"database", "broker"}
        while not logs <= held.holders:
            if held.holders:
                # From the first holder on, the other has its grace; a failed one is not waited for.
                until = min(until, loop.time() + self._settings.grace_s) if until == give_up else until
                if logs <= held.holders | held.failed:
                    return
            elif logs | {"dispatch"} <= held.failed:
                return
            held.changed.clear()
            try:
                async with asyncio.timeout_at(until):
                    await held.changed.wait()
            except TimeoutError:
                return

    async def _store(self, held: PressInFlight) -> None:
        try:
            held.before = await self.writer.submit(held.press)
        except NotWritten:
            held.settle("database", holds=False)
            return
        held.settle("database", holds=True)
        # The outbox row may only go once it is there.
        if held.press.confirmed:
            self._relay.confirmed(held.message.id)

    async def _publish(self, held: PressInFlight) -> None:
        """Publish until the deadline; after `fallback_after_s` dispatch gets the event as well."""
        loop = asyncio.get_running_loop()
        fallback = loop.call_later(self._settings.fallback_after_s, self._fall_back, held)
        end = loop.time() + self._settings.deadline_s
        while True:
            try:
                await self._publisher.publish(held.message, max(end - loop.time(), 0.05))
            except NotConfirmed:
                if "broker" not in held.failed:
                    fallback.cancel()
                    self._fall_back(held)
                    held.settle("broker", holds=False)
                if loop.time() >= end:
                    held.span.set_status(Status(StatusCode.ERROR))
                    break
                await asyncio.sleep(_PAUSE_S)
                continue
            fallback.cancel()
            held.press.confirmed = True
            held.settle("broker", holds=True)
            if self._monitor:
                raised = held.press.raised
                self._monitor.watch(raised.alarm_id, raised.digest, held.press.event)
            if "database" in held.holders:
                self._relay.confirmed(held.message.id)
            break
        held.span.end()

    def _fall_back(self, held: PressInFlight) -> None:
        """Hand the same event to dispatch, in parallel to everything else."""
        if not held.handing:
            held.handing = True
            self._spawn(self._hand_over(held))

    async def _hand_over(self, held: PressInFlight) -> None:
        """Try until dispatch has it, the broker has it after all, or the deadline has passed."""
        pause, press = _PAUSE_S, held.press
        while not (handed := await self._dispatch.hand_over(held.message.id, press.event, held.span)):
            metrics.count(names.PRESS_HANDED_OVER, outcome="failed")
            held.settle("dispatch", holds=False)
            await asyncio.sleep(pause)
            pause *= 2
            if press.confirmed or clock.now() >= press.raised.deadline_at:
                return
        metrics.count(names.PRESS_HANDED_OVER, outcome="taken")
        held.settle("dispatch", holds=True)
        await note_handed_over(self._database, handed.incidents)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
