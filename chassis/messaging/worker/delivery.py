"""What a handler is given, and when each type of event was last handled."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType

from opentelemetry.trace import Span

from contracts.envelope import Event

# How nameko says that a handler failed.
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event as it came from a queue. `attempt` counts from 1; `span` is its "process" span."""

    event: Event
    queue: str
    attempt: int
    redelivered: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Handled:
    """A moment on both clocks: `monotonic` in seconds for ages, `at` in UTC for people."""

    monotonic: float
    at: datetime


_last: dict[tuple[str, str], Handled] = {}
_received: dict[str, float] = {}


def note_handled(queue: str, event_type: str) -> None:
    """Remember that an event of this type was handled just now."""
    _last[queue, event_type] = Handled(monotonic(), datetime.now(UTC))


def last_handled_at(queue: str, event_type: str) -> Handled | None:
    """Say when this process last handled such an event; the age of a canary is the liveness figure."""
    return _last.get((queue, event_type))


def note_received(queue: str) -> None:
    """Remember that something came from this queue and was settled, or that listening began."""
    _received[queue] = monotonic()


def received_ages() -> list[tuple[float, dict[str, str]]]:
    """Give the seconds since something was last received, for each queue of this process."""
    return [(monotonic() - at, {"queue": queue}) for queue, at in list(_received.items())]
