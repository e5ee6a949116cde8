"""What both publishers put on the bus; knows no client library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from contracts.envelope import CONTENT_TYPE


class NotConfirmed(Exception):
    """The broker did not say in time that it holds the message; it may or may not hold it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One persistent message to publish. `id` is the id of its event.

    `mandatory` False: no fault that no queue takes it (change notifications while no stream is open).
    """

    id: UUID
    exchange: str
    routing_key: str
    body: bytes
    content_type: str = CONTENT_TYPE
    headers: Mapping[str, object] = field(default_factory=dict)
    mandatory: bool = True


class Sender(Protocol):
    """What both publishers are to whoever sends and waits."""

    @property
    def connected(self) -> bool:
        """Whether a publish may be tried now: connected, and not blocked by the broker."""

    def publish_and_wait(self, messages: Sequence[Message], timeout: float = 2.0) -> set[UUID]:
        """Publish all, wait at most `timeout` seconds, return the ids that the broker confirmed.

        Never raises for broker trouble: what is not in the answer may or may not be on the broker.
        """
