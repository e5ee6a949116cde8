"""The queue and worker with which the rules of the bus are tested."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pika

from contracts.envelope import Event

QUEUE = "dispatch.test"


TARGET = "tests.integration.bus_worker"


TRACE = "0af7651916cd43dd8448eb211c80319c"


def put(channel: Any, do: str = "", body: bytes = b"", headers: dict[str, Any] | None = None) -> UUID:
    event = Event(
        source="/test",
        type="test.v1",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        subject="s",
        traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
        data={"do": do},
    )
    properties = pika.BasicProperties(delivery_mode=2, headers=headers)
    channel.basic_publish("", QUEUE, body or event.encode(), properties)
    return event.id
