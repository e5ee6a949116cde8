"""What becomes of a message that cannot be handled now: tried again later, or parked where people look."""

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import eventlet
from opentelemetry.trace import Span
from pydantic import ValidationError

from chassis import metrics, telemetry
from chassis.bus.publishing import worker_publisher
from chassis.errors import Permanent
from chassis.message import Message
from contracts.telemetry import MESSAGE_SETTLED
from contracts.topology import PARKING, RETRY_DELAYS_S, retry_exchange

log = logging.getLogger(__name__)

ATTEMPT = "x-attempt"
# Trying again cannot help: refused for good, or a payload that is not what its type promises.
HOPELESS = (Permanent, ValidationError)
OnParked = Callable[[str, str, str], None]
_hooks: list[OnParked] = []


def when_parked(hook: OnParked) -> OnParked:
    """Have `hook(queue, event type, reason)` called for each parked message, so that a human is told."""
    _hooks.append(hook)
    return hook


def attempt_of(headers: dict[str, Any]) -> int:
    """The number of this attempt, from 1."""
    attempt = headers.get(ATTEMPT)
    return attempt if isinstance(attempt, int) and attempt > 0 else 1


def move_on(
    queue: str,
    body: bytes,
    headers: dict[str, Any],
    reason: Exception,
    event_id: UUID | None = None,
    event_type: str = "",
    span: Span | None = None,
) -> bool:
    """Put a failed message in delayed retry or in parking; True when the broker has the copy.

    `event_id` is None for a body that could not be decoded.
    """
    attempt = attempt_of(headers)
    why = type(reason).__name__
    hopeless = event_id is None or isinstance(reason, HOPELESS) or attempt > len(RETRY_DELAYS_S)
    # What the broker wrote (x-death, x-delivery-count) stays behind: its cycle check reads it.
    kept = {k: v for k, v in headers.items() if not k.startswith("x-")}
    if hopeless:
        kept |= {"x-origin-queue": queue, "x-error": why, ATTEMPT: attempt}
        exchange, key = PARKING, queue.split(".")[0]
    else:
        kept |= {ATTEMPT: attempt + 1}
        exchange, key = retry_exchange(RETRY_DELAYS_S[attempt - 1]), queue
    log.warning("%s: %s %s, attempt %d, to %s", queue, event_type, why, attempt, exchange)
    message = Message(event_id or uuid4(), exchange, key, body, headers=kept)
    sending = telemetry.start_send(exchange, key, str(message.id), span)
    moved = bool(worker_publisher().publish_many([message]))
    sending.end()
    if moved:
        metrics.count(MESSAGE_SETTLED, queue=queue, outcome="parked" if hopeless else "retried")
    if hopeless and moved:
        _tell(queue, event_type, why)
    return moved


def _tell(queue: str, event_type: str, reason: str) -> None:
    for hook in _hooks:
        try:
            hook(queue, event_type, reason)
        except Exception:
            log.exception("%s: nobody could be told of a parked message", queue)


def breathe() -> None:
    """Wait before a message goes back to its queue, so that broker trouble does not eat its deliveries."""
    eventlet.sleep(0.5)
