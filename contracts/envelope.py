"""CloudEvents 1.0 in structured JSON: the one form in which services speak on the bus."""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal, Self
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"


class Undecodable(Exception):
    """A message body that is no CloudEvent of ours; trying again cannot help."""


def _undecodable(error: ValidationError) -> Undecodable:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return Undecodable(f"{where}: {first['type']}")


class Payload(BaseModel):
    """The data of one event type: what the publisher promises, frozen once released.

    Unknown fields are ignored on reading, so that a newer publisher can stand beside an older reader.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str]
    EXCHANGE: ClassVar[str]

    @property
    def subject(self) -> str:
        """The pseudonymous id that the event is about."""
        raise NotImplementedError

    @property
    def routing_key(self) -> str:
        """The AMQP routing key; the event type unless the event has lanes."""
        return self.TYPE


class Event(BaseModel):
    """One CloudEvent. `time` is UTC of the publisher's server clock; `data` is a `Payload` as JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID = Field(default_factory=uuid4)
    source: str
    type: str
    time: AwareDatetime
    subject: str
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: dict[str, Any]

    @classmethod
    def decode(cls, body: bytes | str) -> Self:
        """Read a message body; raises `Undecodable` naming the first broken field."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            raise _undecodable(error) from None

    @classmethod
    def decode_batch(cls, body: bytes) -> list[Self]:
        """Read a JSON array of events; raises `Undecodable` naming the first broken field."""
        try:
            return TypeAdapter(list[cls]).validate_json(body)  # type: ignore[valid-type]
        except ValidationError as error:
            raise _undecodable(error) from None

    def encode(self) -> bytes:
        """The body as it travels."""
        return self.model_dump_json(exclude_none=True).encode()


def wrap(
    payload: Payload,
    *,
    source: str,
    time: datetime | None = None,
    event_id: UUID | None = None,
    traceparent: str | None = None,
) -> Event:
    """Put a payload in its envelope; `event_id` is given where copies must be recognised as one."""
    return Event(
        id=event_id or uuid4(),
        source=source,
        type=payload.TYPE,
        time=time or datetime.now(UTC),
        subject=payload.subject,
        traceparent=traceparent,
        data=payload.model_dump(mode="json"),
    )


def encode(
    payload: Payload, *, source: str, time: datetime, event_id: UUID, traceparent: str | None = None
) -> bytes:
    """`wrap(...).encode()` without the detour over an `Event`: the form in which events are sent."""
    head = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": source,
        "type": payload.TYPE,
        "time": time.isoformat(),
        "subject": payload.subject,
        "datacontenttype": "application/json",
    }
    if traceparent:
        head["traceparent"] = traceparent
    data = payload.model_dump_json()
    return f'{json.dumps(head, ensure_ascii=False)[:-1]},"data":{data}}}'.encode()
