"""A press with all that is decided about it, on its way through one batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from opentelemetry.trace import Span

from contracts.alarm import AlarmRaised
from services.dispatch.domain.orders import NewOrder
from services.dispatch.domain.routing import Route
from services.dispatch.store.situation import Search


@dataclass(slots=True)
class RaisedPress:
    """One press with all that is decided about it.

    `copy_key`: see `copies.key_of`; `search`: where its unit is looked for; `owner`: see `select_owners`;
    `row`: the incident that it opens; `incident`: the one it opened or joined, in short (see `open_or_join`);
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
