"""Facts that the follow-up of victims is made of."""

from datetime import datetime
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from pydantic import JsonValue


class FactKind(StrEnum):
    """What a fact tells of."""

    HEARTBEAT = "heartbeat"
    PRESS = "press"
    TEST = "test"
    TEST_ROUTED = "test_routed"
    ATTENTION = "attention"
    ENROLMENT = "enrolment"
    DEVICE = "device"
    APPLIED = "applied"
    GRANTED_PROVISIONALLY = "granted_provisionally"
    GRANTED = "granted"
    REFUSED = "refused"


class Fact(TypedDict):
    """One thing for the follow-up, at a moment; `data`: what there is to say of it, by its kind."""

    kind: str
    device_id: str | None
    at: datetime
    data: dict[str, JsonValue]


class NewFact(Fact):
    """A fact to be recorded; `key` names it, so that a copy adds nothing."""

    key: str
    enrolment_id: UUID | None


class OwnedFact(Fact):
    """A fact with the enrolment that it is about, perhaps by its device only."""

    owner: UUID


# By these a device shows that it lives.
CONTACT = (FactKind.HEARTBEAT, FactKind.PRESS, FactKind.TEST)
# These tell how a file stands.
OF_THE_FILE = (
    FactKind.ENROLMENT,
    FactKind.DEVICE,
    FactKind.APPLIED,
    FactKind.GRANTED_PROVISIONALLY,
    FactKind.GRANTED,
    FactKind.REFUSED,
)
