"""What an event says, as the type that its contract names."""

from typing import TypeVar

from pydantic import ValidationError

from chassis.errors import Invalid
from contracts.envelope import Event, Payload

P = TypeVar("P", bound=Payload)


def read_payload(kind: type[P], event: Event) -> P:
    """Read the data of an event; raises `Invalid` naming the field, so that the message is parked."""
    try:
        return kind.model_validate(event.data)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise Invalid(f"unreadable {event.type}: {where}", field=f"data.{where}") from None
