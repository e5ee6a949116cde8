"""What both publishers put on the bus; knows no client library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from contracts.envelope import CONTENT_TYPE


class NotConfirmed(Exception):
    """The broker did not say in time that it holds the message; it may or may not hold it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One persistent message to publish. `id` is the id of its event.

    `mandatory` False: no fault that no queue takes it (doorbells while no stream is open).
    """

    id: UUID
    exchange: str
    routing_key: str
    body: bytes
    content_type: str = CONTENT_TYPE
    headers: Mapping[str, str | int] = field(default_factory=dict)
    mandatory: bool = True
