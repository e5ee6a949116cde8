"""What becomes of a message that cannot be handled now: tried again later, or parked where people look."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from uuid import uuid4

import eventlet
from opentelemetry.trace import Span
from pydantic import ValidationError

from chassis.database.database import Database
from chassis.database.sql import AWAY, of_its_data
from chassis.errors import Permanent
from chassis.messaging.message import Message
from chassis.messaging.worker.confirmed_publisher import worker_publisher
from chassis.runtime import clock
from chassis.telemetry import metrics, telemetry
from contracts.catalogue import PARKED
from contracts.envelope import Event
from contracts.telemetry import MESSAGE_SETTLED
from contracts.topology import RETRY_DELAYS_S, parking, retry_exchange, service_of

log = logging.getLogger(__name__)

ATTEMPT = "x-attempt"
# Trying again cannot help: refused for good, or a payload that is not what its type promises.
HOPELESS = (Permanent, ValidationError)
# How often the database was at fault. Nothing is wrong with the message then: that costs it no attempt, and it
# is tried every few seconds for an hour, or for `AWAY_GIVE_UP_S` seconds.
TRIED_AWAY = "x-away"


@cache
def away_delays_s() -> tuple[int, ...]:
    """Give the seconds before each further attempt; read at first use: an importer may fork the process."""
    return (1, *[5] * (int(os.environ.get("AWAY_GIVE_UP_S", "3600")) // 5))


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that its handler could not take; `event` is None where not even that could be read."""

    body: bytes
    headers: Mapping[str, object]
    reason: Exception
    event: Event | None = None
    span: Span | None = None

    @property
    def delay_s(self) -> int | None:
        """Seconds until the next attempt; None when that is of no use, or would be one too many."""
        if self.event is None or isinstance(self.reason, HOPELESS) or of_its_data(self.reason):
            return None
        delays = away_delays_s() if self.away else RETRY_DELAYS_S
        before = self.counts[TRIED_AWAY] if self.away else self.counts[ATTEMPT] - 1
        return delays[before] if before < len(delays) else None

    @property
    def away(self) -> bool:
        """Whether the database is at fault."""
        return isinstance(self.reason, AWAY) and not of_its_data(self.reason)

    @property
    def counts(self) -> dict[str, int]:
        """What the headers count."""
        away = self.headers.get(TRIED_AWAY)
        return {
            ATTEMPT: attempt_of(self.headers),
            TRIED_AWAY: away if isinstance(away, int) and away > 0 else 0,
        }


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that lies where people look.

    `reason`: the kind of error, never its text; `about`: the subject of the event, where that could be read.
    """

    queue: str
    event_type: str
    reason: str
    about: str | None = None


OnParked = Callable[[Sequence[Parked]], None]
_hooks: list[OnParked] = []


def when_parked(hook: OnParked) -> OnParked:
    """Have `hook` called with the messages that were parked together."""
    _hooks.append(hook)
    return hook


def tell_of_parked(service: str, database: Callable[[], Database]) -> None:
    """Publish each parked message's `message.parked.v1`, so that a human is told."""

    def tell(parked: Sequence[Parked]) -> None:
        at = clock.now()
        with database().transaction() as tx:
            for each in parked:
                tx.publish(PARKED[service](service=service, parked_at=at, **asdict(each)))

    when_parked(tell)


def attempt_of(headers: Mapping[str, object]) -> int:
    """Read the number of this attempt, from 1."""
    attempt = headers.get(ATTEMPT)
    return attempt if isinstance(attempt, int) and attempt > 0 else 1


def move_on(queue: str, failed: Sequence[Failed]) -> list[bool]:
    """Put failed messages in delayed retry or parking, all at once; says whether the broker has each copy."""
    messages = [_copy(queue, each) for each in failed]
    sending = [
        telemetry.start_send(message.exchange, message.routing_key, str(message.id), each.span)
        for message, each in zip(messages, failed, strict=True)
    ]
    confirmed = worker_publisher().publish_and_wait(messages)
    for span in sending:
        span.end()
    moved = [message.id in confirmed for message in messages]
    parked = list[Parked]()
    for each, arrived in zip(failed, moved, strict=True):
        if not arrived:
            continue
        metrics.count(MESSAGE_SETTLED, queue=queue, outcome="retried" if each.delay_s else "parked")
        if not each.delay_s:
            kind = each.event.type if each.event else ""
            about = each.event.subject if each.event else None
            parked.append(Parked(queue, kind, type(each.reason).__name__, about))
    if parked:
        _tell(parked)
    return moved


def _copy(queue: str, failed: Failed) -> Message:
    counts, why = failed.counts, type(failed.reason).__name__
    # What the broker wrote (x-death, x-delivery-count) stays behind: its cycle check reads it.
    kept = {k: v for k, v in failed.headers.items() if not k.startswith("x-")}
    if failed.delay_s:
        counted = TRIED_AWAY if failed.away else ATTEMPT
        kept |= counts | {counted: counts[counted] + 1}
        exchange = retry_exchange(service_of(queue), failed.delay_s)
    else:
        kept |= {"x-origin-queue": queue, "x-error": why, ATTEMPT: counts[ATTEMPT]}
        exchange = parking(service_of(queue))
    kind = failed.event.type if failed.event else ""
    log.warning("%s: %s %s, attempt %d, to %s", queue, kind, why, counts[ATTEMPT], exchange)
    # By an id of its own: copies of one event may fail together, and each must be confirmed.
    return Message(uuid4(), exchange, queue, failed.body, headers=kept)


def _tell(parked: Sequence[Parked]) -> None:
    for hook in _hooks:
        try:
            hook(parked)
        except Exception:
            log.exception("%s: nobody could be told of %d parked messages", parked[0].queue, len(parked))


def breathe() -> None:
    """Wait before a message goes back to its queue, so that broker trouble does not eat its deliveries."""
    eventlet.sleep(0.5)
