"""Rows of statements that go straight to the driver, by the names of their columns."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from contracts.dispatch import OrderState


class OwnerRow(Protocol):
    """A known device, and what is known of the file that it belongs to; see `select_owners`."""

    id: UUID
    enrolment_id: UUID
    public_key: str | None
    managing_zone_id: str | None
    card: bytes | None
    linked: list[UUID]
    conflicted: list[str]


class KnownPressRow(Protocol):
    """A press that is here already, and when its incident was closed."""

    alarm_id: UUID
    copy_key: str | None
    received_at: datetime
    incident_id: UUID
    closed_at: datetime | None


class JoinedIncidentRow(Protocol):
    """The incident that a press opened or joined, in short; see `open_or_join`."""

    id: UUID
    subject: str
    control_room_id: str
    presses: int
    urgency: int
    opened: bool
    order_id: UUID | None


class FixRow(Protocol):
    """An incident with its fixes, encrypted."""

    id: UUID
    subject: str
    fix: bytes | None
    first_fix: bytes | None


class SeenIncidentRow(FixRow, Protocol):
    """What the view of an incident is made of, beside what it has under the same names."""

    enrolment_id: UUID | None
    lane: str
    source: str | None
    known_device: bool
    control_room_id: str
    also_control_room_ids: list[str]
    zone_id: str | None
    flags: list[str]
    state: str
    raised_at: datetime
    acknowledged_at: datetime | None
    fix_at: datetime | None
    outcome: str | None


class SeenOrderRow(Protocol):
    """An order, with what is shown of its unit."""

    id: UUID
    incident_id: UUID
    unit_id: str
    unit_control_room_id: str
    unit_seen_at: datetime | None
    callsign: str
    state: OrderState
    distance_m: float | None
    sent_at: datetime | None
    by_radio: bool
    created_at: datetime
    reason: str | None

    @property
    def search_basis(self) -> str | None:
        """Say what the distance is measured from."""


class EncryptedCardRow(Protocol):
    """The card of an enrolment, encrypted."""

    enrolment_id: UUID
    encrypted: bytes


class LinkedRow(Protocol):
    """An enrolment, and the open incident of another one with the same perpetrator."""

    enrolment_id: UUID
    id: UUID


class ConflictedRow(Protocol):
    """An incident, and an account that has a conflict of interest in it."""

    id: UUID
    subject: str


class SenderRow(Protocol):
    """A press: its incident, whether it is a device's `own`, and the status of that device."""

    incident_id: UUID
    fix_sequence: int | None
    own: bool
    status: str | None


class BlindRow(Protocol):
    """An incident, and whether it is now kept from all on duty in its room."""

    id: UUID
    blind: bool


class KnownUnitRow(Protocol):
    """A unit as the situation in memory needs it."""

    id: str
    callsign: str
    lat: float | None
    lon: float | None
    zone_id: str
    control_room_id: str
    lent_to: str | None
    available: bool
    seen_at: datetime | None
    order_id: UUID | None
    changed_at: datetime


class SeenUnitRow(KnownUnitRow, Protocol):
    """A unit as a control room sees it; `withheld_from`: who is with a conflict in what it serves."""

    offered_to: str | None
    offered_as: str | None
    withheld_from: list[str]
