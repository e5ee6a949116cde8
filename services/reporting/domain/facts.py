"""Kinds of facts that the follow-up of victims is made of."""

from enum import StrEnum


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
