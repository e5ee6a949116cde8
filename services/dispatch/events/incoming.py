"""Events of other services, read; what is wrong in one is named by its field (`pydantic.ValidationError`)."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from opentelemetry.trace import Span

from contracts.alarm import AlarmRaised
from contracts.envelope import Event, Payload
from contracts.press import read_press

Received = tuple[Event, Span | None]
# A press: the id of its event, what it says, the span that it goes on in.
Press = tuple[UUID, AlarmRaised, Span | None]

P = TypeVar("P", bound=Payload)


def read(kind: type[P], event: Event) -> P:
    """Read what an event of this type says; raises `pydantic.ValidationError`."""
    return kind.model_validate(event.data)


def presses_of(received: Sequence[Received]) -> list[Press]:
    """Pick the presses among these, each read as far as it can be."""
    return [(event.id, read_press(event), span) for event, span in received if event.type == AlarmRaised.TYPE]
