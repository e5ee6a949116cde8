"""A press with all that is decided about it, on its way through one batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from opentelemetry.trace import Span

from contracts.alarm import AlarmRaised
from services.dispatch.domain.routing import Route
from services.dispatch.store.situation import Search


@dataclass(slots=True)
class NewOrder:
    """An order as it is born; the same names as its row, and what is shown of its unit."""

    id: UUID
    incident_id: UUID
    unit_id: str
    unit_cic_id: str
    unit_seen_at: datetime | None
    callsign: str
    cic_id: str
    state: str
    automatic: bool
    distance_m: float | None
    search_basis: str
    created_at: datetime
    sent_at: datetime | None
    reason: str | None = None
    by_radio: bool = False
    silent: bool = False


@dataclass(slots=True)
class Raised:
    """One press with all that is decided about it.

    `copy_key`: see `copies.key_of`; `search`: where its unit is looked for; `owner`: see `store.owners`; `row`:
    the incident that it opens; `incident`: the one it opened or joined, in short (see `store.open_or_join`);
    `opened`: whether it is the one that opened it; `known`: whether the device that it names is a victim's.
    """

    alarm: AlarmRaised
    event_id: UUID
    span: Span | None
    subject: str
    enrolment_id: UUID | None
    route: Route
    flags: list[str]
    copy_key: str
    search: Search
    owner: Any = None
    known: bool = False
    row: Mapping[str, Any] = field(default_factory=dict)
    incident: Any = None
    opened: bool = False
    order: NewOrder | None = None
