"""Presses as they come in, by event or by the intake."""

from collections.abc import Sequence
from uuid import UUID

from opentelemetry.trace import Span

from contracts.alarm import AlarmRaised
from contracts.envelope import Event
from contracts.press import read_press

Received = tuple[Event, Span | None]
# A press: the id of its event, what it says, the span that it goes on in.
Press = tuple[UUID, AlarmRaised, Span | None]


def presses_of(received: Sequence[Received]) -> list[Press]:
    """Pick the presses among these, each read as far as it can be."""
    return [(event.id, read_press(event), span) for event, span in received if event.type == AlarmRaised.TYPE]
