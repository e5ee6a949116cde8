"""A press that dispatch has not routed is handed over again for as long as that is so, from the rows.

The broker may lose a queue, park a press or be replaced, and whoever watched over it may be gone: the row of
the press is still here. Each is claimed for one attempt, at growing distances up to a bound, never given up.
What dispatch does not take over HTTP goes to the broker once more. Copies are harmless: dispatch has an inbox.
"""

import asyncio
import logging
from collections.abc import Sequence, Set
from contextlib import suppress
from typing import Any
from uuid import UUID

from chassis.database.database import Database, SQLAlchemyError
from chassis.database.isolation import apart
from chassis.messaging.message import Message, NotConfirmed
from chassis.messaging.publisher import Publisher
from chassis.security.vault import Unreadable, Vault
from chassis.telemetry import metrics
from contracts import telemetry as names
from contracts.alarm import AlarmRaised
from contracts.common import Lane
from contracts.envelope import Event, wrap
from contracts.press import INCOMPLETE, read_press
from services.alarm.clients import DispatchClient
from services.alarm.domain.evidence import evidence_associated_data
from services.alarm.domain.redelivery import Outcome, Redelivered
from services.alarm.errors import AlarmUnknown
from services.alarm.events.outgoing import SOURCE
from services.alarm.settings import AlarmSettings
from services.alarm.store import unrouted as store
from services.alarm.usecases.note_handed_over import note_handed_over

log = logging.getLogger(__name__)

# In one hand-over. Of unverified presses few: a flood of them waits in its lane, and must not take the other
# way.
_AT_ONCE: dict[Lane, int] = {"verified": 100, "unverified": 10}
_CONFIRM_S = 2.0


class Redelivery:
    """Any number of processes may run it: rows are claimed."""

    def __init__(
        self,
        settings: AlarmSettings,
        database: Database,
        publisher: Publisher,
        vault: Vault,
        dispatch: DispatchClient,
    ) -> None:
        self._settings, self._database, self._publisher = settings, database, publisher
        self._vault, self._dispatch = vault, dispatch
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        """Stop; what is in hand comes again."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def redeliver(self, alarm_id: UUID) -> Redelivered:
        """Hand one press over now, and say what came of it. Raises `AlarmUnknown`."""
        row, incident_id = await asyncio.to_thread(self._one, alarm_id)
        if row is None:
            raise AlarmUnknown("this service holds no such press")
        taken, published = await self._bring([row])
        outcome: Outcome = "published" if published else "failed"
        if incident_id is not None:
            outcome = "routed"
        elif taken:
            outcome = "taken"
            incident_id = await asyncio.to_thread(self._incident, alarm_id)
        return Redelivered(
            alarm_id=alarm_id, outcome=outcome, incident_id=incident_id, handed_over=row.handed_over
        )

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(self._settings.redeliver_every_s)
            try:
                while await self._sweep():
                    pass
            except SQLAlchemyError as error:
                log.warning("presses to redeliver could not be read: %s", type(error).__name__)
            except Exception:
                log.exception("redelivery failed")

    async def _sweep(self) -> bool:
        """Bring what is due; return whether dispatch takes presses and more of them may be due."""
        more = False
        for lane, limit in _AT_ONCE.items():
            rows = await asyncio.to_thread(self._claim, lane, limit)
            if rows:
                taken, published = await self._bring(rows)
                entries = (len(rows), lane, len(taken), len(published))
                log.warning("%d %s presses are not routed: %d handed over, %d published again", *entries)
                more |= bool(taken) and len(rows) == limit
        return more

    async def _bring(self, rows: Sequence[Any]) -> tuple[Set[UUID], set[UUID]]:
        """Bring presses over HTTP, and where that fails over the broker; return which went which way."""
        events = dict[UUID, Event]()
        for row in rows:
            with apart("press", row.alarm_id):
                events[row.alarm_id] = self._event(row)
        if not events:
            return set(), set()
        handed = await self._dispatch.hand_over_all({each: event.encode() for each, event in events.items()})
        taken = handed.events
        await note_handed_over(self._database, handed.incidents)
        metrics.count(names.PRESS_HANDED_OVER, len(taken), outcome="taken")
        metrics.count(names.PRESS_HANDED_OVER, len(events) - len(taken), outcome="failed")
        # Seldom, so that an outage of hours does not fill the queue with copies.
        left = [
            row for row in rows if row.alarm_id in events.keys() - taken and _is_power_of_two(row.handed_over)
        ]
        sent = await asyncio.gather(*(self._publish(row.lane, events[row.alarm_id]) for row in left))
        return taken, {row.alarm_id for row, went in zip(left, sent, strict=True) if went}

    async def _publish(self, lane: str, event: Event) -> bool:
        key = f"{AlarmRaised.TYPE}.{lane if lane == 'verified' else 'unverified'}"
        try:
            await self._publisher.publish(
                Message(event.id, AlarmRaised.EXCHANGE, key, event.encode()), _CONFIRM_S
            )
        except NotConfirmed:
            return False
        return True

    def _claim(self, lane: Lane, limit: int) -> Sequence[Any]:
        settings = self._settings
        with self._database.transaction() as tx:
            return store.claim(
                tx.session,
                lane,
                limit,
                after_s=settings.redeliver_after_s,
                longest_s=settings.redeliver_longest_s,
            )

    def _one(self, alarm_id: UUID) -> tuple[Any, UUID | None]:
        with self._database.transaction() as tx:
            return store.claim_one(tx.session, alarm_id)

    def _incident(self, alarm_id: UUID) -> UUID | None:
        with self._database.read() as session:
            return store.incident_of(session, alarm_id)

    def _event(self, row: Any) -> Event:
        """Give the event of a press as it was raised, with the same id, as far as its row can tell."""
        flags = [str(flag) for flag in row.flags] if isinstance(row.flags, list) else [INCOMPLETE]
        try:
            evidence = dict(self._vault.decrypt(evidence_associated_data(row.alarm_id), bytes(row.evidence)))
        except (Unreadable, ValueError, TypeError):
            log.error("press %s: its place and proof cannot be opened", row.alarm_id)
            evidence, flags = {}, [*flags, INCOMPLETE]
        data = {name: getattr(row, name) for name in store.SAID} | {
            "flags": flags,
            "fix": evidence.get("fix"),
            "proof": evidence.get("proof"),
            "source": evidence.get("source"),
            "hops": {"received": row.received_at},
        }
        raw = Event(
            id=row.alarm_id,
            source=SOURCE,
            type=AlarmRaised.TYPE,
            time=row.received_at,
            subject=str(row.alarm_id),
            traceparent=trace if isinstance(trace := evidence.get("traceparent"), str) else None,
            data=data,
        )
        return wrap(read_press(raw), source=SOURCE, time=raw.time, event_id=raw.id, traceparent=raw.traceparent)


def _is_power_of_two(number: int) -> bool:
    return number & (number - 1) == 0
